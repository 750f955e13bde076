import { eventBytes } from '../contract/event.ts';
import { maxRecordsPerRequest } from '../contract/firehose-limits.ts';
import type { RecordFormat } from '../contract/settings.ts';
import type { Slice } from '../contract/slice.ts';
import { createEventWriter, createUuidSource } from './events.ts';
import { gzipMember } from './gzip-member.ts';
import { base64Bytes, type EventRecord, eventsPerRecord, recordBytes } from './records.ts';

/** The records of one `PutRecordBatch` call; never empty. */
export type RecordBatch = readonly EventRecord[];

/** What one request may carry. */
export interface RequestBudget {
  /** Record data, before base64. */
  readonly bytes: number;
  /** Events. */
  readonly events: number;
}

/** Makes the next events of a run, stamped with `timeMs`: the events themselves, or one gzip member of them. */
export type PackEvents = (count: number, timeMs: number) => Buffer;

/** Makes the events of a run from index `from` on. */
export function createEventPacker(
  recordFormat: RecordFormat,
  ...run: Parameters<typeof createUuidSource>
): PackEvents {
  if (recordFormat === 'gzip') {
    const nextUuids = createUuidSource(...run);
    return (count, timeMs) => gzipMember(nextUuids(count), timeMs);
  }
  const writeEvents = createEventWriter(...run);
  return (count, timeMs) => {
    const events = Buffer.allocUnsafe(count * eventBytes);
    writeEvents(events, timeMs);
    return events;
  };
}

/** The requests of a slice, each made only when it is asked for. */
export interface RequestSource {
  /** The events that are in no request yet. */
  readonly left: Slice;
  /** Makes the next request within a budget; `undefined` after the last one. */
  next(budget: RequestBudget): RecordBatch | undefined;
}

/** What {@link createRequestSource} works with. */
export interface RequestOptions {
  /** The events to send. */
  readonly slice: Slice;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** Largest request, as base64 inside JSON. */
  readonly maxRequestBytes: number;
  /** Makes the events of the slice, in order. */
  readonly packEvents: PackEvents;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** What JSON puts around a record's base64: `{"Data":""},`. */
const recordOverheadBytes = 12;

/** Record data that fits into a request of so many bytes, at most. */
export function maxDataBytes(requestBytes: number): number {
  return (requestBytes * 3) / 4;
}

/** Record data of a request. */
export function dataBytes(batch: RecordBatch): number {
  return batch.reduce((sum, { data }) => sum + data.length, 0);
}

/**
 * The requests of a slice, in order. A request is within its budget, `maxRequestBytes` and 500 records, but carries at
 * least one record of at least one event.
 */
export function createRequestSource(options: RequestOptions): RequestSource {
  const { slice, recordFormat, maxRequestBytes, packEvents, now } = options;
  let from = slice.from;
  const next = (budget: RequestBudget) => {
    const bytes = Math.min(budget.bytes, maxDataBytes(maxRequestBytes));
    const perRecord = eventsPerRecord(recordFormat, bytes);
    const perRequest = perRecord * recordsPerRequest(recordFormat, perRecord, bytes, maxRequestBytes);
    const count = Math.min(perRequest, budget.events, slice.to - from);
    if (count === 0) {
      return undefined;
    }
    const timeMs = now();
    const pack = (events: number): EventRecord => {
      const record = { from, to: from + events, data: packEvents(events, timeMs) };
      from = record.to;
      return record;
    };
    if (recordFormat !== 'gzip') {
      return cut(pack(count), perRecord);
    }
    const end = from + count;
    const batch: EventRecord[] = [];
    while (from < end) {
      batch.push(pack(Math.min(perRecord, end - from)));
    }
    return batch;
  };
  return {
    get left() {
      return { from, to: slice.to };
    },
    next,
  };
}

/** Events as records of so many each. */
function cut({ from, to, data }: EventRecord, perRecord: number): RecordBatch {
  const batch: EventRecord[] = [];
  for (let first = from; first < to; first += perRecord) {
    const last = Math.min(first + perRecord, to);
    batch.push({
      from: first,
      to: last,
      data: data.subarray((first - from) * eventBytes, (last - from) * eventBytes),
    });
  }
  return batch;
}

function recordsPerRequest(
  recordFormat: RecordFormat,
  perRecord: number,
  bytes: number,
  maxRequestBytes: number,
): number {
  const dataBytes = recordBytes(recordFormat, perRecord);
  const inJson = Math.floor(maxRequestBytes / (base64Bytes(dataBytes) + recordOverheadBytes));
  const inBudget = Math.floor(bytes / dataBytes);
  return Math.min(maxRecordsPerRequest, Math.max(1, Math.min(inJson, inBudget)));
}
