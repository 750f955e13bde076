import { base64Bytes, type EventRecord } from './records.ts';

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

/**
 * Batches records, in order, into requests of at most `maxRequestBytes` bytes of JSON and 500 records; a record
 * that is larger by itself gets a request of its own. Pulls no further than the request it gives out, but for the
 * one record that did not fit.
 */
export function* batchRequests(
  records: Iterable<EventRecord>,
  maxRequestBytes: number,
): Generator<RecordBatch, void> {
  let batch: EventRecord[] = [];
  let batchBytes = 0;
  for (const record of records) {
    const bytes = recordBytesInRequest(record);
    if (batch.length === maxRecordsPerRequest || (batch.length > 0 && batchBytes + bytes > maxRequestBytes)) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(record);
    batchBytes += bytes;
  }
  if (batch.length > 0) {
    yield batch;
  }
}
