import { setMaxListeners } from 'node:events';
import type { ProducerSettings } from '../../contract/settings.ts';
import { sliceLength } from '../../contract/slice.ts';
import { backoffOf, type Clock } from '../../runtime/clock.ts';
import { dataBytes, type RecordBatch } from '../packing/records.ts';
import type { RequestBudget } from '../packing/requests.ts';
import type { Deadline } from './deadline.ts';
import { longestWaitMs } from './pacer.ts';
import type { StreamPacer } from './stream-pacer.ts';

export interface GateOptions {
  readonly pacer: StreamPacer;
  readonly deadline: Deadline;
  readonly settings: ProducerSettings;
  /** Steady rate of new events. @default - as fast as the pacer allows */
  readonly eventsPerSecond?: number;
  readonly clock: Clock;
  /** When there is something to send, in milliseconds since 1970; `undefined` if nothing is left. */
  readonly dueMs: () => number | undefined;
  /** Called once, when it is too late. */
  readonly onDeadline: () => void;
}

/** How much lateness later requests may catch up: at the pacer's rate, and at a steady rate. */
const catchUpMs = { pace: 100, steady: 1_000 };

const steadyRequestsPerSecond = 10;

/**
 * Decides when a request may start, by pace, steady rate and deadline. Requests enter in the order in which they asked.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #closed = new AbortController();
  /** Resolves when all earlier requests have entered. */
  #line: Promise<unknown> = Promise.resolve();
  #wake: () => void = () => {};
  #bytesInFlight = 0;
  /** Up to when the requests that entered are paid for, at the pacer's rate. */
  #paidToMs = Number.NEGATIVE_INFINITY;
  #nextSteadyMs: number;

  constructor(options: GateOptions) {
    this.#options = options;
    // From the eleventh listener on, Node warns of a leak; every worker may listen.
    setMaxListeners(0, this.#closed.signal);
    this.#nextSteadyMs = options.clock.now();
  }

  /**
   * Waits until a new request may start.
   *
   * @param take Makes the request, within a budget, at the moment when it may start.
   * @returns What `take` made; `undefined` if there is nothing left, or if the gate was closed meanwhile.
   */
  enter(take: (budget: RequestBudget) => RecordBatch | undefined): Promise<RecordBatch | undefined> {
    return this.#queue(async () => {
      const { pacer, eventsPerSecond, clock, dueMs } = this.#options;
      const events = eventsPerSecond ? Math.ceil(eventsPerSecond / steadyRequestsPerSecond) : Infinity;
      const startMs = () =>
        Math.max(this.#pacedStartMs(pacer.requestBytes), this.#steadyStartMs(), dueMs() ?? 0);
      for (;;) {
        if (dueMs() === undefined || !(await this.#waitUntil(startMs))) {
          return undefined;
        }
        const batch = take({ bytes: pacer.requestBytes, events });
        if (batch) {
          this.#chargePace(batch);
          this.#chargeSteady(batch);
          return batch;
        }
        // Else all that is left is for hot shards, and waits.
        if ((dueMs() ?? 0) <= clock.now()) {
          return undefined;
        }
      }
    });
  }

  /**
   * Waits until records may be sent again.
   *
   * @returns Whether they may; no if the gate was closed meanwhile.
   */
  enterAgain(batch: RecordBatch): Promise<boolean> {
    return this.#queue(async () => {
      const bytes = dataBytes(batch);
      const isOpen = await this.#waitUntil(() => this.#pacedStartMs(bytes));
      if (isOpen) {
        this.#chargePace(batch);
      }
      return isOpen;
    });
  }

  leave(batch: RecordBatch): void {
    this.#bytesInFlight -= dataBytes(batch);
    this.#wake();
  }

  /**
   * Waits before records are sent again, outside of the line.
   *
   * @param attempt How often they have been sent, 1 or more.
   */
  async backOff(attempt: number): Promise<void> {
    const { clock } = this.#options;
    const durationMs = backoffOf(attempt, clock);
    if (this.#isInTime(clock.now() + durationMs)) {
      await clock.sleep(durationMs, this.#closed.signal);
    }
  }

  close(): void {
    this.#closed.abort();
    this.#wake();
  }

  #queue<Result>(turn: () => Promise<Result>): Promise<Result> {
    const entered = this.#line.then(turn);
    this.#line = entered.catch(() => {});
    return entered;
  }

  /** @returns Whether the gate is still open then. */
  async #waitUntil(startMs: () => number): Promise<boolean> {
    const { clock, deadline } = this.#options;
    while (!this.#closed.signal.aborted) {
      const start = startMs();
      // With as much in flight as may be, only a response lets the next one enter.
      const dueMs = Math.min(start, deadline.lastStartMs);
      if (!this.#isInTime(Number.isFinite(start) ? start : clock.now())) {
        return false;
      }
      if (start <= clock.now()) {
        return true;
      }
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await clock.sleep(dueMs - clock.now(), woken.signal);
    }
    return false;
  }

  #isInTime(startMs: number): boolean {
    const { deadline, clock, onDeadline } = this.#options;
    if (!this.#closed.signal.aborted && Math.max(startMs, clock.now()) >= deadline.lastStartMs) {
      onDeadline();
      this.close();
    }
    return !this.#closed.signal.aborted;
  }

  /** A request is paid for before it starts: the stream's own token bucket may be empty. */
  #pacedStartMs(bytes: number): number {
    const { windowBytes, requestBytes } = this.#options.pacer;
    const isFull = this.#bytesInFlight > 0 && this.#bytesInFlight + requestBytes > windowBytes;
    return isFull ? Number.POSITIVE_INFINITY : this.#paidToMs + this.#paceMs(bytes);
  }

  #paceMs(bytes: number): number {
    return Math.min(longestWaitMs, (bytes / this.#options.pacer.bytesPerSecond) * 1_000);
  }

  #steadyStartMs(): number {
    return this.#options.eventsPerSecond ? this.#nextSteadyMs : Number.NEGATIVE_INFINITY;
  }

  #chargePace(batch: RecordBatch): void {
    const { pacer, clock } = this.#options;
    const paidMs = this.#paidToMs + this.#paceMs(pacer.commonBytes(batch));
    // When the first rate is found, the stream has just refused something: there is nothing to catch up then.
    const credit = Number.isFinite(pacer.bytesPerSecond) ? catchUpMs.pace : 0;
    this.#bytesInFlight += dataBytes(batch);
    this.#paidToMs = Math.max(paidMs, clock.now() - credit);
  }

  #chargeSteady(batch: RecordBatch): void {
    const { eventsPerSecond, clock } = this.#options;
    if (eventsPerSecond) {
      const events = batch.reduce((sum, record) => sum + sliceLength(record), 0);
      const slotMs = Math.max(this.#nextSteadyMs, clock.now() - catchUpMs.steady);
      this.#nextSteadyMs = slotMs + (events / eventsPerSecond) * 1_000;
    }
  }
}
