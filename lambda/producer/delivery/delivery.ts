import { setMaxListeners } from 'node:events';
import type { StopReason } from '../../contract/report.ts';
import type { ProducerSettings } from '../../contract/settings.ts';
import { type Slice, sliceLength } from '../../contract/slice.ts';
import { billedBytes, type TargetRow } from '../../contract/targets.ts';
import { type Clock, callFor } from '../../runtime/clock.ts';
import type { EventRecord, RecordBatch } from '../packing/records.ts';
import type { RequestSource } from '../packing/requests.ts';
import type { PutRecords, PutResponse } from './aws/put-records.ts';
import type { Deadline } from './deadline.ts';
import { Gate } from './gate.ts';
import type { StreamPacer } from './stream-pacer.ts';

export interface RequestTrace {
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly records: number;
  readonly recordsRefused: number;
  readonly durationMs: number;
  readonly cause?: string;
}

export interface DeliveryOptions {
  readonly target: TargetRow;
  readonly putRecords: PutRecords;
  readonly pacer: StreamPacer;
  readonly deadline: Deadline;
  readonly settings: ProducerSettings;
  /** Steady rate of new events. @default - as fast as the pacer allows */
  readonly eventsPerSecond?: number;
  readonly clock: Clock;
  readonly onRequest?: (trace: RequestTrace) => void;
}

/** The result for a slice. The report has the same counts. */
export interface DeliveryOutcome
  extends Record<
    | 'eventsDelivered'
    | 'eventsUncertain'
    | 'recordsDelivered'
    | 'requests'
    | 'requestsFailed'
    | 'recordsRefused'
    | 'recordsRetried'
    | 'bytesDelivered'
    | 'billedBytes',
    number
  > {
  /** The events that Firehose did not acknowledge, in any order. */
  undelivered: Slice[];
  /** Why the delivery stopped before the end of the slice; missing when it didn't. */
  stopReason?: StopReason;
  lastFailure?: Error;
}

export function nothingDone(): DeliveryOutcome {
  return {
    eventsDelivered: 0,
    eventsUncertain: 0,
    undelivered: [],
    recordsDelivered: 0,
    requests: 0,
    requestsFailed: 0,
    recordsRefused: 0,
    recordsRetried: 0,
    bytesDelivered: 0,
    billedBytes: 0,
  };
}

/**
 * Sends the requests of a source with `concurrency` workers that pull from it: no more than `concurrency` requests
 * are in memory. Only refused records are sent again. The delivery stops after an error that no retry can fix, after
 * `maxAttempts` for the same records, and when the deadline is near. It never throws for any of these: the outcome says
 * what is undelivered, and why.
 */
export async function deliver(source: RequestSource, options: DeliveryOptions): Promise<DeliveryOutcome> {
  return new Delivery(source, options).run();
}

class Delivery {
  readonly #source: RequestSource;
  readonly #options: DeliveryOptions;
  readonly #outcome = nothingDone();
  readonly #gate: Gate;
  readonly #timeOver = new AbortController();
  /** How often records were sent that were put back, by their first event. */
  readonly #earlierAttempts = new Map<number, number>();

  constructor(source: RequestSource, options: DeliveryOptions) {
    this.#source = source;
    this.#options = options;
    const { pacer, deadline, settings, eventsPerSecond, clock } = options;
    this.#gate = new Gate({
      pacer,
      deadline,
      settings,
      eventsPerSecond,
      clock,
      dueMs: () =>
        sliceLength(source.left) > 0 ? 0 : earliest(source.later.map((slice) => pacer.dueMs(slice))),
      onDeadline: () => this.#stop('deadline'),
    });
    // From the eleventh listener on, Node warns of a leak; every worker listens.
    setMaxListeners(0, this.#timeOver.signal);
  }

  async run(): Promise<DeliveryOutcome> {
    const { settings, pacer, deadline, clock } = this.#options;
    const done = new AbortController();
    const watch = clock.sleep(deadline.deliverUntilMs - clock.now(), done.signal).then(() => {
      if (!done.signal.aborted) {
        this.#stop('deadline');
        this.#timeOver.abort();
      }
    });

    const work = async () => {
      for (;;) {
        const batch = await this.#gate.enter((budget) => this.#source.next(budget, pacer));
        if (!batch) {
          return;
        }
        await this.#deliverBatch(batch);
      }
    };
    try {
      await Promise.all(Array.from({ length: settings.concurrency }, work));
    } finally {
      // A stage before this one may have failed: the other workers must stop.
      this.#gate.close();
      done.abort();
      await watch;
    }
    this.#outcome.undelivered.push(this.#source.left, ...this.#source.later);
    return this.#outcome;
  }

  #stop(reason: StopReason): void {
    this.#outcome.stopReason ??= reason;
    this.#gate.close();
  }

  /** Sends the records of a request, for which the gate is passed, until none is left or the delivery stops. */
  async #deliverBatch(batch: RecordBatch): Promise<void> {
    let rest = batch;
    for (let attempt = 1; ; attempt += 1) {
      const sent = rest;
      rest = await this.#send(sent, attempt);
      if (rest.some((record) => this.#isLastAttempt(record, attempt))) {
        this.#stop('attempts');
      } else if (rest.length === sent.length) {
        // Nothing was accepted: slowing down cannot help here.
        await this.#gate.backOff(attempt);
      }
      rest = this.#putBackHot(rest, attempt);
      if (rest.length === 0 || !(await this.#gate.enterAgain(rest))) {
        break;
      }
    }
    this.#outcome.undelivered.push(...rest.map(({ from, to }) => ({ from, to })));
  }

  /** Leaves the records of hot shards to later requests: a request that waits for them would hold up the others. */
  #putBackHot(rest: RecordBatch, attempt: number): RecordBatch {
    const { pacer } = this.#options;
    const hot = rest.filter((record) => pacer.isHot(record) && !this.#isLastAttempt(record, attempt));
    for (const record of hot) {
      this.#earlierAttempts.set(record.from, this.#attempts(record, attempt));
    }
    this.#source.putBack(hot);
    return rest.filter((record) => !hot.includes(record));
  }

  #attempts({ from }: EventRecord, attempt: number): number {
    return (this.#earlierAttempts.get(from) ?? 0) + attempt;
  }

  #isLastAttempt(record: EventRecord, attempt: number): boolean {
    return this.#attempts(record, attempt) >= this.#options.settings.maxAttempts;
  }

  /** Sends records once, and returns those that have to be sent again. */
  async #send(batch: RecordBatch, attempt: number): Promise<RecordBatch> {
    const { putRecords, pacer, deadline, clock, onRequest } = this.#options;
    const startedMs = clock.now();
    this.#outcome.requests += 1;
    this.#outcome.recordsRetried += batch.filter((record) => this.#attempts(record, attempt) > 1).length;
    const timeoutMs = deadline.responseTimeoutMs(startedMs);
    // Not by the clock: timers of Node fire up to a millisecond early.
    const put = async (signal: AbortSignal) => {
      const response = await putRecords(batch, signal);
      return { response, isAborted: signal.aborted };
    };
    const { response, isAborted } = await callFor(timeoutMs, clock, put, this.#timeOver.signal);
    const durationMs = clock.now() - startedMs;
    if (response.kind === 'decided') {
      deadline.responded(durationMs);
      pacer.learn({ startedMs, batch, response });
    } else if (isAborted) {
      deadline.timedOut(durationMs);
    }
    const rest = this.#account(batch, response);
    // Only now, so that the pacer has learned from this request before the next one enters.
    this.#gate.leave(batch);
    onRequest?.({
      attempt,
      records: batch.length,
      recordsRefused: rest.length,
      durationMs,
      ...(response.cause && { cause: response.cause.message }),
    });
    return rest;
  }

  #account(batch: RecordBatch, { kind, refused, cause }: PutResponse): RecordBatch {
    const outcome = this.#outcome;
    const isRefused = new Set(refused);
    const rest: EventRecord[] = [];
    for (const [place, record] of batch.entries()) {
      if (!isRefused.has(place)) {
        outcome.eventsDelivered += sliceLength(record);
        outcome.recordsDelivered += 1;
        outcome.bytesDelivered += record.data.length;
        outcome.billedBytes += billedBytes(record.data.length, this.#options.target);
        continue;
      }
      rest.push(record);
      if (kind === 'lost') {
        outcome.eventsUncertain += sliceLength(record);
      }
    }
    if (kind === 'decided') {
      outcome.recordsRefused += rest.length;
    } else {
      outcome.requestsFailed += 1;
    }
    if (cause) {
      outcome.lastFailure = cause;
    }
    if (kind === 'fatal') {
      this.#stop('fatal');
    }
    return rest;
  }
}

/** `undefined` if there is no time. */
function earliest(times: readonly number[]): number | undefined {
  return times.length > 0 ? Math.min(...times) : undefined;
}
