import type { Readable } from 'node:stream';
import pMap, { pMapSkip } from 'p-map';
import type { Comparison, StoredObject } from '../comparison/comparison.ts';
import { type Bucket, ObjectGoneError } from './bucket.ts';
import { CorruptObjectError } from './byte-reader.ts';
import { objectBytes } from './object-bytes.ts';
import type { Listing } from './object-window.ts';
import { createTimeShare, type Work } from './time-share.ts';
import { obstacleOf, UnreadObjects } from './unread.ts';

export interface ReadOptions {
  readonly bucket: Bucket;
  /** Prefix of objects that hold no events; empty if unknown. */
  readonly errorPrefix: string;
  /** Aborted when the time to read is over. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** When the time to read is over, by `now`: `signal` is late while objects are compared. */
  readonly untilMs: number;
}

/** Result of {@link readObjects}. */
export interface Reading {
  /** Objects read, at least in part. */
  readonly objects: number;
  /** Their size as stored. */
  readonly bytes: number;
  /** Objects deleted after they were listed. */
  readonly gone: number;
  /** Objects that could not be read to their end. */
  readonly unread: number;
  /** How many, and why. */
  readonly unreadObjects: readonly string[];
  /** Whether all objects were read that can be read: no failure, and time enough. */
  readonly isAllRead: boolean;
  /** Whether an object of a shared bucket has content that cannot be read: it may hold events. */
  readonly hasUnreadable: boolean;
  readonly isOutOfTime: boolean;
  /** The first failures with different messages. */
  readonly failures: readonly Error[];
}

/** Objects read at the same time: enough to hide S3's latency; each holds less than 1 MiB. */
export const objectsAtOnce = 8;

/** Size limit of the pieces that are compared between two checks of the time. */
const pieceBytes = 64 * 1_024;

const maxFailures = 5;

/**
 * Reads the objects of listings into a comparison, each object once: one of each listing in turn, so that no hour waits for
 * another. It never fails: the result lists the failures.
 */
export async function readObjects(
  listings: readonly Listing[],
  comparison: Comparison,
  { bucket, errorPrefix, signal, now, untilMs }: ReadOptions,
): Promise<Reading> {
  const counts = { objects: 0, bytes: 0, gone: 0, unread: 0 };
  const share = createTimeShare(now, untilMs - now());
  const waiting: Promise<void>[] = [];
  const failures = new Map<string, Error>();
  const unreadObjects = new UnreadObjects();
  let [isAllRead, hasUnreadable] = [true, false];

  const isOver = () => signal.aborted || now() >= untilMs;
  const checkTime = () => {
    if (isOver()) {
      throw new Error('the time to read is over');
    }
  };

  const fail = (attempt: string, cause: unknown) => {
    isAllRead = false;
    const { name, message } = cause as Error;
    const key = `${name}: ${message}`;
    if (!isOver() && failures.size < maxFailures && !failures.has(key)) {
      failures.set(key, new Error(`${attempt}: ${key}`, { cause }));
    }
  };

  const list = async function* ({ prefix, landedSinceMs }: Listing): AsyncGenerator<StoredObject, void> {
    try {
      for await (const object of bucket.list(prefix, signal)) {
        checkTime();
        const isError = errorPrefix !== '' && object.key.startsWith(errorPrefix);
        // If the landing time is unknown, read the object.
        if (!isError && !(object.landedAtMs < landedSinceMs)) {
          yield object;
        }
      }
    } catch (error) {
      fail(`listing ${prefix}`, error);
    }
  };

  const read = async (object: StoredObject, work: Work) => {
    try {
      await readObject(object, comparison, () => bucket.open(object, signal), checkTime, work);
    } catch (error) {
      if (error instanceof ObjectGoneError) {
        counts.gone += 1;
      } else {
        counts.unread += 1;
        failReading(object, error);
      }
    }
  };

  const failReading = ({ key }: StoredObject, error: unknown) => {
    const obstacle = comparison.isShared ? obstacleOf(error) : 'other';
    if (!isOver()) {
      unreadObjects.add(key, error);
    }
    if (obstacle === 'content') {
      hasUnreadable = true;
    } else if (obstacle === 'access') {
      isAllRead = false;
    } else {
      fail(`reading ${key}`, error);
    }
  };

  const startReading = async (object: StoredObject) => {
    if (isOver()) {
      isAllRead = false;
      return pMapSkip;
    }
    counts.objects += 1;
    counts.bytes += object.bytes;
    await new Promise<void>((resolve) => {
      const work = share.startObject(() => {
        waiting.push(reading);
        resolve();
      });
      const reading = read(object, work).then(resolve);
    });
    return pMapSkip;
  };

  await pMap(inTurn(listings.map(list)), startReading, { concurrency: objectsAtOnce });
  share.endWaiting();
  await Promise.all(waiting);
  return {
    ...counts,
    unreadObjects: unreadObjects.describe(),
    isAllRead,
    hasUnreadable,
    isOutOfTime: isOver(),
    failures: [...failures.values()],
  };
}

/** Listings that wait for S3 at the same time: a claim behind a Kinesis stream may need hundreds. */
const listingsAtOnce = 8;

/** The items of several sequences, one of each in turn. */
async function* inTurn<Item>(sequences: readonly AsyncIterator<Item>[]): AsyncGenerator<Item, void> {
  const waiting = [...sequences];
  const asked: { sequence: AsyncIterator<Item>; item: Promise<IteratorResult<Item>> }[] = [];
  for (;;) {
    for (const sequence of waiting.splice(0, listingsAtOnce - asked.length)) {
      asked.push({ sequence, item: sequence.next() });
    }
    const first = asked.shift();
    if (first === undefined) {
      return;
    }
    const { done, value } = await first.item;
    if (!done) {
      waiting.push(first.sequence);
      yield value;
    }
  }
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
 * Reads one object into a comparison. Corruption is a finding, but in a shared bucket an error: the object may be another's.
 *
 * @param onPiece Called after each piece of the object or of the gzip in it; may throw.
 * @param work Compares a piece.
 * @throws the errors of `open`, of its stream and of `onPiece`, OversizedObjectError and CorruptObjectError.
 */
export async function readObject(
  object: StoredObject,
  comparison: Comparison,
  open: () => Promise<Readable>,
  onPiece: () => void,
  work: Work = (piece) => void piece(),
): Promise<void> {
  const reading = comparison.startObject(object);
  const places = comparison.isShared ? 'anywhere' : 'line starts';
  try {
    for await (const chunk of objectBytes(open, object.bytes, places, onPiece)) {
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        const pause = work(() => reading.push(chunk.subarray(at, at + pieceBytes)));
        if (pause) {
          await pause;
        }
        onPiece();
      }
    }
    reading.end();
  } catch (error) {
    if (error instanceof CorruptObjectError && !comparison.isShared) {
      reading.abandon(error.message);
    } else {
      reading.stop();
      throw error;
    }
  }
}
