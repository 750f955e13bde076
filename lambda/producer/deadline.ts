/** Time kept for writing to the work queue and returning the report; a quarter of the time when that is shorter. */
const reserveMs = 2_000;

/** Least time that a request is given to be answered. */
const answerFloorMs = 500;

/** How many times the slowest answer seen a new request is given. */
const answerFactor = 1.5;

/** How slowly a slow answer is forgotten, an answer. */
const forgetting = 0.95;

/** When an invocation has to stop starting requests, and to stop waiting for them. */
export class Deadline {
  /** When requests in flight are aborted; the rest of the time is for the work queue and the report. */
  readonly abortMs: number;
  #slowestMs = 0;

  /**
   * @param nowMs The clock at the start of the invocation.
   * @param endMs When the invocation's time is over, by the same clock.
   */
  constructor(nowMs: number, endMs: number) {
    this.abortMs = endMs - Math.min(reserveMs, (endMs - nowMs) / 4);
  }

  /** Takes note of how long an answer took. */
  answered(durationMs: number): void {
    this.#slowestMs = Math.max(durationMs, this.#slowestMs * forgetting);
  }

  /** The last moment at which a request may start, so that it should be answered before it is aborted. */
  get lastStartMs(): number {
    return this.abortMs - Math.max(answerFloorMs, this.#slowestMs * answerFactor);
  }
}
