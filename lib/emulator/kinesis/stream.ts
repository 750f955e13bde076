import { createHash } from 'node:crypto';
import { QuotaKeeper, type StreamQuota } from '../quota.ts';
import { type KinesisRecord, Shard } from './shard.ts';

export interface KinesisStreamSettings {
  readonly streamName: string;
  /** Number of shards at the start. */
  readonly shards: number;
  /** @default false */
  readonly onDemand?: boolean;
}

export interface KinesisStreamOptions {
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Quota of each shard. @default - none */
  readonly quota?: StreamQuota;
  /** Decides for each record, in order. @default - records within the quota are accepted */
  readonly admits?: (isWithinQuota: () => boolean) => boolean;
  /** Called with the accepted records of a request, in order. The request is acknowledged when it resolves. */
  readonly deliver?: (records: readonly Buffer[]) => Promise<void>;
  /** Size of the records that the stream keeps; the oldest ones are removed first. @default 64 MiB */
  readonly maxBytes?: number;
}

export interface NewRecord extends Pick<KinesisRecord, 'data' | 'partitionKey'> {
  /** Decides which shard gets it. */
  readonly hashKey: bigint;
}

export interface PutResult {
  readonly shard: Shard;
  /** @default - the record was refused */
  readonly position?: number;
}

/** Upper bound of hash keys. */
export const maxHashKey = 2n ** 128n - 1n;

/** A Kinesis stream in memory. */
export class KinesisStream {
  readonly settings: KinesisStreamSettings;
  readonly createdMs: number;
  /** All shards by their index, closed ones included. */
  readonly shards: Shard[] = [];
  readonly #options: Required<Omit<KinesisStreamOptions, 'quota'>> & KinesisStreamOptions;
  readonly #quotas = new Map<Shard, QuotaKeeper>();
  #openShards: readonly Shard[] = [];
  #bytes = 0;

  constructor(settings: KinesisStreamSettings, options: KinesisStreamOptions = {}) {
    this.settings = settings;
    this.#options = {
      now: Date.now,
      admits: (isWithinQuota) => isWithinQuota(),
      deliver: async () => {},
      maxBytes: 64 * 1_048_576,
      ...options,
    };
    this.createdMs = this.#options.now();
    this.scale(settings.shards);
  }

  /** Sorted by their hash keys. */
  get openShards(): readonly Shard[] {
    return this.#openShards;
  }

  /** Takes the records of one request. @throws what `deliver` throws; the stream has the records all the same. */
  async put(records: readonly NewRecord[]): Promise<PutResult[]> {
    const { now, admits, deliver } = this.#options;
    const arrivedMs = now();
    const accepted: Buffer[] = [];
    // Nothing waits from here to `deliver`, so it gets the records in the order of their shards.
    const results = records.map(({ data, partitionKey, hashKey }) => {
      const shard = this.#openShards.find(({ hashRange }) => hashKey <= hashRange.end)!;
      const record = { data, partitionKey, arrivedMs };
      if (!admits(() => this.#quotas.get(shard)?.admitsRecord(sizeOf(record)) ?? true)) {
        return { shard };
      }
      accepted.push(data);
      this.#bytes += memoryOf(record);
      return { shard, position: shard.append(record) };
    });
    this.#trim();
    if (accepted.length > 0) {
      await deliver(accepted);
    }
    return results;
  }

  /** Replaces all shards by ones of equal size. */
  scale(count: number): void {
    const width = (maxHashKey + 1n) / BigInt(count);
    const starts = Array.from({ length: count }, (_, index) => width * BigInt(index));
    const { now, quota } = this.#options;
    const parents = this.#openShards;
    this.#openShards = starts.map((start, index) => {
      const end = (starts[index + 1] ?? maxHashKey + 1n) - 1n;
      const replaced = parents.filter(({ hashRange }) => hashRange.start <= end && hashRange.end >= start);
      const shard = new Shard(this.shards.length + index, { start, end }, replaced, now());
      if (quota) {
        this.#quotas.set(shard, new QuotaKeeper(quota, now));
      }
      return shard;
    });
    this.shards.push(...this.#openShards);
    for (const parent of parents) {
      parent.isClosed = true;
    }
  }

  #trim(): void {
    while (this.#bytes > this.#options.maxBytes) {
      const arrival = (shard: Shard) => shard.at(shard.first)?.arrivedMs ?? Number.POSITIVE_INFINITY;
      const oldest = this.shards.reduce((a, b) => (arrival(b) < arrival(a) ? b : a));
      this.#bytes -= memoryOf(oldest.trim());
    }
  }
}

/** What counts towards quotas and limits: the data and the partition key. */
export function sizeOf({ data, partitionKey }: Pick<KinesisRecord, 'data' | 'partitionKey'>): number {
  return data.length + Buffer.byteLength(partitionKey);
}

/** The hash key of a partition key. */
export function hashOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
}

/** Memory of a record, about. */
function memoryOf(record: KinesisRecord): number {
  return 256 + sizeOf(record);
}
