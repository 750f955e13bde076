import pMap, { pMapSkip } from 'p-map';
import { Comparison } from '../../lambda/prover/comparison/comparison.ts';
import type { Evidence } from '../../lambda/prover/comparison/proof.ts';
import type { StreamSlice } from '../../lambda/prover/comparison/uuid-rule.ts';
import { CorruptObjectError, objectBytes } from '../../lambda/prover/objects/object-bytes.ts';
import {
  errorTypeOf,
  type Source,
  type StoredObject,
  UnanswerableError,
} from '../../lambda/prover/objects/source.ts';
import type { Progress } from '../terminal/progress.ts';
import { formatCount, formatNumber } from '../terminal/text.ts';
import { readerOf } from './event-reader.ts';

/** What is to be proven. */
export interface Question {
  /** Where the objects are. */
  readonly source: Source;
  /** The runs that should be there, no two of them the same. */
  readonly runs: readonly StreamSlice[];
  /** The template of their events. @default - the default template */
  readonly eventTemplate?: string;
  /** Whether a duplicate spoils the proof. */
  readonly exactlyOnce: boolean;
  /** How long to wait for events that are missing, in milliseconds; 0 looks once. */
  readonly waitMs: number;
}

/** The world that {@link verify} runs in. */
export interface World {
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Waits. */
  readonly sleep: (durationMs: number) => Promise<unknown>;
  /** Told how far things are, now and then. */
  readonly onProgress: (progress: Progress) => void;
}

/** Objects read at the same time: enough to hide S3's latency; each holds less than 1 MiB. */
const objectsAtOnce = 8;

/** Time between two looks at the source. */
const pollIntervalMs = 5_000;

/** Least time between two reports of progress while objects are read. */
const progressIntervalMs = 200;

/**
 * Reads every object of a source and compares it with the runs, until no event is missing or the time is over. An object is
 * read once, however often the source is looked at: Firehose never changes one.
 *
 * @throws UnanswerableError if the source or an object in it cannot be read.
 */
export async function verify(question: Question, world: World): Promise<Evidence> {
  const { source, runs, eventTemplate, exactlyOnce, waitMs } = question;
  const { now, sleep } = world;
  const comparison = new Comparison(runs, readerOf(eventTemplate));
  const startedMs = now();
  const seen = new Set<string>();
  let toldMs = startedMs;

  const tell = (waitingMs = 0) => {
    toldMs = now();
    const { expected, missing, objects } = comparison;
    const waiting = `waiting ${(waitingMs / 1_000).toFixed(0)} s`;
    world.onProgress({
      elapsedMs: toldMs - startedMs,
      events: expected - missing,
      totalEvents: expected,
      notes: [formatCount(objects, 'object'), ...(waitingMs > 0 ? [waiting] : [])],
      line:
        `${formatNumber(expected - missing)} of ${formatCount(expected, 'event')} found, ` +
        `${formatCount(objects, 'object')} read${waitingMs > 0 ? `; ${waiting} more at most` : ''}`,
      isWaiting: waitingMs > 0,
    });
  };

  const readObject = async ({ key, landedAtMs, bytes }: StoredObject) => {
    const reading = comparison.startObject({ object: key, landedAtMs, bytes });
    try {
      for await (const chunk of objectBytes(() => source.open(key))) {
        reading.push(chunk);
        if (now() - toldMs >= progressIntervalMs) {
          tell();
        }
      }
      reading.end();
    } catch (error) {
      if (error instanceof UnanswerableError) {
        throw error;
      }
      if (!(error instanceof CorruptObjectError)) {
        throw unreadable(key, error);
      }
      reading.abandon(error.message);
    }
  };

  const readNewObjects = () =>
    pMap(
      source.list(),
      async (object) => {
        if (!seen.has(object.key)) {
          seen.add(object.key);
          const errorType = errorTypeOf(object.key);
          if (errorType === undefined) {
            await readObject(object);
          } else {
            comparison.addErrorObject(errorType, object.bytes);
          }
        }
        return pMapSkip;
      },
      { concurrency: objectsAtOnce },
    );

  const deadlineMs = startedMs + waitMs;
  await readNewObjects();
  while (comparison.missing > 0 && now() < deadlineMs) {
    tell(deadlineMs - now());
    await sleep(Math.min(pollIntervalMs, deadlineMs - now()));
    toldMs = now();
    await readNewObjects();
  }
  return comparison.evidence({ source: source.name, checkedAtMs: now(), exactlyOnce });
}

function unreadable(key: string, error: unknown): UnanswerableError {
  const { message, code } = error as NodeJS.ErrnoException;
  return new UnanswerableError(`reading ${key}: ${message || code}`, { cause: error });
}
