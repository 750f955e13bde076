import { eventBytes } from '../contract/event.ts';
import { billingUnitBytes, maxEventsPerRecord } from '../contract/firehose-limits.ts';
import type { RecordFormat } from '../contract/settings.ts';
import type { Slice } from '../contract/slice.ts';

/** What Firehose calls a record, and the events that are in it. */
export interface EventRecord extends Slice {
  /** The bytes of these events, before base64. */
  readonly data: Buffer;
}

/**
 * Upper bounds of a gzip record: its headers, and its bytes per event. Events have 20.42 bytes on average and differ little:
 * a record above the bounds would be ten standard deviations from the mean.
 */
const gzipFrameBytes = 160;
const gzipEventBytes = 20.5;

/** Largest gzip record: a few of them make a request, so that a refused one costs little. */
const maxGzipRecordBytes = 20 * billingUnitBytes;

/** As many events as end just under a multiple of what Firehose bills, and no more than it can take apart. */
const eventsPerNdjsonRecord = (() => {
  const billedUnits = Math.floor((maxEventsPerRecord * eventBytes) / billingUnitBytes);
  return Math.floor((billedUnits * billingUnitBytes) / eventBytes);
})();

/**
 * How many events a record carries, at least one.
 *
 * @param bytes Record data that the request may carry.
 */
export function eventsPerRecord(recordFormat: RecordFormat, bytes: number): number {
  switch (recordFormat) {
    case 'single':
      return 1;
    case 'ndjson':
      return eventsPerNdjsonRecord;
    case 'gzip': {
      const room = Math.min(maxGzipRecordBytes, bytes);
      const billedRoom = Math.max(billingUnitBytes, room - (room % billingUnitBytes));
      return Math.floor((billedRoom - gzipFrameBytes) / gzipEventBytes);
    }
  }
}

/** Bytes of a record of so many events, at most. */
export function recordBytes(recordFormat: RecordFormat, events: number): number {
  return recordFormat === 'gzip' ? gzipFrameBytes + events * gzipEventBytes : events * eventBytes;
}

/** Bytes that `dataBytes` bytes take up in base64. */
export function base64Bytes(dataBytes: number): number {
  return Math.ceil(dataBytes / 3) * 4;
}
