/** Quotas of a Direct PUT stream, a second (quotas page). */
export interface Quota {
  /** Record data. */
  readonly bytes: number;
  /** Records. */
  readonly records: number;
  /** Requests. */
  readonly requests: number;
}

/** The quotas that AWS has: the three large regions', named after one of them, and everybody else's. */
export const quotas = {
  'us-east-1': { bytes: 5 * 1_048_576, records: 500_000, requests: 2_000 },
  default: { bytes: 1_048_576, records: 100_000, requests: 1_000 },
} as const satisfies Record<string, Quota>;

/** A token bucket with one second of burst. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #atMs: number;

  /** @param now The clock, in milliseconds. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#tokens = perSecond;
    this.#atMs = now();
  }

  /** Whether there are so many tokens now. */
  has(tokens: number): boolean {
    const now = this.#now();
    const earned = ((now - this.#atMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned);
    this.#atMs = now;
    return this.#tokens >= tokens;
  }

  /** Takes tokens. */
  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}

/** The quotas of one stream, kept. */
export class QuotaKeeper {
  readonly #bytes: TokenBucket;
  readonly #records: TokenBucket;
  readonly #requests: TokenBucket;

  /** @param now The clock, in milliseconds. */
  constructor({ bytes, records, requests }: Quota, now: () => number) {
    this.#bytes = new TokenBucket(bytes, now);
    this.#records = new TokenBucket(records, now);
    this.#requests = new TokenBucket(requests, now);
  }

  /** Whether a record of so many bytes is within the quota; if so, it counts. */
  admitsRecord(bytes: number): boolean {
    if (!this.#bytes.has(bytes) || !this.#records.has(1)) {
      return false;
    }
    this.#bytes.take(bytes);
    this.#records.take(1);
    return true;
  }

  /** Whether another request is within the quota; if so, it counts. */
  admitsRequest(): boolean {
    if (!this.#requests.has(1)) {
      return false;
    }
    this.#requests.take(1);
    return true;
  }
}
