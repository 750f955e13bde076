import type { Slice } from '../../contract/slice.ts';
import { dataBytes, type EventRecord, hashPosition, type RecordBatch } from '../packing/records.ts';
import type { PutResponse } from './aws/put-records.ts';
import { longestWaitMs, Pacer } from './pacer.ts';

/** The target's decision on a request. */
export interface PacedRequest {
  /** When the request was started, by the pacer's clock. */
  readonly startedMs: number;
  readonly batch: RecordBatch;
  readonly response: Pick<PutResponse, 'throttled' | 'shards'>;
}

/** Records over which the share of a shard's refusals is averaged. */
const averagedRecords = 32;

/** A shard is hot if its share of refusals is above the median of all shards by this. */
const hotShare = 0.2;

/** A hot shard is like the others again at this part of their rate. */
const coolShare = 0.9;

/** How much lateness a hot shard may catch up, and how far ahead of its rate its records are sent. */
const slackMs = 100;

/** After this time, no record is on its way that was not admitted at the rate of its hot shard. */
const restMs = 300;

interface Shard {
  /** The lowest and the highest position of the records that it took. */
  from: number;
  to: number;
  readonly pacer: Pacer;
  refusedShare: number;
  isHot: boolean;
  /** Up to when the records that were sent to it are paid for, at its own rate, while it is hot. */
  paidToMs: number;
}

interface Load {
  records: number;
  bytes: number;
  bytesThrottled: number;
}

/**
 * Paces a stream: all shards together, as records are spread evenly over them. A hot shard, which accepts less than the
 * others because somebody else writes to it, is paced alone: what it cannot accept yet waits, and the others go on.
 *
 * The pacer learns from the responses which shard has which hash keys. A stream without shards has the common rate alone.
 *
 * One pacer serves all workers of an invocation, and the invocations of a container one after another.
 */
export class StreamPacer {
  /** For all shards that are not hot. */
  readonly #common: Pacer;
  readonly #maxWindowBytes: number;
  readonly #now: () => number;
  readonly #shards = new Map<string, Shard>();

  /**
   * @param maxWindowBytes Most record data in flight.
   * @param now The clock, in milliseconds.
   */
  constructor(maxWindowBytes: number, now: () => number) {
    this.#common = new Pacer(maxWindowBytes, now);
    this.#maxWindowBytes = maxWindowBytes;
    this.#now = now;
  }

  /** The rate, in bytes of record data a second, without hot shards; `Infinity` as long as the stream takes everything. */
  get bytesPerSecond(): number {
    return this.#common.bytesPerSecond;
  }

  /** Record data that may be in flight; `Infinity` where the rate is the limit. */
  get windowBytes(): number {
    return this.#common.windowBytes;
  }

  /** Record data that the next request should carry. */
  get requestBytes(): number {
    return this.#common.requestBytes;
  }

  /** When a record may be sent, unless the common rate is the limit: now, or later if its shard is hot. */
  dueMs(record: Slice): number {
    const shard = this.#hotShardOf(record);
    return shard ? shard.paidToMs - slackMs : Number.NEGATIVE_INFINITY;
  }

  isDue(record: Slice): boolean {
    return this.dueMs(record) <= this.#now();
  }

  isHot(record: Slice): boolean {
    return this.#hotShardOf(record) !== undefined;
  }

  /** Whether a record may be sent now. If its shard is hot, the record is charged to it. */
  admits(record: EventRecord): boolean {
    if (!this.isDue(record)) {
      return false;
    }
    const shard = this.#hotShardOf(record);
    if (shard) {
      const durationMs = (record.data.length / shard.pacer.bytesPerSecond) * 1_000;
      shard.paidToMs = Math.max(shard.paidToMs, this.#now() - slackMs) + Math.min(longestWaitMs, durationMs);
    }
    return true;
  }

  /** Data of a request that counts for the common rate. */
  commonBytes(batch: RecordBatch): number {
    return dataBytes(this.#hotShards > 0 ? batch.filter((record) => !this.isHot(record)) : batch);
  }

  learn({ startedMs, batch, response: { throttled, shards } }: PacedRequest): void {
    const isThrottled = new Set(throttled);
    shards?.forEach((id, place) => {
      if (id !== undefined) {
        this.#locate(id, hashPosition(batch[place]!));
      }
    });
    const loads = new Map<Pacer, Load>();
    const add = (pacer: Pacer, bytes: number, bytesThrottled: number) => {
      const load = loads.get(pacer) ?? { records: 0, bytes: 0, bytesThrottled: 0 };
      load.records += 1;
      load.bytes += bytes;
      load.bytesThrottled += bytesThrottled;
      loads.set(pacer, load);
    };
    for (const [place, record] of batch.entries()) {
      const bytes = record.data.length;
      const bytesThrottled = isThrottled.has(place) ? bytes : 0;
      const shard = this.#shardOf(record);
      if (!shard?.isHot) {
        add(this.#common, bytes, bytesThrottled);
      }
      if (shard) {
        add(shard.pacer, bytes, bytesThrottled);
        shard.refusedShare += (Number(bytesThrottled > 0) - shard.refusedShare) / averagedRecords;
      }
    }
    for (const [pacer, load] of loads) {
      pacer.learn({ startedMs, ...load });
    }
    this.#judge();
  }

  /** Notes where a shard took a record. If that is within the range of another shard, the stream was resharded. */
  #locate(id: string, position: number): void {
    const shards = this.#shards.size;
    for (const [other, { from, to }] of this.#shards) {
      if (other !== id && from < position && position < to) {
        this.#shards.delete(other);
      }
    }
    const shard = this.#shards.get(id) ?? this.#createShard(position);
    shard.from = Math.min(shard.from, position);
    shard.to = Math.max(shard.to, position);
    this.#shards.set(id, shard);
    // A stream accepts as much as its shards do.
    if (shards > 0) {
      this.#common.scale(this.#shards.size / shards);
    }
  }

  #createShard(position: number): Shard {
    return {
      from: position,
      to: position,
      pacer: new Pacer(this.#maxWindowBytes, this.#now),
      refusedShare: this.#medianShare,
      isHot: false,
      paidToMs: 0,
    };
  }

  #judge(): void {
    const median = this.#medianShare;
    const now = this.#now();
    for (const shard of this.#shards.values()) {
      const others = this.#shards.size - this.#hotShards;
      const { bytesPerSecond, acceptedInSecond } = this.#common;
      const fairBytesPerSecond =
        (Number.isFinite(bytesPerSecond) ? bytesPerSecond : acceptedInSecond) / others;
      const isRefusing = shard.refusedShare > median + hotShare;
      if (!shard.isHot && isRefusing && others > 1 && fairBytesPerSecond > 0) {
        shard.isHot = true;
        shard.paidToMs = now;
        shard.pacer.startAt((1 - shard.refusedShare) * fairBytesPerSecond, now + restMs);
        this.#common.scale((others - 1) / others);
      } else if (shard.isHot && shard.pacer.bytesPerSecond >= coolShare * fairBytesPerSecond) {
        shard.isHot = false;
        shard.refusedShare = median;
        this.#common.scale((others + 1) / others);
      }
    }
  }

  get #medianShare(): number {
    const shares = [...this.#shards.values()].map(({ refusedShare }) => refusedShare).sort((a, b) => a - b);
    return shares[Math.floor((shares.length - 1) / 2)] ?? 0;
  }

  get #hotShards(): number {
    return [...this.#shards.values()].filter(({ isHot }) => isHot).length;
  }

  #hotShardOf(record: Slice): Shard | undefined {
    const shard = this.#shardOf(record);
    return shard?.isHot ? shard : undefined;
  }

  /** The shard with the nearest range. */
  #shardOf(record: Slice): Shard | undefined {
    const position = this.#shards.size > 0 ? hashPosition(record) : 0;
    let nearest: Shard | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const shard of this.#shards.values()) {
      const distance = Math.max(shard.from - position, position - shard.to, 0);
      if (distance < least) {
        [nearest, least] = [shard, distance];
      }
    }
    return nearest;
  }
}
