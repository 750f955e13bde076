import type { Quota } from '../aws/quotas.ts';

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

  /** Whether the bucket has this number of tokens now. */
  has(tokens: number): boolean {
    const now = this.#now();
    const earned = ((now - this.#atMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned);
    this.#atMs = now;
    return this.#tokens >= tokens;
  }

  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}

/** Enforces the quota of one stream, or of a shard. */
export class QuotaKeeper {
  readonly #bytes: TokenBucket;
  readonly #records: TokenBucket;
  readonly #requests: TokenBucket;

  constructor({ bytes, records, requests }: Quota, now: () => number) {
    this.#bytes = new TokenBucket(bytes, now);
    this.#records = new TokenBucket(records, now);
    this.#requests = new TokenBucket(requests, now);
  }

  /** Whether a record of this size is within the quota; if so, counts it. */
  admitsRecord(bytes: number): boolean {
    if (!this.#bytes.has(bytes) || !this.#records.has(1)) {
      return false;
    }
    this.#bytes.take(bytes);
    this.#records.take(1);
    return true;
  }

  /** Whether another request is within the quota; if so, counts it. */
  admitsRequest(): boolean {
    if (!this.#requests.has(1)) {
      return false;
    }
    this.#requests.take(1);
    return true;
  }
}
