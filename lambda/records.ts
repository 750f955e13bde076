import { gzipSync } from 'node:zlib';
import type { RecordFormat } from './environment-variables.ts';
import { eventBytes, type WriteEvents } from './events.ts';
import type { Slice } from './slice.ts';

/** What Firehose calls a record: the bytes of the whole events `[from, to)`. */
export interface EventRecord extends Slice {
  /** The data of the record, before base64. */
  readonly data: Buffer;
}

/** Firehose bills each record rounded up to a multiple of this (pricing page). */
export const billingUnitBytes = 5_120;

/** Most events in a record that Firehose's de-aggregation can handle (API reference, PutRecordBatch). */
const maxEventsPerRecord = 500;

/** Most bytes of a record before base64: 1,000 KiB (API reference, PutRecordBatch). */
export const maxRecordBytes = 1_024_000;

/** What a gzipped event may take: 21.9 bytes measured, the rest is room, for the gzip member's own 18 bytes too. */
const gzipEventBytes = 24;

/** Bytes that the record of `dataBytes` bytes is billed as. */
export function billedBytes(dataBytes: number): number {
  return Math.ceil(dataBytes / billingUnitBytes) * billingUnitBytes;
}

/** Bytes that `dataBytes` bytes take in base64. */
export function base64Bytes(dataBytes: number): number {
  return Math.ceil(dataBytes / 3) * 4;
}

/**
 * How many events a full record carries.
 *
 * @param maxRequestBytes Size of a request: a gzip record fills one.
 */
export function eventsPerRecord(recordFormat: RecordFormat, maxRequestBytes: number): number {
  switch (recordFormat) {
    case 'single':
      return 1;
    case 'ndjson': {
      const billedUnits = Math.floor((maxEventsPerRecord * eventBytes) / billingUnitBytes);
      return Math.floor((billedUnits * billingUnitBytes) / eventBytes);
    }
    case 'gzip':
      return Math.floor(Math.min(maxRecordBytes, (maxRequestBytes * 3) / 4) / gzipEventBytes);
  }
}

/** What {@link packRecords} works with. */
export interface PackOptions {
  /** The events to pack. */
  readonly slice: Slice;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** Size of a request in bytes, as base64 inside JSON. */
  readonly maxRequestBytes: number;
  /** Writes the events of the slice, in order. */
  readonly writeEvents: WriteEvents;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** The events of a slice as records, in order, made only when they are pulled. */
export function* packRecords(options: PackOptions): Generator<EventRecord, void> {
  const { slice, recordFormat, maxRequestBytes, writeEvents, now } = options;
  const perRecord = eventsPerRecord(recordFormat, maxRequestBytes);
  // Single events are generated many at a time too: a cipher call costs more than an event.
  const perBuffer = Math.max(perRecord, maxEventsPerRecord - (maxEventsPerRecord % perRecord));

  for (let from = slice.from; from < slice.to; from += perBuffer) {
    const to = Math.min(from + perBuffer, slice.to);
    const events = Buffer.allocUnsafe((to - from) * eventBytes);
    writeEvents(events, now());
    for (let first = from; first < to; first += perRecord) {
      const last = Math.min(first + perRecord, to);
      const data = events.subarray((first - from) * eventBytes, (last - from) * eventBytes);
      yield { from: first, to: last, data: recordFormat === 'gzip' ? gzipSync(data, { level: 1 }) : data };
    }
  }
}
