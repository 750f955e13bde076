import { gzipSync } from 'node:zlib';
import type { RecordFormat } from '../contract/settings.ts';
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

/** What the next request may take. */
export interface RequestLimits {
  /** Record data, before base64. */
  readonly bytes: number;
  /** Events. */
  readonly events: number;
}

/** How many events the next record carries. */
export function eventsPerRecord(recordFormat: RecordFormat, { bytes, events }: RequestLimits): number {
  return Math.max(1, Math.min(events, fullRecord(recordFormat, bytes)));
}

function fullRecord(recordFormat: RecordFormat, requestBytes: number): number {
  switch (recordFormat) {
    case 'single':
      return 1;
    case 'ndjson': {
      const billedUnits = Math.floor((maxEventsPerRecord * eventBytes) / billingUnitBytes);
      return Math.floor((billedUnits * billingUnitBytes) / eventBytes);
    }
    case 'gzip':
      return Math.floor(Math.min(maxRecordBytes, requestBytes) / gzipEventBytes);
  }
}

/** What {@link packRecords} works with. */
export interface PackOptions {
  /** The events to pack. */
  readonly slice: Slice;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** What the next request may take: a gzip record fills it. */
  readonly limits: () => RequestLimits;
  /** Writes the events of the slice, in order. */
  readonly writeEvents: WriteEvents;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** The events of a slice as records, in order, made only when they are pulled. */
export function* packRecords(options: PackOptions): Generator<EventRecord, void> {
  const { slice, recordFormat, limits, writeEvents, now } = options;
  let from = slice.from;
  while (from < slice.to) {
    const { bytes, events: maxEvents } = limits();
    const perRecord = eventsPerRecord(recordFormat, { bytes, events: maxEvents });
    // Single events are generated many at a time too: a cipher call costs more than an event.
    const perBuffer = recordFormat === 'single' ? Math.min(maxEvents, maxEventsPerRecord) : perRecord;
    const to = Math.min(from + perBuffer, slice.to);
    const events = Buffer.allocUnsafe((to - from) * eventBytes);
    writeEvents(events, now());
    for (let first = from; first < to; first += perRecord) {
      const last = Math.min(first + perRecord, to);
      const data = events.subarray((first - from) * eventBytes, (last - from) * eventBytes);
      yield { from: first, to: last, data: recordFormat === 'gzip' ? gzipSync(data, { level: 1 }) : data };
    }
    from = to;
  }
}
