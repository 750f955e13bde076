import type { QuotaKeeper } from '../quota.ts';

export interface KinesisRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  /** In milliseconds since 1970. */
  readonly arrivedMs: number;
}

export interface ShardOptions {
  readonly index: number;
  readonly createdMs: number;
  /** Size of the records that it keeps, at least the newest one. */
  readonly maxBytes: number;
  /** @default - none */
  readonly quota?: QuotaKeeper | undefined;
}

/** Upper bound of the data of one GetRecords. */
const maxReadBytes = 10 * 1_048_576;

/** One shard. Its records have positions, from 0 on. */
export class Shard {
  readonly shardId: string;
  readonly quota: QuotaKeeper | undefined;
  readonly #maxBytes: number;
  readonly #numberPrefix: string;
  readonly #records = new Map<number, KinesisRecord>();
  /** Position of the oldest record that is left. */
  first = 0;
  /** Position of the next record. */
  end = 0;
  #bytes = 0;

  constructor({ index, createdMs, maxBytes, quota }: ShardOptions) {
    this.shardId = `shardId-${String(index).padStart(12, '0')}`;
    this.quota = quota;
    this.#maxBytes = maxBytes;
    this.#numberPrefix =
      `49${Math.floor(createdMs / 1_000)}`.padEnd(12, '0') + String(index).padStart(6, '0');
  }

  /** Removes the oldest records if they are too many. @returns the position of the record. */
  append(record: KinesisRecord): number {
    this.#records.set(this.end, record);
    this.#bytes += memoryOf(record);
    for (; this.#bytes > this.#maxBytes && this.first < this.end; this.first += 1) {
      this.#bytes -= memoryOf(this.#records.get(this.first)!);
      this.#records.delete(this.first);
    }
    this.end += 1;
    return this.end - 1;
  }

  at(position: number): KinesisRecord | undefined {
    return this.#records.get(position);
  }

  /** The records from a position on, as many as fit into a response. */
  read(from: number, limit: number): KinesisRecord[] {
    const records: KinesisRecord[] = [];
    let bytes = 0;
    for (
      let record = this.at(from);
      record && records.length < limit;
      record = this.at(from + records.length)
    ) {
      bytes += record.data.length;
      if (bytes > maxReadBytes) {
        break;
      }
      records.push(record);
    }
    return records;
  }

  /** Has 56 digits, as in AWS. That of position -1 is before all records. */
  sequenceNumber(position: number): string {
    return this.#numberPrefix + String(position + 1).padStart(38, '0');
  }

  /** The position of a sequence number; `undefined` if it is not one of this shard. */
  positionOf(sequenceNumber: string): number | undefined {
    const position = Number(sequenceNumber.slice(this.#numberPrefix.length)) - 1;
    const isOurs = position < this.end && this.sequenceNumber(position) === sequenceNumber;
    return isOurs ? position : undefined;
  }
}

/** Size of a record for quotas and limits: its data and its partition key. */
export function sizeOf({ data, partitionKey }: Pick<KinesisRecord, 'data' | 'partitionKey'>): number {
  return data.length + Buffer.byteLength(partitionKey);
}

/** Memory of a record, about. */
function memoryOf(record: KinesisRecord): number {
  return 256 + sizeOf(record);
}
