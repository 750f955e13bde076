import { bodyFormat } from '../../../lambda/producer/delivery/aws/kinesis.ts';
import type { EventRecord } from '../../../lambda/producer/packing/records.ts';
import { TokenBucket } from '../../../lib/emulator/quota.ts';
import type { World } from '../worlds/world.ts';

/** The shards of a Kinesis stream. */
export interface ShardSettings {
  readonly target: 'kinesis' | 'kinesis-on-demand';
  readonly count: number;
  /** Resharding. @default - never */
  readonly later?: { readonly count: number; readonly afterMs: number };
  /** Quota of a shard, with a second of burst. */
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
  /** Number of shards to which a foreign writer writes, too. */
  readonly hot: number;
  /** Share of their quota that it uses. */
  readonly hotShare: number;
}

interface Shard {
  readonly id: string;
  readonly bytes: TokenBucket;
  readonly records: TokenBucket;
  readonly maxBytes: number;
}

const hashKeys = 2n ** 128n;

/** PutRecords API reference. */
const maxKeyLength = 256;

/** The shards of a stream in a simulated world: each has an equal part of the hash keys, and takes records up to its quota. */
export class SimulatedShards {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #settings: ShardSettings;
  /** By the bounds of the events in the record. */
  readonly #keys = new Map<string, string>();
  #shards: readonly Shard[] = [];
  #created = 0;

  constructor(world: World, settings: ShardSettings) {
    this.#world = world;
    this.#settings = settings;
    const { count, later } = settings;
    this.#create(count);
    if (later) {
      world.after(later.afterMs, () => this.#create(later.count));
    }
  }

  /** The shard that takes the record; `undefined` if it is beyond the quota of its shard. */
  admit(record: EventRecord): string | undefined {
    const hashKey = this.#hashKeyOf(record);
    const shard = this.#shards[Number((hashKey * BigInt(this.#shards.length)) / hashKeys)]!;
    // A record larger than the burst would never pass: real quotas are larger than the largest record.
    const isAdmitted = shard.bytes.has(Math.min(record.data.length, shard.maxBytes)) && shard.records.has(1);
    if (!isAdmitted) {
      return undefined;
    }
    shard.bytes.take(record.data.length);
    shard.records.take(1);
    return shard.id;
  }

  #create(count: number): void {
    const { bytesPerSecond, recordsPerSecond, hot, hotShare } = this.#settings;
    this.#shards = Array.from({ length: count }, (_, place) => {
      const left = place < hot ? 1 - hotShare : 1;
      return {
        id: `shardId-${String(this.#created++).padStart(12, '0')}`,
        bytes: new TokenBucket(left * bytesPerSecond, this.#world.now),
        records: new TokenBucket(Math.max(1, left * recordsPerSecond), this.#world.now),
        maxBytes: left * bytesPerSecond,
      };
    });
  }

  /** Reads the keys as the producer sends them, and checks that the same record always has the same. */
  #hashKeyOf(record: EventRecord): bigint {
    const text = bodyFormat('stream').tailOf(record);
    const { PartitionKey, ExplicitHashKey } = JSON.parse(`{"Data":"${text}`);
    if (typeof PartitionKey !== 'string' || PartitionKey === '' || PartitionKey.length > maxKeyLength) {
      this.violations.push(`a partition key is ${PartitionKey}`);
    }
    if (!/^(0|[1-9]\d*)$/.test(ExplicitHashKey) || BigInt(ExplicitHashKey) >= hashKeys) {
      this.violations.push(`a hash key is ${ExplicitHashKey}`);
      return 0n;
    }
    const events = `${record.from} to ${record.to}`;
    const known = this.#keys.get(events) ?? text;
    this.#keys.set(events, known);
    if (known !== text) {
      this.violations.push(`the record of the events ${events} was sent again with another key`);
    }
    return BigInt(ExplicitHashKey);
  }
}
