import { setMaxListeners } from 'node:events';
import type { Deadline } from './deadline.ts';
import type { Pacer } from './pacer.ts';
import { billedBytes, type EventRecord } from './records.ts';
import type { RecordBatch } from './requests.ts';
import { type Slice, sliceLength } from './slice.ts';

/** What became of one request, as far as it can be sent again. */
export interface PutAnswer {
  /**
   * - `answered`: Firehose decided over each record.
   * - `failed`: nothing was stored, and another attempt may succeed.
   * - `unanswered`: the same, but nobody knows whether it was stored: the answer was lost.
   */
  readonly kind: 'answered' | 'failed' | 'unanswered';
  /** The records, by their place in the request, that have to be sent again. */
  readonly refused: readonly number[];
  /** Why they have to. */
  readonly cause?: Error;
}

/**
 * Sends one request; an abort of `signal` makes it `unanswered`.
 *
 * @throws The error that no retry can mend, such as a missing permission or stream.
 */
export type PutRecords = (batch: RecordBatch, signal: AbortSignal) => Promise<PutAnswer>;

/** Waits; ends early, without an error, when `signal` is aborted. */
export type Sleep = (durationMs: number, signal: AbortSignal) => Promise<void>;

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
  /** Decides when a request may start. */
  readonly pacer: Pacer;
  /** Decides when none may start any more, and when those in flight are aborted. */
  readonly deadline: Deadline;
  /** Requests in flight, 1 or more. */
  readonly concurrency: number;
  /** How often a record is sent before it is left, the first time included. */
  readonly maxAttempts: number;
  /** Steady rate of new events; without it, as fast as the pacer allows. */
  readonly eventsPerSecond?: number;
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** A random number from [0, 1). */
  readonly random: () => number;
  /** Waits. */
  readonly sleep: Sleep;
  /** Told of every request. */
  readonly onRequest?: (trace: RequestTrace) => void;
}

/** Why a delivery stopped before the end of its slice. */
export interface Stop {
  /** What happened. */
  readonly cause: Error;
  /** Whether a later attempt may fare better. */
  readonly mayPass: boolean;
}

/** What became of a slice. */
export interface DeliveryOutcome {
  /** Events that Firehose acknowledged. */
  eventsDelivered: number;
  /** Events of requests whose answer was lost, counted each time: the most extra copies that there may be. */
  eventsUncertain: number;
  /** The events that Firehose did not acknowledge, in any order. */
  undelivered: Slice[];
  /** Records that Firehose acknowledged. */
  recordsDelivered: number;
  /** `PutRecordBatch` calls made. */
  requests: number;
  /** Records that Firehose did not take, counted each time; those whose answer was lost are not among them. */
  recordsRefused: number;
  /** Records sent again, counted each time. */
  recordsRetried: number;
  /** Data of the delivered records, before base64. */
  bytesDelivered: number;
  /** The same, each record rounded up to what Firehose bills. */
  billedBytes: number;
  /** Why the delivery stopped before the end of the slice; missing when it didn't. */
  stop?: Stop;
}

/** The outcome when nothing has been sent. */
export function nothingDone(): DeliveryOutcome {
  return {
    eventsDelivered: 0,
    eventsUncertain: 0,
    undelivered: [],
    recordsDelivered: 0,
    requests: 0,
    recordsRefused: 0,
    recordsRetried: 0,
    bytesDelivered: 0,
    billedBytes: 0,
  };
}

/** Longest wait before the first retry. */
const backoffBaseMs = 100;

/** Longest wait before any retry. */
const backoffCapMs = 5_000;

/** How far a steady rate may catch up after Firehose held it up. */
const catchUpMs = 1_000;

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
 * requests are in memory. Only the records that were refused are sent again. The delivery stops at once after an error
 * that no retry can mend, after `maxAttempts` for the same records, and when the deadline is near; it never throws for
 * any of these: the outcome says what is undelivered, and why.
 */
export async function deliver(
  slice: Slice,
  requests: Iterator<RecordBatch, void>,
  options: DeliveryOptions,
): Promise<DeliveryOutcome> {
  const delivery = new Delivery(options);
  return delivery.run(slice, requests);
}

class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outcome = nothingDone();
  /** Aborted when no request may start any more. */
  readonly #stopped = new AbortController();
  /** Aborted when requests in flight have to end. */
  readonly #timeOver = new AbortController();
  /** Wakes the workers that wait for an answer to somebody's request. */
  #wake: (() => void)[] = [];
  #nextSteadyMs: number;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    // Every worker listens to both, which Node would take for a leak from eleven on.
    setMaxListeners(0, this.#stopped.signal, this.#timeOver.signal);
    this.#nextSteadyMs = options.now();
  }

  async run(slice: Slice, requests: Iterator<RecordBatch, void>): Promise<DeliveryOutcome> {
    const { concurrency, deadline, now, sleep } = this.#options;
    const done = new AbortController();
    const watch = sleep(deadline.abortMs - now(), done.signal).then(() => {
      if (!done.signal.aborted) {
        this.#stopForDeadline();
        this.#timeOver.abort();
      }
    });

    let pulledTo = slice.from;
    const work = async () => {
      while (await this.#mayPull()) {
        const next = requests.next();
        if (next.done) {
          return;
        }
        pulledTo = next.value.at(-1)!.to;
        this.#countSteady(pulledTo - next.value[0]!.from);
        await this.#deliverBatch(next.value);
      }
    };
    try {
      await Promise.all(Array.from({ length: concurrency }, work));
    } catch (error) {
      // A stage before this one broke: the other workers must not go on behind the caller's back.
      this.#stop(error as Error, false);
      throw error;
    } finally {
      done.abort();
      await watch;
    }
    this.#outcome.undelivered.push({ from: pulledTo, to: slice.to });
    return this.#outcome;
  }

  #stop(cause: Error, mayPass: boolean): void {
    this.#outcome.stop ??= { cause, mayPass };
    this.#stopped.abort();
    this.#wakeAll();
  }

  #stopForDeadline(): void {
    this.#stop(new Error("the invocation's time was nearly over"), true);
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) {
      resolve();
    }
  }

  /** Waits, unless that would be beyond the last moment at which a request may start. */
  async #waitToStart(durationMs: number): Promise<boolean> {
    const { deadline, now, sleep } = this.#options;
    if (now() + durationMs >= deadline.lastStartMs) {
      this.#stopForDeadline();
    } else if (durationMs > 0) {
      await sleep(durationMs, this.#stopped.signal);
    }
    return !this.#stopped.signal.aborted;
  }

  async #mayPull(): Promise<boolean> {
    const { eventsPerSecond, now } = this.#options;
    if (!eventsPerSecond) {
      return this.#waitToStart(0);
    }
    while (!this.#stopped.signal.aborted && this.#nextSteadyMs > now()) {
      await this.#waitToStart(this.#nextSteadyMs - now());
    }
    return this.#waitToStart(0);
  }

  #countSteady(events: number): void {
    const { eventsPerSecond, now } = this.#options;
    if (eventsPerSecond) {
      const slotMs = Math.max(this.#nextSteadyMs, now() - catchUpMs);
      this.#nextSteadyMs = slotMs + (events / eventsPerSecond) * 1_000;
    }
  }

  async #deliverBatch(batch: RecordBatch): Promise<void> {
    let rest = batch;
    try {
      for (let attempt = 1; rest.length > 0 && (await this.#waitForPacer(rest)); attempt += 1) {
        rest = await this.#send(rest, attempt);
      }
    } catch (error) {
      this.#stop(error as Error, false);
    }
    this.#outcome.undelivered.push(...rest.map(({ from, to }) => ({ from, to })));
  }

  async #waitForPacer(batch: RecordBatch): Promise<boolean> {
    const { pacer } = this.#options;
    const bytes = dataBytes(batch);
    while (await this.#waitToStart(0)) {
      const waitMs = pacer.reserve(bytes);
      if (waitMs === 0) {
        return true;
      }
      if (waitMs === undefined) {
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      } else {
        await this.#waitToStart(waitMs);
      }
    }
    return false;
  }

  /** Sends the records once, for which the pacer has a reservation, and returns those that have to be sent again. */
  async #send(batch: RecordBatch, attempt: number): Promise<RecordBatch> {
    const { putRecords, pacer, deadline, maxAttempts, now, random, onRequest } = this.#options;
    const bytes = dataBytes(batch);
    const startedMs = now();
    this.#outcome.requests += 1;
    if (attempt > 1) {
      this.#outcome.recordsRetried += batch.length;
    }

    let answer: PutAnswer;
    try {
      answer = await putRecords(batch, this.#timeOver.signal);
    } finally {
      pacer.release(bytes);
      this.#wakeAll();
    }
    const durationMs = now() - startedMs;
    deadline.answered(durationMs);
    const rest = this.#account(batch, answer);
    if (answer.kind === 'answered') {
      pacer.answered({
        startedMs,
        bytes,
        bytesRefused: dataBytes(rest),
        records: batch.length,
        recordsRefused: rest.length,
      });
    }
    onRequest?.({
      attempt,
      records: batch.length,
      recordsRefused: rest.length,
      durationMs,
      ...(answer.cause && { cause: answer.cause.message }),
    });

    if (rest.length > 0 && attempt >= maxAttempts) {
      this.#stop(new Error(`gave up after ${attempt} attempts: ${answer.cause?.message}`), true);
    } else if (rest.length === batch.length) {
      // Nothing was accepted, which no pace mends.
      await this.#waitToStart(backoffMs(attempt, random));
    }
    return rest;
  }

  #account(batch: RecordBatch, { kind, refused }: PutAnswer): RecordBatch {
    const outcome = this.#outcome;
    const isRefused = new Set(refused);
    const rest: EventRecord[] = [];
    for (const [place, record] of batch.entries()) {
      if (isRefused.has(place)) {
        rest.push(record);
        if (kind === 'unanswered') {
          outcome.eventsUncertain += sliceLength(record);
        } else {
          outcome.recordsRefused += 1;
        }
      } else {
        outcome.eventsDelivered += sliceLength(record);
        outcome.recordsDelivered += 1;
        outcome.bytesDelivered += record.data.length;
        outcome.billedBytes += billedBytes(record.data.length);
      }
    }
    return rest;
  }
}

function dataBytes(batch: RecordBatch): number {
  return batch.reduce((sum, { data }) => sum + data.length, 0);
}
