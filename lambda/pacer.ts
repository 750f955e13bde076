/** What became of one request, as a {@link Pacer} sees it. */
export interface PacedAnswer {
  /** When the request was started, by the pacer's clock. */
  readonly startedMs: number;
  /** Record data sent. */
  readonly bytes: number;
  /** Record data that Firehose refused for its quota, record by record. */
  readonly bytesRefused: number;
  /** Records sent. */
  readonly records: number;
}

/** The lowest quota of a Direct PUT stream, in bytes a second (quotas page): no first guess is lower. */
const lowestQuota = 1_048_576;

/** The slowest that a pacer goes, in bytes a second: a stream may be shared. */
const slowestRate = lowestQuota / 16;

/** Bytes by which the first requests grow, until there is an answer that says what the stream takes. */
const stepBytes = 65_536;

/** How much of the rate one request takes, so that the refusal of one says little and costs little. */
const requestSeconds = 0.1;

/** How long answers are gathered before the rate is judged anew. */
const epochMs = 250;

/** Epochs in which the smallest share of refusals is looked for. */
const noiseEpochs = 8;

/** How fast the rate grows in the first moment after a cut, a second; it doubles every {@link growthDoublingMs}. */
const growth = 0.04;
const growthDoublingMs = 3_000;

/** What is left of the accepted rate after a cut: room for the stream's token bucket to recover. */
const headroom = 0.97;

/**
 * Finds the rate at which a stream accepts record data, and keeps to it.
 *
 * As long as all is accepted, a request is a step larger than the one before, then one more is in flight. The first
 * refusal gives the first rate: what was accepted in the last second. From then on requests take a tenth of a second
 * of the rate each. The rate grows while all is accepted, slowly at first and ever faster, so that it finds a quota that
 * has grown; and it is cut to what was accepted when records are refused. Refusals that a cut doesn't change are no
 * matter of the rate (another producer's, or a fault), and are not answered with another cut.
 *
 * One pacer serves all workers of an invocation, and the invocations of a container after one another.
 */
export class Pacer {
  readonly #maxBytesInFlight: number;
  readonly #now: () => number;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #nextMs = Number.NEGATIVE_INFINITY;
  #windowBytes = stepBytes;
  #bytesInFlight = 0;
  #lastCutMs: number;
  #epoch = { startedMs: 0, bytes: 0, bytesRefused: 0, records: 0 };
  readonly #recentShares: number[] = [];
  readonly #accepted: { readonly atMs: number; readonly bytes: number }[] = [];

  /**
   * @param maxBytesInFlight Record data that may be in flight at all.
   * @param now The clock, in milliseconds.
   */
  constructor(maxBytesInFlight: number, now: () => number) {
    this.#maxBytesInFlight = maxBytesInFlight;
    this.#now = now;
    this.#lastCutMs = now();
    this.#epoch.startedMs = now();
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
   * When a request may start.
   *
   * @returns milliseconds to wait, 0 for at once, after which the request counts as started; or `undefined` if it has to
   * wait for the answer to another one.
   */
  reserve(bytes: number): number | undefined {
    if (this.#bytesInFlight > 0 && this.#bytesInFlight + bytes > this.#windowBytes) {
      return undefined;
    }
    this.#bytesInFlight += bytes;
    if (!Number.isFinite(this.#bytesPerSecond)) {
      return 0;
    }
    const now = this.#now();
    const startMs = Math.max(now, this.#nextMs);
    this.#nextMs = startMs + (bytes / this.#bytesPerSecond) * 1_000;
    return startMs - now;
  }

  /** Takes back a reservation that was not used. */
  release(bytes: number): void {
    this.#bytesInFlight -= bytes;
  }

  /** Learns from an answer. */
  answered(answer: PacedAnswer): void {
    const now = this.#now();
    this.#accept(answer.bytes - answer.bytesRefused, now);
    // What was sent before the last cut says nothing about the rate after it.
    if (Number.isFinite(this.#bytesPerSecond) && answer.startedMs < this.#lastCutMs) {
      return;
    }
    this.#epoch.bytes += answer.bytes;
    this.#epoch.bytesRefused += answer.bytesRefused;
    this.#epoch.records += answer.records;
    if (answer.bytesRefused === 0) {
      this.#windowBytes = Math.min(this.#maxBytesInFlight, this.#windowBytes + stepBytes);
    } else if (!Number.isFinite(this.#bytesPerSecond)) {
      this.#startPacing(now);
      return;
    }
    if (now - this.#epoch.startedMs >= epochMs) {
      this.#judgeEpoch(now);
    }
  }

  #accept(bytes: number, now: number): void {
    if (!Number.isFinite(this.#bytesPerSecond)) {
      this.#accepted.push({ atMs: now, bytes });
      while (this.#accepted[0]!.atMs < now - 1_000) {
        this.#accepted.shift();
      }
    }
  }

  #startPacing(now: number): void {
    const acceptedInASecond = this.#accepted.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#accepted.length = 0;
    this.#windowBytes = this.#maxBytesInFlight;
    this.#nextMs = now;
    this.#cutTo(Math.max(lowestQuota, acceptedInASecond) * headroom, now);
    this.#rememberShare(this.#epoch.bytesRefused / this.#epoch.bytes);
    this.#startEpoch(now);
  }

  #judgeEpoch(now: number): void {
    const { startedMs, bytes, bytesRefused, records } = this.#epoch;
    const share = bytesRefused / bytes;
    this.#rememberShare(share);
    const noise = Math.min(...this.#recentShares);
    // Three standard deviations of what chance alone would refuse among so few records.
    const chance = 3 * Math.sqrt((noise * (1 - noise)) / records);
    if (share > noise + chance + 0.005) {
      this.#cutTo(this.#bytesPerSecond * (1 - (share - noise)) * headroom, now);
    } else if (Number.isFinite(this.#bytesPerSecond)) {
      const perSecond = growth * 2 ** Math.min(8, (now - this.#lastCutMs) / growthDoublingMs);
      // At most half a second: an idle container has learned nothing.
      this.#bytesPerSecond *= 1 + perSecond * Math.min(0.5, (now - startedMs) / 1_000);
    }
    this.#startEpoch(now);
  }

  #cutTo(bytesPerSecond: number, now: number): void {
    this.#bytesPerSecond = Math.max(slowestRate, bytesPerSecond);
    this.#lastCutMs = now;
  }

  #rememberShare(share: number): void {
    this.#recentShares.push(share);
    if (this.#recentShares.length > noiseEpochs) {
      this.#recentShares.shift();
    }
  }

  #startEpoch(now: number): void {
    this.#epoch = { startedMs: now, bytes: 0, bytesRefused: 0, records: 0 };
  }
}
