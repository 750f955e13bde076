import { deliveryReserveMs, reportReserveMs } from '../../contract/deadline.ts';

/** Least time that a request is given for its response, before it is too late to start one. */
const leastResponseMs = 500;

/** How many times the slowest response so far a new request is given, before it is too late to start one. */
const slowestFactor = 1.5;

/** Decay of the slowest response time, per response. */
const decay = 0.95;

/** How long a response is waited for: at least, when no response came yet, and at most. */
const timeoutMs = { least: 1_000, first: 2_000, most: 30_000 };

/** How many times the slowest response so far is waited for. */
const patience = 5;

/** How an invocation spends its time: how long it waits for a response, and when it stops. */
export class Deadline {
  /** When requests in flight are aborted. */
  readonly deliverUntilMs: number;
  /** When calls to the work queue are aborted; the rest of the time is for the report. */
  readonly queueUntilMs: number;
  #slowestMs: number | undefined;

  /**
   * @param nowMs The time, in milliseconds since 1970.
   * @param endMs When the invocation's time is over, by the same clock.
   */
  constructor(nowMs: number, endMs: number) {
    this.deliverUntilMs = endMs - deliveryReserveMs(endMs - nowMs);
    this.queueUntilMs = endMs - reportReserveMs(endMs - nowMs);
  }

  /** Takes note of how long a response took. */
  responded(durationMs: number): void {
    this.#slowestMs = Math.max(durationMs, (this.#slowestMs ?? 0) * decay);
  }

  /** Takes note that no response came in time: it may be on its way, so the next one is waited for twice as long. */
  timedOut(durationMs: number): void {
    this.responded((2 * durationMs) / patience);
  }

  /** How long the next response is waited for. The first one leaves half of the time, in case that it never comes. */
  responseTimeoutMs(nowMs: number): number {
    const { least, first, most } = timeoutMs;
    if (this.#slowestMs === undefined) {
      return Math.max(least, Math.min(first, (this.deliverUntilMs - nowMs) / 2));
    }
    return Math.min(most, Math.max(least, this.#slowestMs * patience));
  }

  /** The last moment at which a request may start, so that its response should come before it is aborted. */
  get lastStartMs(): number {
    return this.deliverUntilMs - Math.max(leastResponseMs, (this.#slowestMs ?? 0) * slowestFactor);
  }
}
