import { billedBytes, type EventRecord } from './records.ts';
import type { RecordBatch } from './requests.ts';
import { type Slice, sliceLength } from './slice.ts';

/** What became of one request, as far as it can be sent again. */
export interface PutAnswer {
  /** The records, by their place in the request, that have to be sent again. */
  readonly refused: readonly number[];
  /** Why they have to. */
  readonly cause?: Error;
}

/**
 * Sends one request.
 *
 * @throws The error that no retry can mend, such as a missing permission or stream.
 */
export type PutRecords = (batch: RecordBatch) => Promise<PutAnswer>;

/** One request and what became of it, for the log. */
export interface RequestTrace {
  /** How often these records have been sent, this time included. */
  readonly attempt: number;
  /** Records sent. */
  readonly records: number;
  /** Records that have to be sent again. */
  readonly recordsRefused: number;
  /** How long the answer took. */
  readonly durationMs: number;
  /** Why records were refused. */
  readonly cause?: string;
}

/** What {@link deliver} works with: its limits, and the world as parameters. */
export interface DeliveryOptions {
  /** Sends one request. */
  readonly putRecords: PutRecords;
  /** Requests in flight, 1 or more. */
  readonly concurrency: number;
  /** How often a record is sent before the run gives up, the first time included. */
  readonly maxAttempts: number;
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** A random number from [0, 1). */
  readonly random: () => number;
  /** Waits; ends early, without an error, when `signal` is aborted. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** Told of every request. */
  readonly onRequest?: (trace: RequestTrace) => void;
}

/** What became of a slice. */
export interface DeliveryOutcome {
  /** Events that Firehose acknowledged. */
  eventsDelivered: number;
  /** The events that it did not, in any order. */
  undelivered: Slice[];
  /** Records that Firehose acknowledged. */
  recordsDelivered: number;
  /** `PutRecordBatch` calls made. */
  requests: number;
  /** Records sent again, counted each time. */
  recordsRetried: number;
  /** Data of the delivered records, before base64. */
  bytesDelivered: number;
  /** The same, each record rounded up to what Firehose bills. */
  billedBytes: number;
  /** Why the run stopped before its end. */
  failure?: Error;
}

/** Longest wait before the first retry. */
const backoffBaseMs = 100;

/** Longest wait before any retry. */
const backoffCapMs = 5_000;

/**
 * Exponential backoff with full jitter.
 *
 * @param attempt How often the records have been sent, 1 or more.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** (attempt - 1));
}

/**
 * Sends the requests of a slice: `concurrency` workers pull from the one source, so that no more than `concurrency`
 * requests are in memory. Only the records that were refused are sent again. The run stops at once after an error
 * that no retry can mend, and after `maxAttempts` for the same records; it never throws for either: the outcome
 * says what is undelivered, and why.
 */
export async function deliver(
  slice: Slice,
  requests: Iterator<RecordBatch, void>,
  options: DeliveryOptions,
): Promise<DeliveryOutcome> {
  const { putRecords, concurrency, maxAttempts, now, random, sleep, onRequest } = options;
  const outcome: DeliveryOutcome = {
    eventsDelivered: 0,
    undelivered: [],
    recordsDelivered: 0,
    requests: 0,
    recordsRetried: 0,
    bytesDelivered: 0,
    billedBytes: 0,
  };
  const stop = new AbortController();
  let pulledTo = slice.from;

  const fail = (cause: Error) => {
    outcome.failure ??= cause;
    stop.abort();
  };

  const acknowledge = (record: EventRecord) => {
    outcome.eventsDelivered += sliceLength(record);
    outcome.recordsDelivered += 1;
    outcome.bytesDelivered += record.data.length;
    outcome.billedBytes += billedBytes(record.data.length);
  };

  /** Sends the records once and returns those that have to be sent again. */
  const attemptOnce = async (batch: RecordBatch, attempt: number): Promise<RecordBatch> => {
    const startedMs = now();
    outcome.requests += 1;
    const { refused, cause } = await putRecords(batch);
    onRequest?.({
      attempt,
      records: batch.length,
      recordsRefused: refused.length,
      durationMs: now() - startedMs,
      ...(cause && { cause: cause.message }),
    });
    const isRefused = new Set(refused);
    const rest: EventRecord[] = [];
    for (const [place, record] of batch.entries()) {
      if (isRefused.has(place)) {
        rest.push(record);
      } else {
        acknowledge(record);
      }
    }
    if (attempt === maxAttempts && rest.length > 0) {
      fail(new Error(`gave up after ${maxAttempts} attempts: ${cause?.message}`, { cause }));
    }
    return rest;
  };

  const deliverBatch = async (batch: RecordBatch) => {
    let rest = batch;
    try {
      for (let attempt = 1; rest.length > 0 && !stop.signal.aborted; attempt += 1) {
        if (attempt > 1) {
          outcome.recordsRetried += rest.length;
        }
        rest = await attemptOnce(rest, attempt);
        if (rest.length > 0) {
          await sleep(backoffMs(attempt, random), stop.signal);
        }
      }
    } catch (error) {
      fail(error as Error);
    }
    outcome.undelivered.push(...rest.map(({ from, to }) => ({ from, to })));
  };

  const work = async () => {
    while (!stop.signal.aborted) {
      const next = requests.next();
      if (next.done) {
        return;
      }
      pulledTo = next.value.at(-1)!.to;
      await deliverBatch(next.value);
    }
  };

  await Promise.all(Array.from({ length: concurrency }, work));
  outcome.undelivered.push({ from: pulledTo, to: slice.to });
  return outcome;
}
