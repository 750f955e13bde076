import { createHash } from 'node:crypto';
import { targets } from '../../../lambda/contract/targets.ts';
import type { Quota } from '../../aws/quotas.ts';
import { account } from '../aws-json.ts';
import { QuotaKeeper } from '../quota.ts';
import { type KinesisRecord, Shard, sizeOf } from './shard.ts';

export interface KinesisStreamSettings {
  readonly streamName: string;
  /** Number of shards. */
  readonly shards: number;
}

export interface KinesisStreamOptions {
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Quota of each shard. @default - none */
  readonly quota?: Omit<Quota, 'requests'>;
  /** Decides for each record, in order. @default - records within the quota are accepted */
  readonly admits?: (isWithinQuota: () => boolean) => boolean;
  /** Called with the accepted records of a request, in order. The request is acknowledged when it resolves. */
  readonly deliver?: (records: readonly Buffer[]) => Promise<void>;
  /** Size of the records that the stream keeps, divided among its shards. @default 64 MiB */
  readonly maxBytes?: number;
}

export interface NewRecord extends Pick<KinesisRecord, 'data' | 'partitionKey'> {
  /** Decides which shard gets it. */
  readonly hashKey: bigint;
}

/** The entry of a record in the response. */
export type PutEntry =
  | { readonly ShardId: string; readonly SequenceNumber: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string };

/** Upper bound of hash keys. */
export const maxHashKey = 2n ** 128n - 1n;

/** A Kinesis stream in memory. */
export class KinesisStream {
  readonly settings: KinesisStreamSettings;
  readonly now: () => number;
  readonly createdMs: number;
  readonly shards: readonly Shard[];
  /** Number of hash keys of a shard; the last one has the rest, too. */
  readonly #width: bigint;
  readonly #options: KinesisStreamOptions;

  constructor(settings: KinesisStreamSettings, options: KinesisStreamOptions = {}) {
    const { now = Date.now, quota, maxBytes = 64 * 1_048_576 } = options;
    const { shards } = settings;
    this.settings = settings;
    this.now = now;
    this.createdMs = now();
    this.shards = Array.from(
      { length: shards },
      (_, index) =>
        new Shard({
          index,
          createdMs: this.createdMs,
          maxBytes: maxBytes / shards,
          quota: quota && new QuotaKeeper({ ...quota, requests: Number.MAX_VALUE }, now),
        }),
    );
    this.#width = (maxHashKey + 1n) / BigInt(shards);
    this.#options = options;
  }

  /** Takes the records of one request. @throws what `deliver` throws; the stream has the records all the same. */
  async put(records: readonly NewRecord[]): Promise<PutEntry[]> {
    const { admits = (isWithinQuota) => isWithinQuota(), deliver } = this.#options;
    const arrivedMs = this.now();
    const accepted: Buffer[] = [];
    // Nothing waits from here to `deliver`, so it gets the records in the order of their shards.
    const entries = records.map(({ data, partitionKey, hashKey }) => {
      const shard = this.shards[Number(hashKey / this.#width)] ?? this.shards.at(-1)!;
      const { shardId, quota } = shard;
      const record = { data, partitionKey, arrivedMs };
      if (!admits(() => quota?.admitsRecord(sizeOf(record)) ?? true)) {
        const name = `${shardId} in stream ${this.settings.streamName} under account ${account}`;
        return { ErrorCode: targets.kinesis.quotaError, ErrorMessage: `Rate exceeded for shard ${name}.` };
      }
      accepted.push(data);
      return { ShardId: shardId, SequenceNumber: shard.sequenceNumber(shard.append(record)) };
    });
    if (accepted.length > 0) {
      await deliver?.(accepted);
    }
    return entries;
  }

  /** The shards, as AWS describes them. */
  describeShards() {
    return this.shards.map((shard, index) => ({
      ShardId: shard.shardId,
      HashKeyRange: {
        StartingHashKey: String(this.#width * BigInt(index)),
        EndingHashKey: String(
          index === this.shards.length - 1 ? maxHashKey : this.#width * BigInt(index + 1) - 1n,
        ),
      },
      SequenceNumberRange: { StartingSequenceNumber: shard.sequenceNumber(-1) },
    }));
  }
}

/** The hash key of a partition key. */
export function hashOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
}
