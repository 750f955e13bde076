export interface KinesisRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  /** In milliseconds since 1970. */
  readonly arrivedMs: number;
}

interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Number of the bits below the position in a sequence number. */
const positionShift = 80n;

/**
 * One shard. Its records have positions, from 1 on. A sequence number, of 56 digits as in AWS, is the position and bits that
 * are the same for all records of the shard.
 */
export class Shard {
  readonly index: number;
  readonly shardId: string;
  readonly hashRange: HashRange;
  /** The shards that it replaced. */
  readonly parents: readonly Shard[];
  /** Whether it was replaced, and takes no more records. */
  isClosed = false;
  readonly #sequenceBase: bigint;
  readonly #records = new Map<number, KinesisRecord>();
  #first = 1;
  #end = 1;

  constructor(index: number, hashRange: HashRange, parents: readonly Shard[], createdMs: number) {
    this.index = index;
    this.shardId = `shardId-${String(index).padStart(12, '0')}`;
    this.hashRange = hashRange;
    this.parents = parents;
    const createdSeconds = BigInt(Math.floor(createdMs / 1_000));
    this.#sequenceBase = (2n << 184n) | (createdSeconds << 148n) | (BigInt(index) << 4n) | 2n;
  }

  /** Position of the oldest record that is left. */
  get first(): number {
    return this.#first;
  }

  /** Position of the next record. */
  get end(): number {
    return this.#end;
  }

  /** @returns the position of the record. */
  append(record: KinesisRecord): number {
    this.#records.set(this.#end, record);
    this.#end += 1;
    return this.#end - 1;
  }

  at(position: number): KinesisRecord | undefined {
    return this.#records.get(position);
  }

  /** Removes the oldest record, and returns it. */
  trim(): KinesisRecord {
    const record = this.#records.get(this.#first)!;
    this.#records.delete(this.#first);
    this.#first += 1;
    return record;
  }

  /** The sequence number of a position; that of 0 is before all records. */
  sequenceNumber(position: number): string {
    return String(this.#sequenceBase | (BigInt(position) << positionShift));
  }

  /** The position of a sequence number; `undefined` if it is not one of this shard. */
  positionOf(sequenceNumber: string): number | undefined {
    const difference = BigInt(sequenceNumber) - this.#sequenceBase;
    const position = Number(difference >> positionShift);
    const isOurs = difference === BigInt(position) << positionShift;
    return isOurs && position >= 0 && position < this.#end ? position : undefined;
  }
}
