import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { clockAllowanceMs } from '../../lambda/contract/claim.ts';
import type { StoredObject } from '../../lambda/prover/comparison/comparison.ts';
import type { Bucket } from '../../lambda/prover/objects/bucket.ts';
import { listingsOf, type ObjectNaming } from '../../lambda/prover/objects/object-window.ts';
import { createBucket, createBucketClient } from '../../lambda/prover/objects/s3.ts';
import { proxySettings } from '../aws/proxy.ts';
import { UnanswerableError, unanswerableCall } from './unanswerable.ts';

/** A bucket or a directory, or a part of one. Its errors are {@link UnanswerableError}. */
export interface Source {
  /** Its name for people. */
  readonly name: string;
  /** All objects in any order, those under the error prefix included. */
  list(): AsyncIterable<StoredObject>;
  /** Begins to read an object from its start. */
  open(object: Pick<StoredObject, 'key' | 'etag'>): Promise<Readable>;
}

/** Error prefix of the deployed stack. */
const errorPrefix = 'errors/';

/** The error type of an object under {@link errorPrefix}; undefined for other objects. */
export function errorTypeOf(key: string): string | undefined {
  return /^errors\/([^/]+)\//.exec(key)?.[1];
}

/** The objects of a bucket that may hold the events of a question. */
export interface Scope {
  /** When the first event was sent, in milliseconds since 1970. @default - unknown */
  readonly sinceMs?: number;
  /** The stream's, if only the hours since then are to be listed. @default - everything under the prefix */
  readonly naming?: ObjectNaming;
  /** Whether others write to the bucket, too: then no object under {@link errorPrefix} is known to be the stream's. */
  readonly isShared?: boolean;
}

/** Clock difference to S3: with more, AWS refuses signed requests. The window of a naming allows for a part of it. */
const maxClockSkewMs = 15 * 60_000;
const restOfSkewMs = maxClockSkewMs - clockAllowanceMs;

/**
 * Finds a source by its name.
 *
 * @param name A directory, or `s3://bucket/prefix`.
 * @param scope In a bucket, skip other objects.
 * @throws UnanswerableError if the name is another kind of address.
 */
export function sourceNamed(name: string, scope: Scope = {}): Source {
  if (!/^s3:|:\/\//.test(name)) {
    return directorySource(name);
  }
  const [, bucketName, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(name) ?? [];
  if (bucketName === undefined) {
    throw new UnanswerableError(`${name}: expected s3://bucket/prefix, for example s3://my-bucket/events/`);
  }
  return s3Source(
    createBucket(createBucketClient(proxySettings()), bucketName),
    `s3://${bucketName}/`,
    prefix,
    scope,
  );
}

function s3Source(
  bucket: Bucket,
  address: string,
  prefix: string,
  { sinceMs, naming, isShared = false }: Scope,
): Source {
  const landedSinceMs = sinceMs === undefined ? 0 : sinceMs - maxClockSkewMs;
  const hasErrors = isShared || errorPrefix.startsWith(prefix) || prefix.startsWith(errorPrefix);
  const errors = hasErrors ? [] : [{ prefix: errorPrefix, landedSinceMs }];
  const listings = (untilMs: number) =>
    sinceMs !== undefined && naming
      ? listingsOf([{ sentFromMs: sinceMs - restOfSkewMs, sentToMs: untilMs }], naming, untilMs)
      : [{ prefix, landedSinceMs }];
  return {
    name: address + prefix,
    async *list() {
      try {
        for (const listing of [...listings(Date.now() + restOfSkewMs), ...errors]) {
          for await (const object of bucket.list(listing.prefix, new AbortController().signal)) {
            if (!(object.landedAtMs < listing.landedSinceMs)) {
              yield object;
            }
          }
        }
      } catch (error) {
        throw unanswerableCall(`listing ${address}${prefix}`, error);
      }
    },
    open: (object) =>
      bucket.open(object, new AbortController().signal).catch((error) => {
        throw unanswerableCall(`reading ${address}${object.key}`, error);
      }),
  };
}

/**
 * A directory that is like a bucket: made by a local run or by `aws s3 sync`. Keys are relative to it. Hidden files are no
 * objects: the embedded Firehose keeps unfinished uploads there.
 *
 * An object landed when its file was last modified: `aws s3 sync` sets this time to `LastModified`. The time in a name is no
 * landing time, but the arrival of the first record.
 */
function directorySource(directory: string): Source {
  return {
    name: directory,
    list: () => listBelow(directory, ''),
    open: async ({ key }) => createReadStream(join(directory, key)),
  };
}

async function* listBelow(directory: string, folder: string): AsyncGenerator<StoredObject, void> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch((error) => {
    throw unlistable(error, join(directory, folder));
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const key = `${folder}${entry.name}`;
    if (entry.name.startsWith('.')) {
      continue;
    }
    if (entry.isDirectory()) {
      yield* listBelow(directory, `${key}/`);
    } else if (entry.isFile()) {
      const { mtimeMs, size } = await stat(join(directory, key));
      yield { key, landedAtMs: Math.round(mtimeMs), bytes: size };
    } else {
      // To skip it would count its events as missing, to follow it could count them twice.
      const what = entry.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
      throw new UnanswerableError(
        `${join(directory, key)}: ${what}. Put the file itself there, or take it away`,
      );
    }
  }
}

function unlistable(error: NodeJS.ErrnoException, directory: string): UnanswerableError {
  const reason = {
    ENOENT: 'no such directory',
    ENOTDIR: 'not a directory',
    EACCES: 'no permission to list it',
  }[error.code ?? ''];
  return new UnanswerableError(`${directory}: ${reason ?? error.message}`, { cause: error });
}
