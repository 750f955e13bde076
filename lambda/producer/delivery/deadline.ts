import { deliveryReserveMs, reportReserveMs } from '../../contract/invocation.ts';

/** No request starts with less time than this for its response. */
const leastResponseMs = 500;

/** No request starts with less time than this multiple of the slowest response so far. */
const slowestFactor = 1.5;

/** Decay of the slowest response time, per response. */
const decay = 0.95;

/** Bounds of the response timeout, and its value before the first response. */
const timeoutMs = { least: 1_000, first: 2_000, most: 30_000 };

/** Response timeout, in multiples of the slowest response so far. */
const timeoutFactor = 5;

/** Response timeouts of an invocation, and the times at which it stops. */
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

  responded(durationMs: number): void {
    this.#slowestMs = Math.max(durationMs, (this.#slowestMs ?? 0) * decay);
  }

  /** Doubles the next timeout: the response may have been on its way. */
  timedOut(durationMs: number): void {
    this.responded((2 * durationMs) / timeoutFactor);
  }

  /** Timeout of the next response. The first one leaves half of the time, in case it never comes. */
  responseTimeoutMs(nowMs: number): number {
    const { least, first, most } = timeoutMs;
    if (this.#slowestMs === undefined) {
      return Math.max(least, Math.min(first, (this.deliverUntilMs - nowMs) / 2));
    }
    return Math.min(most, Math.max(least, this.#slowestMs * timeoutFactor));
  }

  /** The last moment at which a request may start, so that its response should come before it is aborted. */
  get lastStartMs(): number {
    return this.deliverUntilMs - Math.max(leastResponseMs, (this.#slowestMs ?? 0) * slowestFactor);
  }
}
