/** What became of one request, as a {@link Pacer} sees it. */
export interface PacedAnswer {
  /** When the request was started, by the pacer's clock. */
  readonly startedMs: number;
  /** Record data sent. */
  readonly bytes: number;
  /** Record data that Firehose refused, record by record. */
  readonly bytesRefused: number;
  /** Records sent. */
  readonly records: number;
  /** Records that Firehose refused. */
  readonly recordsRefused: number;
}

/** The lowest quota of a Direct PUT stream, in bytes a second (quotas page): no first guess is lower. */
const lowestQuota = 1_048_576;

/** The slowest that a pacer goes, in bytes a second: a stream may be shared. */
const slowestRate = lowestQuota / 16;

/** Bytes by which the first requests grow, until there is an answer that says what the stream takes. */
const stepBytes = 40_000;

/** How much of the rate one request takes, so that the refusal of one says little and costs little. */
const requestSeconds = 0.1;

/** How far a late start may be made up for. */
const catchUpMs = 50;

/** The least that answers are gathered for before the rate is judged anew. */
const epochMs = 250;
const epochRecords = 24;

/** How far back the accepted rate is measured. */
const measureMs = 2_000;

/** What is left of the accepted rate after a cut: room for the stream's token bucket to recover. */
const headroom = 0.95;

/** The deepest single cut. */
const deepestCut = 0.7;

/** Growth of the rate in the first epoch after a cut; it doubles every six epochs, up to the fastest. */
const slowestGrowth = 0.006;
const fastestGrowth = 0.15;
const epochsToDoubleGrowth = 6;

/** Cuts in a row that bring less than half of what they should, after which refusals are no matter of the rate. */
const vainCuts = 3;

/** The largest share of refusals that is put up with: several pacers that put up with more would starve one another. */
const mostNoise = 0.4;

/**
 * Finds the rate at which a stream accepts record data, and keeps to it.
 *
 * As long as all is accepted, each request is a step larger than the one before, then one more is in flight. The first
 * refusal gives the first rate: what was accepted in the last second. From then on requests take a tenth of a second of
 * the rate each. The rate grows while all is accepted, slowly at first and ever faster, so that it finds a quota that has
 * grown; when records are refused it is cut to what is accepted. Refusals that cuts don't change are no matter of the
 * rate (a fault, or another producer), and are put up with, up to four in ten: more of them is a crowd on the stream, in which
 * everybody has to yield.
 *
 * One pacer serves all workers of an invocation, and the invocations of a container after one another.
 */
export class Pacer {
  readonly #maxBytesInFlight: number;
  readonly #now: () => number;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #paidToMs = Number.NEGATIVE_INFINITY;
  #windowBytes = stepBytes;
  #bytesInFlight = 0;
  #lastCutMs = Number.NEGATIVE_INFINITY;
  #epoch = { startedMs: 0, records: 0, recordsRefused: 0 };
  #epochsSinceCut = 0;
  /** The share of refusals that is put up with. */
  #noise = 0;
  /** Cuts since the last one that brought something, with the rate and the share of refusals before it. */
  #cuts = { inARow: 0, shareBefore: 0, rateBefore: 0 };
  readonly #accepted: { readonly atMs: number; readonly bytes: number }[] = [];
  #measuredSinceMs: number;

  /**
   * @param maxBytesInFlight Record data that may be in flight at all.
   * @param now The clock, in milliseconds.
   */
  constructor(maxBytesInFlight: number, now: () => number) {
    this.#maxBytesInFlight = maxBytesInFlight;
    this.#now = now;
    this.#measuredSinceMs = now();
  }

  /** The rate found, in bytes a second; `Infinity` as long as nothing has been refused. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Record data that the next request should carry. */
  get requestBytes(): number {
    return Number.isFinite(this.#bytesPerSecond) ? this.#bytesPerSecond * requestSeconds : this.#windowBytes;
  }

  /**
   * Asks to start a request.
   *
   * @returns 0 if it counts as started now, or the milliseconds after which to ask again, or `undefined` to ask again
   * after the answer to another request.
   */
  reserve(bytes: number): number | undefined {
    if (this.#bytesInFlight > 0 && this.#bytesInFlight + bytes > this.#windowBytes) {
      return undefined;
    }
    if (Number.isFinite(this.#bytesPerSecond)) {
      // A request is paid for before it starts: the stream's own bucket may be empty.
      const now = this.#now();
      const startMs = this.#paidToMs + (bytes / this.#bytesPerSecond) * 1_000;
      if (startMs > now) {
        return startMs - now;
      }
      this.#paidToMs = Math.max(startMs, now - catchUpMs);
    }
    this.#bytesInFlight += bytes;
    return 0;
  }

  /** The request is over, whatever became of it. */
  release(bytes: number): void {
    this.#bytesInFlight -= bytes;
  }

  /** Learns from what Firehose decided over the records of a request. */
  answered({ startedMs, bytes, bytesRefused, records, recordsRefused }: PacedAnswer): void {
    const now = this.#now();
    this.#measure(bytes - bytesRefused, now);
    if (!Number.isFinite(this.#bytesPerSecond)) {
      if (recordsRefused > 0) {
        this.#startPacing(now);
      } else {
        this.#windowBytes = Math.min(this.#maxBytesInFlight, this.#windowBytes + stepBytes);
      }
      return;
    }
    // What was sent before the last cut says nothing about the rate after it.
    if (startedMs < this.#lastCutMs) {
      return;
    }
    const epoch = this.#epoch;
    epoch.records += records;
    epoch.recordsRefused += recordsRefused;
    if (now - epoch.startedMs >= epochMs && epoch.records >= epochRecords) {
      this.#judge(epoch.recordsRefused / epoch.records, epoch.records, now);
      this.#epoch = { startedMs: now, records: 0, recordsRefused: 0 };
    }
  }

  #startPacing(now: number): void {
    const secondAgoMs = now - 1_000;
    const inASecond = this.#accepted.reduce(
      (sum, { atMs, bytes }) => sum + (atMs > secondAgoMs ? bytes : 0),
      0,
    );
    this.#windowBytes = this.#maxBytesInFlight;
    this.#paidToMs = now;
    this.#bytesPerSecond = Math.max(lowestQuota, inASecond) * headroom;
    this.#lastCutMs = now;
    this.#measureAnew(now);
    this.#epoch = { startedMs: now, records: 0, recordsRefused: 0 };
  }

  #judge(share: number, records: number, now: number): void {
    // Four standard deviations of what chance alone would refuse among so few records.
    const chance = 4 * Math.sqrt((this.#noise * (1 - this.#noise)) / records);
    if (share > this.#noise + chance) {
      this.#cut(share, now);
      return;
    }
    this.#cuts.inARow = 0;
    this.#noise = Math.min(this.#noise, 0.9 * this.#noise + 0.1 * share);
    const growth = slowestGrowth * 2 ** (this.#epochsSinceCut / epochsToDoubleGrowth);
    this.#bytesPerSecond *= 1 + Math.min(fastestGrowth, growth);
    this.#epochsSinceCut += 1;
  }

  #cut(share: number, now: number): void {
    const cuts = this.#cuts;
    // What would be refused now if the stream took as much as before the first cut, and not a byte more.
    const expected = Math.max(0, 1 - (cuts.rateBefore * (1 - cuts.shareBefore)) / this.#bytesPerSecond);
    const inVain = cuts.inARow > 0 && share > (cuts.shareBefore + expected) / 2;
    if (!inVain) {
      cuts.inARow = 0;
      cuts.rateBefore = this.#bytesPerSecond;
      cuts.shareBefore = share;
    }
    cuts.inARow += 1;
    this.#lastCutMs = now;
    if (cuts.inARow > vainCuts && share <= mostNoise) {
      cuts.inARow = 0;
      this.#noise = share;
      this.#epochsSinceCut = Number.POSITIVE_INFINITY;
      this.#bytesPerSecond = Math.max(this.#bytesPerSecond, cuts.rateBefore);
      return;
    }
    this.#epochsSinceCut = 0;
    const accepted = this.#acceptedPerSecond(now) / (1 - this.#noise);
    const cutTo = Math.min(this.#bytesPerSecond, accepted) * headroom;
    this.#measureAnew(now);
    this.#bytesPerSecond = Math.max(slowestRate, this.#bytesPerSecond * deepestCut, cutTo);
  }

  /** What was accepted up to here may have been the burst that the stream allows, which says nothing about its rate. */
  #measureAnew(now: number): void {
    this.#accepted.length = 0;
    this.#measuredSinceMs = now;
  }

  #measure(bytes: number, now: number): void {
    this.#accepted.push({ atMs: now, bytes });
    while (this.#accepted[0]!.atMs < now - measureMs) {
      this.#accepted.shift();
    }
  }

  #acceptedPerSecond(now: number): number {
    const sinceMs = Math.max(this.#measuredSinceMs, now - measureMs);
    const bytes = this.#accepted.reduce((sum, accepted) => sum + accepted.bytes, 0);
    return (bytes / Math.max(epochMs, now - sinceMs)) * 1_000;
  }
}
