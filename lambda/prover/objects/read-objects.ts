import type { Readable } from 'node:stream';
import pMap, { pMapSkip } from 'p-map';
import type { Comparison, StoredObject } from '../comparison/comparison.ts';
import { type Bucket, ObjectGoneError } from './bucket.ts';
import { CorruptObjectError } from './gzip-member.ts';
import { objectBytes } from './object-bytes.ts';
import type { Listing } from './object-window.ts';

export interface ReadOptions {
  readonly bucket: Bucket;
  /** Prefix of objects that hold no events; empty if unknown. */
  readonly errorPrefix: string;
  /** Aborted when the time to read is over. */
  readonly signal: AbortSignal;
}

/** Result of {@link readObjects}. */
export interface Reading {
  /** Objects read, at least in part. */
  readonly objects: number;
  /** Their size as stored. */
  readonly bytes: number;
  /** Objects deleted after they were listed. */
  readonly gone: number;
  /** Whether all objects were read: no failure, and time enough. */
  readonly isAllRead: boolean;
  readonly isOutOfTime: boolean;
  /** The first failures with different messages. */
  readonly failures: readonly Error[];
}

/** Objects read at the same time: enough to hide S3's latency; each holds less than 1 MiB. */
export const objectsAtOnce = 8;

const maxFailures = 5;

/** Reads the objects of listings into a comparison, each object once. It never fails: the result lists the failures. */
export async function readObjects(
  listings: readonly Listing[],
  comparison: Comparison,
  { bucket, errorPrefix, signal }: ReadOptions,
): Promise<Reading> {
  const counts = { objects: 0, bytes: 0, gone: 0 };
  const failures = new Map<string, Error>();
  let isAllRead = true;

  const fail = (attempt: string, cause: unknown) => {
    isAllRead = false;
    const { name, message } = cause as Error;
    const key = `${name}: ${message}`;
    if (!signal.aborted && failures.size < maxFailures && !failures.has(key)) {
      failures.set(key, new Error(`${attempt}: ${key}`, { cause }));
    }
  };

  const list = async function* (): AsyncGenerator<StoredObject, void> {
    for (const { prefix, landedSinceMs } of listings) {
      try {
        for await (const object of bucket.list(prefix, signal)) {
          signal.throwIfAborted();
          const isError = errorPrefix !== '' && object.key.startsWith(errorPrefix);
          // If the landing time is unknown, read the object.
          if (!isError && !(object.landedAtMs < landedSinceMs)) {
            yield object;
          }
        }
      } catch (error) {
        fail(`listing ${prefix}`, error);
      }
    }
  };

  const read = async (object: StoredObject) => {
    if (signal.aborted) {
      isAllRead = false;
      return pMapSkip;
    }
    counts.objects += 1;
    counts.bytes += object.bytes;
    const open = () => bucket.open(object, signal);
    try {
      await readObject(object, comparison, open, () => signal.throwIfAborted());
    } catch (error) {
      if (error instanceof ObjectGoneError) {
        counts.gone += 1;
      } else {
        fail(`reading ${object.key}`, error);
      }
    }
    return pMapSkip;
  };

  await pMap(list(), read, { concurrency: objectsAtOnce });
  return { ...counts, isAllRead, isOutOfTime: signal.aborted, failures: [...failures.values()] };
}

/** Limit of the keys that {@link countObjects} lists: ten calls. */
const maxKeys = 10_000;

/** Counts the objects under a prefix that landed since a time, among the first {@link maxKeys} keys. */
export async function countObjects(
  bucket: Bucket,
  prefix: string,
  landedSinceMs: number,
  signal: AbortSignal,
): Promise<{ objects: number; bytes: number }> {
  let [keys, objects, size] = [0, 0, 0];
  for await (const { landedAtMs, bytes } of bucket.list(prefix, signal)) {
    keys += 1;
    if (!(landedAtMs < landedSinceMs)) {
      objects += 1;
      size += bytes;
    }
    if (keys === maxKeys) {
      break;
    }
  }
  return { objects, bytes: size };
}

/**
 * Reads one object into a comparison. A corrupt object is no error, but a finding.
 *
 * @param onChunk Called after each piece of the object; may throw.
 * @throws the errors of `open`, of its stream and of `onChunk`.
 */
export async function readObject(
  object: StoredObject,
  comparison: Comparison,
  open: () => Promise<Readable>,
  onChunk: () => void,
): Promise<void> {
  const reading = comparison.startObject(object);
  try {
    for await (const chunk of objectBytes(open, object.bytes)) {
      reading.push(chunk);
      onChunk();
    }
    reading.end();
  } catch (error) {
    if (error instanceof CorruptObjectError) {
      reading.abandon(error.message);
    } else {
      reading.stop();
      throw error;
    }
  }
}
