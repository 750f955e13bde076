import { base64Bytes, type EventRecord, type RequestLimits } from './records.ts';
import { sliceLength } from './slice.ts';

/** The records of one `PutRecordBatch` call; never empty. */
export type RecordBatch = readonly EventRecord[];

/** Most records of a request (API reference, PutRecordBatch). */
export const maxRecordsPerRequest = 500;

/** What JSON puts around a record's base64: `{"Data":""},`. */
const recordOverheadBytes = 12;

/** Bytes that a record takes in the JSON of a request. */
export function recordBytesInRequest(record: EventRecord): number {
  return base64Bytes(record.data.length) + recordOverheadBytes;
}

/** What {@link batchRequests} keeps to. */
export interface BatchOptions {
  /** Size of a request in bytes, as base64 inside JSON. */
  readonly maxRequestBytes: number;
  /** What the next request may take beside that. */
  readonly limits: () => RequestLimits;
}

/**
 * Batches records, in order, into requests within the limits and of at most 500 records; a record that is larger by
 * itself gets a request of its own. Pulls no further than the request it gives out, but for the one record that did
 * not fit.
 */
export function* batchRequests(
  records: Iterable<EventRecord>,
  { maxRequestBytes, limits }: BatchOptions,
): Generator<RecordBatch, void> {
  let batch: EventRecord[] = [];
  let left = { json: maxRequestBytes, ...limits() };
  for (const record of records) {
    const json = recordBytesInRequest(record);
    const events = sliceLength(record);
    const fits = json <= left.json && record.data.length <= left.bytes && events <= left.events;
    if (batch.length === maxRecordsPerRequest || (batch.length > 0 && !fits)) {
      yield batch;
      batch = [];
      left = { json: maxRequestBytes, ...limits() };
    }
    batch.push(record);
    left.json -= json;
    left.bytes -= record.data.length;
    left.events -= events;
  }
  if (batch.length > 0) {
    yield batch;
  }
}
