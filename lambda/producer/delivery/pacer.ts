/** The target's decision on the records of a request that share a quota. */
export interface PacedResponse {
  /** When the request was started, by the pacer's clock. */
  readonly startedMs: number;
  readonly records: number;
  readonly bytes: number;
  /** Record data that was refused in a way that can mean the quota. */
  readonly bytesThrottled: number;
}

/** A request starts after this time, however slow the pace is: it may show that the stream has recovered. */
export const longestWaitMs = 2_000;

/** A request carries this much of the rate, so that a refused one says little and costs little. */
const requestMs = 100;

/** Data in flight at first. It grows by half of this with every response, until there is a rate. */
const firstWindowBytes = 65_536;

/** How the rate grows while it is near the limit: by this share of what is accepted. */
const growth = 0.007;

/** Divisor of the faster growth above the rate at which records were last refused. */
const growthStep = 5;

/** Below this rate, a refused record weighs less. */
const fullWeightRecordsPerSecond = 30;

/** Records over which the share of refusals is averaged. */
const averagedRecords = 8;

/** After cuts to this part of its first rate, the pacer assumes that refusals have another cause than the quota. */
const lowestShare = 1 / 8;

/**
 * Finds the rate at which a stream accepts record data. A pure estimator without timers: its caller reports what happened.
 *
 * At first there is no rate: the data in flight grows with every response. When two of three records are refused, the
 * stream has a quota, and the first rate is what was accepted in the last second. From then on what is accepted raises the
 * rate a little, and what is refused lowers it, so that about one record in a hundred is refused. Several producers on one
 * stream come to share it, because the slower one grows faster.
 *
 * Fewer refusals without a rate, and refusals that stay although the rate was cut to an eighth, have another cause: the
 * pacer has no rate then.
 */
export class Pacer {
  readonly #maxWindowBytes: number;
  readonly #now: () => number;
  /** Bytes accepted in the last second. */
  #accepted: { readonly atMs: number; readonly bytes: number }[] = [];
  #windowBytes = firstWindowBytes;
  /** Time of the first response without a rate. */
  #exploringSinceMs: number | undefined;
  #throttledShare = 0;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #firstBytesPerSecond = 0;
  /** The rate when something was refused last. */
  #limitBytesPerSecond = 0;
  #pacedSinceMs = 0;

  /**
   * @param maxWindowBytes Most record data in flight.
   * @param now The clock, in milliseconds.
   */
  constructor(maxWindowBytes: number, now: () => number) {
    this.#maxWindowBytes = maxWindowBytes;
    this.#now = now;
  }

  /** The rate, in bytes of record data a second; `Infinity` as long as the stream takes everything. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Record data that may be in flight; `Infinity` where the rate is the limit. */
  get windowBytes(): number {
    return this.#isPacing ? Number.POSITIVE_INFINITY : this.#windowBytes;
  }

  /** Record data that the next request should carry. */
  get requestBytes(): number {
    return this.#isPacing ? (this.#bytesPerSecond * requestMs) / 1_000 : this.#windowBytes / 2;
  }

  /** Starts at a rate, and does not learn from requests that started before a time. */
  startAt(bytesPerSecond: number, sinceMs: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#firstBytesPerSecond = bytesPerSecond;
    this.#limitBytesPerSecond = bytesPerSecond;
    this.#pacedSinceMs = sinceMs;
  }

  /** Changes the rate with what the stream can accept. */
  scale(factor: number): void {
    this.#bytesPerSecond *= factor;
    this.#firstBytesPerSecond *= factor;
    this.#limitBytesPerSecond *= factor;
  }

  learn({ startedMs, records, bytes, bytesThrottled }: PacedResponse): void {
    const now = this.#now();
    const accepted = bytes - bytesThrottled;
    this.#accepted = this.#accepted.filter(({ atMs }) => atMs > now - 1_000);
    this.#accepted.push({ atMs: now, bytes: accepted });
    if (!this.#isPacing) {
      this.#explore(now, bytesThrottled / bytes, records);
    } else if (startedMs > this.#pacedSinceMs) {
      this.#adjust(accepted, bytesThrottled, bytes / records);
    }
  }

  get #isPacing(): boolean {
    return Number.isFinite(this.#bytesPerSecond);
  }

  /** Record data accepted in the second before the last response. */
  get acceptedInSecond(): number {
    return this.#accepted.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #explore(now: number, throttledShare: number, records: number): void {
    this.#exploringSinceMs ??= now;
    this.#throttledShare += (throttledShare - this.#throttledShare) * Math.min(1, records / averagedRecords);
    if (this.#throttledShare <= 2 / 3) {
      this.#windowBytes = Math.min(this.#maxWindowBytes, this.#windowBytes + firstWindowBytes / 2);
      return;
    }
    const { acceptedInSecond } = this;
    if (acceptedInSecond === 0) {
      // Slowing down cannot help here.
      this.#forgetRate();
      return;
    }
    // A stream that was left alone accepts a second's worth at once, in addition to what its quota allows.
    const seconds = (now - this.#exploringSinceMs) / 1_000;
    this.startAt(acceptedInSecond / (seconds < 1 ? 1 + seconds : 1), now);
  }

  #adjust(accepted: number, throttled: number, recordBytes: number): void {
    const rate = this.#bytesPerSecond;
    const weight = Math.min(1, Math.sqrt(rate / recordBytes / fullWeightRecordsPerSecond));
    const beyondLimit = Math.max(0, rate / this.#limitBytesPerSecond - 1);
    // Where less is sent than may be, what is accepted says nothing about a higher rate.
    const isUsed = this.acceptedInSecond > rate / 2;
    const raised = isUsed ? accepted * (growth + (beyondLimit * weight) / growthStep) : 0;
    // Twice: once to stop sending it, and once so that the stream's token bucket fills again.
    const lowered = 2 * throttled * weight;
    if (throttled > 0) {
      this.#limitBytesPerSecond = rate;
    }
    this.#bytesPerSecond = Math.max(rate / 2, rate + raised - lowered);
    if (this.#bytesPerSecond < this.#firstBytesPerSecond * lowestShare) {
      this.#forgetRate();
    }
  }

  #forgetRate(): void {
    this.#bytesPerSecond = Number.POSITIVE_INFINITY;
    this.#windowBytes = firstWindowBytes;
    this.#throttledShare = 0;
    this.#exploringSinceMs = undefined;
    this.#accepted = [];
  }
}
