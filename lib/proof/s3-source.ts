import type { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { type Source, type StoredObject, UnanswerableError } from '../../lambda/prover/objects/source.ts';
import { unanswerableCall } from './aws-errors.ts';

/** Where the deployed stack's stream puts what it could not deliver. */
const errorPrefix = 'errors/';

/** A bucket, and the start of the keys that count. */
export interface S3Address {
  /** Name of the bucket. */
  readonly bucket: string;
  /** What keys start with; empty for all. */
  readonly prefix: string;
}

/** Reads `s3://bucket/prefix`. @throws UnanswerableError if it is something else. */
export function parseS3Address(address: string): S3Address {
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(address) ?? [];
  if (bucket === undefined) {
    throw new UnanswerableError(
      `${address}: expected s3://bucket/prefix, for example s3://my-bucket/events/`,
    );
  }
  return { bucket, prefix };
}

/**
 * The objects of a bucket whose keys start with a prefix, and those under the error prefix of the deployed stack.
 *
 * @param landedSinceMs Objects that landed before are left out: they cannot hold events of a run that began later.
 * @default - all objects
 */
export function s3Source(client: S3Client, { bucket, prefix }: S3Address, landedSinceMs?: number): Source {
  const list = async function* (start: string): AsyncGenerator<StoredObject, void> {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: start });
    for await (const page of pages) {
      for (const { Key: key = '', LastModified, Size: bytes = 0 } of page.Contents ?? []) {
        const landedAtMs = LastModified?.getTime() ?? Number.NaN;
        const isFolder = key.endsWith('/') && bytes === 0;
        if (!isFolder && !(landedAtMs < (landedSinceMs ?? 0))) {
          yield { key, landedAtMs, bytes };
        }
      }
    }
  };
  return {
    name: `s3://${bucket}/${prefix}`,
    list: async function* () {
      try {
        yield* list(prefix);
        if (!errorPrefix.startsWith(prefix) && !prefix.startsWith(errorPrefix)) {
          yield* list(errorPrefix);
        }
      } catch (error) {
        throw unanswerableCall(`listing s3://${bucket}/${prefix}`, error);
      }
    },
    open: async (key) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return Body as Readable;
      } catch (error) {
        throw unanswerableCall(`reading s3://${bucket}/${key}`, error);
      }
    },
  };
}
