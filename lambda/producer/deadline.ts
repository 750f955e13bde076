import { deliveryReserveMs } from '../contract/deadline.ts';

/** Least time that a request is given for its response. */
const leastResponseMs = 500;

/** How many times the slowest response so far a new request is given. */
const slowestFactor = 1.5;

/** Decay of the slowest response time, per response. */
const decay = 0.95;

/** When an invocation has to stop starting requests, and when it stops waiting for responses. */
export class Deadline {
  /** When requests in flight are aborted; the rest of the time is for the work queue and the report. */
  readonly abortMs: number;
  #slowestMs = 0;

  /**
   * @param nowMs The clock at the start of the invocation.
   * @param endMs When the invocation's time is over, by the same clock.
   */
  constructor(nowMs: number, endMs: number) {
    this.abortMs = endMs - deliveryReserveMs(endMs - nowMs);
  }

  /** Takes note of how long a response took. */
  responded(durationMs: number): void {
    this.#slowestMs = Math.max(durationMs, this.#slowestMs * decay);
  }

  /** The last moment at which a request may start, so that its response should come before it is aborted. */
  get lastStartMs(): number {
    return this.abortMs - Math.max(leastResponseMs, this.#slowestMs * slowestFactor);
  }
}
