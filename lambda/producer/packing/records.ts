import type { Slice } from '../../contract/slice.ts';
import { targets } from '../../contract/targets.ts';

export interface EventRecord extends Slice {
  readonly data: Buffer;
}

/** The records of one `PutRecordBatch` call; never empty. */
export type RecordBatch = readonly EventRecord[];

/** Where a record of several events ends at the latest: a few of them make a request, so that a refused one costs little. */
export const fullRecordBytes = 20 * targets.firehose.billingUnitBytes;

/** JSON around a record's base64: `{"Data":""},`. */
const recordOverheadBytes = 12;

export function base64Bytes(dataBytes: number): number {
  return Math.ceil(dataBytes / 3) * 4;
}

/** Bytes that a record takes up in a request. */
export function recordBytesInJson(dataBytes: number): number {
  return base64Bytes(dataBytes) + recordOverheadBytes;
}

export function dataBytes(batch: RecordBatch): number {
  return batch.reduce((sum, { data }) => sum + data.length, 0);
}

/** Whole units of what Firehose bills that fit into some bytes, one at least. */
export function wholeUnits(bytes: number): number {
  return Math.max(targets.firehose.billingUnitBytes, bytes - (bytes % targets.firehose.billingUnitBytes));
}
