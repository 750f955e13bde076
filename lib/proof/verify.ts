import pMap, { pMapSkip } from 'p-map';
import type { Match } from '../../lambda/contract/claim.ts';
import type { StoredObject } from '../../lambda/prover/comparison/comparison.ts';
import type { CreateLineReader } from '../../lambda/prover/comparison/line-reader.ts';
import type { StreamSlice } from '../../lambda/prover/comparison/uuid-rule.ts';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';
import { createIdReader } from '../../lambda/prover/lines/id-text.ts';
import { createTemplateReader } from '../../lambda/prover/lines/template-lines.ts';
import { objectsAtOnce, readObject } from '../../lambda/prover/objects/read-objects.ts';
import { obstacleOf } from '../../lambda/prover/objects/unread.ts';
import { checkTemplate } from '../template/check-template.ts';
import type { Progress } from '../terminal/progress.ts';
import { formatCount, formatNumber } from '../terminal/text.ts';
import type { Evidence } from './proof.ts';
import { ProofBuilder } from './proof-builder.ts';
import { errorTypeOf, type Source } from './source.ts';
import { UnanswerableError } from './unanswerable.ts';

/** The runs to prove. */
export interface Question {
  readonly source: Source;
  /** Whether others write there, too: their lines are not corrupt. @default false */
  readonly isShared?: boolean;
  /** All different. */
  readonly runs: readonly StreamSlice[];
  /** The template of their events. @default - the default template */
  readonly eventTemplate?: string;
  /** By what an event is recognized. @default 'bytes' */
  readonly match?: Match;
  /** Whether duplicates make the proof incomplete. */
  readonly exactlyOnce: boolean;
  /** Longest wait for missing events, in milliseconds; 0 reads the source once. */
  readonly waitMs: number;
}

export interface World {
  /** In milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (durationMs: number) => Promise<unknown>;
  readonly onProgress: (progress: Progress) => void;
}

/** Two bits for each: 1 GiB. */
const maxEvents = 2 ** 32;

/** @throws UnanswerableError if the events of all runs are too many for the memory. */
export function checkEvents(events: number): void {
  if (events > maxEvents) {
    throw new UnanswerableError(
      `${formatCount(events, 'event')} are too many to verify at once: expected at most ${formatNumber(maxEvents)}, in 1 GiB ` +
        'of memory. Give fewer runs, or a lower --count, which verifies the first events of a run',
    );
  }
}

/** Time between two listings of the source. */
const pollIntervalMs = 5_000;

/** Shortest time between two progress reports while objects are read. */
const progressIntervalMs = 200;

/**
 * Compares every object of a source with the runs, until no event is missing or the time is over. Each object is read once,
 * however often the source is listed: Firehose never changes an object.
 *
 * @throws UnanswerableError if the source or an object in it cannot be read, or the events are too many. In a shared bucket the
 * proof counts objects that may be another's and cannot be read.
 * @throws InvalidTemplateError if the template cannot be used.
 */
export async function verify(question: Question, { now, sleep, onProgress }: World): Promise<Evidence> {
  const { source, isShared = false, runs, match, eventTemplate, exactlyOnce, waitMs } = question;
  checkEvents(runs.reduce((sum, { from, to }) => sum + to - from, 0));
  const builder = new ProofBuilder(
    runs,
    match === 'id' ? createIdReader : lineReader(eventTemplate),
    isShared,
  );
  const { comparison } = builder;
  const startedMs = now();
  const seen = new Set<string>();
  let reportedMs = startedMs;

  const reportProgress = (waitingMs = 0) => {
    reportedMs = now();
    const { expected, missing } = comparison;
    const objects = formatCount(builder.objects, 'object');
    const waiting = `waiting ${(waitingMs / 1_000).toFixed(0)} s`;
    onProgress({
      elapsedMs: reportedMs - startedMs,
      events: expected - missing,
      totalEvents: expected,
      notes: [objects, ...(waitingMs > 0 ? [waiting] : [])],
      line:
        `${formatNumber(expected - missing)} of ${formatCount(expected, 'event')} found, ` +
        `${objects} read${waitingMs > 0 ? `; ${waiting} more at most` : ''}`,
      isWaiting: waitingMs > 0,
    });
  };

  const readNewObject = async (object: StoredObject) => {
    const { key, bytes } = object;
    const errorType = isShared ? undefined : errorTypeOf(key);
    if (seen.has(key)) {
      return pMapSkip;
    }
    seen.add(key);
    if (errorType !== undefined) {
      builder.addErrorObject(errorType, bytes);
      return pMapSkip;
    }
    const onChunk = () => {
      if (now() - reportedMs >= progressIntervalMs) {
        reportProgress();
      }
    };
    await readObject(object, comparison, () => source.open(object), onChunk).catch((error) => {
      const cause = error instanceof UnanswerableError ? error.cause : error;
      if (!isShared || obstacleOf(cause) === 'other') {
        throw error instanceof UnanswerableError ? error : unreadable(key, error);
      }
      builder.addUnreadObject(key, cause);
    });
    return pMapSkip;
  };
  const readNewObjects = () => pMap(source.list(), readNewObject, { concurrency: objectsAtOnce });

  const deadlineMs = startedMs + waitMs;
  await readNewObjects();
  while (comparison.missing > 0 && now() < deadlineMs) {
    reportProgress(deadlineMs - now());
    await sleep(Math.min(pollIntervalMs, deadlineMs - now()));
    reportedMs = now();
    await readNewObjects();
  }
  return builder.evidence(source.name, now(), exactlyOnce);
}

function lineReader(eventTemplate: string | undefined): CreateLineReader {
  if (eventTemplate === undefined) {
    return createDefaultReader;
  }
  const { isDefault, template } = checkTemplate(eventTemplate);
  return isDefault ? createDefaultReader : createTemplateReader(template);
}

function unreadable(key: string, error: unknown): UnanswerableError {
  const { message, code } = error as NodeJS.ErrnoException;
  return new UnanswerableError(`reading ${key}: ${message || code}`, { cause: error });
}
