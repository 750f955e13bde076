import { type Slice, sliceLength } from '../../contract/slice.ts';
import type { TargetRow } from '../../contract/targets.ts';

export interface EventRecord extends Slice {
  readonly data: Buffer;
}

/** The records of one request; never empty. */
export type RecordBatch = readonly EventRecord[];

export function base64Bytes(dataBytes: number): number {
  return Math.ceil(dataBytes / 3) * 4;
}

/** Bytes that a record takes up in a request. */
export function recordBytesInJson(dataBytes: number, { jsonOverheadBytes }: TargetRow): number {
  return base64Bytes(dataBytes) + jsonOverheadBytes;
}

export function dataBytes(batch: RecordBatch): number {
  return batch.reduce((sum, { data }) => sum + data.length, 0);
}

/** The golden ratio: its multiples, without their whole part, are spread more evenly than those of any other number. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * Position of a record among the shards of a stream, from 0 to below 1. A pure function of the record's events: records that
 * follow each other are spread evenly over any number of shards.
 */
export function hashPosition(record: Slice): number {
  // Records in a row differ little in size. Rounded down to one of four sizes for each power of two, most have the same.
  const length = sliceLength(record);
  const step = Math.max(1, 2 ** (Math.floor(Math.log2(length)) - 2));
  const size = Math.floor(length / step) * step;
  return (Math.floor(record.from / size) * goldenRatio) % 1;
}
