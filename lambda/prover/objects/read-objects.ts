import type { Readable } from 'node:stream';
import pMap, { pMapSkip } from 'p-map';
import type { Comparison } from '../comparison/comparison.ts';
import { ObjectGoneError } from '../errors.ts';
import { CorruptObjectError, objectBytes } from './object-bytes.ts';
import type { Listing } from './object-window.ts';
import type { StoredObject } from './source.ts';

/** The bucket, as the prover reads it. Each call ends early, with an error, when `signal` is aborted. */
export interface Bucket {
  /** All objects whose keys start with a prefix. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /**
   * Begins to read an object from its start.
   *
   * @throws ObjectGoneError if there is no such object.
   */
  open(key: string, signal: AbortSignal): Promise<Readable>;
}

/** What {@link readObjects} works with. */
export interface ReadOptions {
  /** Where the objects are. */
  readonly bucket: Bucket;
  /** What the keys of objects start with that are no events; empty if nobody knows. */
  readonly errorPrefix: string;
  /** Aborted when there is no time left to read. */
  readonly signal: AbortSignal;
}

/** What was read. */
export interface Reading {
  /** Objects that were read, also in part. */
  readonly objects: number;
  /** Their size, as stored. */
  readonly bytes: number;
  /** Objects that were deleted after they were listed. */
  readonly gone: number;
  /** Whether nothing was left out, for want of time or because of a failure. */
  readonly isAllRead: boolean;
  /** Whether the time was over. */
  readonly isOutOfTime: boolean;
  /** What failed, the first of each message. */
  readonly failures: readonly Error[];
}

/** Objects read at the same time: enough to hide S3's latency; each holds less than 1 MiB. */
const objectsAtOnce = 8;

/** Most failures that are told. */
const maxFailures = 5;

/** Reads what listings have into a comparison, each object once. It never fails: what cannot be read is told. */
export async function readObjects(
  listings: readonly Listing[],
  comparison: Comparison,
  { bucket, errorPrefix, signal }: ReadOptions,
): Promise<Reading> {
  const counts = { objects: 0, bytes: 0, gone: 0 };
  const failures = new Map<string, Error>();
  let isAllRead = true;

  const fail = (what: string, cause: unknown) => {
    isAllRead = false;
    const { name, message } = cause as Error;
    const key = `${name}: ${message}`;
    if (!signal.aborted && failures.size < maxFailures && !failures.has(key)) {
      failures.set(key, new Error(`${what}: ${key}`, { cause }));
    }
  };

  const list = async function* (): AsyncGenerator<StoredObject, void> {
    for (const { prefix, landedSinceMs } of listings) {
      try {
        for await (const object of bucket.list(prefix, signal)) {
          signal.throwIfAborted();
          const isError = errorPrefix !== '' && object.key.startsWith(errorPrefix);
          // Of an object whose time is not known, nobody can say that it is too old.
          if (!isError && !(object.landedAtMs < landedSinceMs)) {
            yield object;
          }
        }
      } catch (error) {
        fail(`listing ${prefix}`, error);
      }
    }
  };

  const read = async ({ key, landedAtMs, bytes }: StoredObject) => {
    if (signal.aborted) {
      isAllRead = false;
      return pMapSkip;
    }
    counts.objects += 1;
    counts.bytes += bytes;
    const reading = comparison.startObject({ object: key, landedAtMs, bytes });
    try {
      for await (const chunk of objectBytes(() => bucket.open(key, signal))) {
        reading.push(chunk);
        signal.throwIfAborted();
      }
      reading.end();
    } catch (error) {
      if (error instanceof CorruptObjectError) {
        reading.abandon(error.message);
        return pMapSkip;
      }
      reading.stop();
      if (error instanceof ObjectGoneError) {
        counts.gone += 1;
      } else {
        fail(`reading ${key}`, error);
      }
    }
    return pMapSkip;
  };

  await pMap(list(), read, { concurrency: objectsAtOnce });
  return { ...counts, isAllRead, isOutOfTime: signal.aborted, failures: [...failures.values()] };
}
