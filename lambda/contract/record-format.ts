import { maxEventsPerRecord } from './targets.ts';

/** Size of an event, its `\n` included: `{"<uuid>":"test-YYYY-MM-DD HH:MM:SS"}\n`. */
export const eventBytes = 68;

/**
 * How many whole events a record carries, and in what shape.
 *
 * - `ndjson`: up to 500 events, filled to end just under a multiple of 5,120 bytes, the unit that Firehose bills.
 * - `single`: one event.
 * - `gzip`: one gzip member of many events; the stream itself must compress nothing.
 *
 * @example
 * ```ts
 * import type { RecordFormat } from 'firehose-event-producer';
 *
 * export const recordFormat: RecordFormat = 'gzip';
 * ```
 */
export type RecordFormat = 'ndjson' | 'single' | 'gzip';

/**
 * A record format. A new one is a row of {@link recordFormatRows} and its functions: the two writers in
 * `lambda/producer/events/`, its figures in `lib/cost/`, and a reader in `lambda/prover/objects/` if it is not text or gzip.
 */
interface RecordFormatRow {
  readonly title: string;
  readonly maxEventsPerRecord: number;
  /** Extension of the objects that the records are joined to. @default - the records are text, which the stream compresses */
  readonly compressedExtension?: string;
}

export const recordFormatRows: Readonly<Record<RecordFormat, RecordFormatRow>> = {
  ndjson: { title: 'ndjson', maxEventsPerRecord },
  single: { title: 'one event per record', maxEventsPerRecord: 1 },
  gzip: { title: 'gzip', maxEventsPerRecord: Number.POSITIVE_INFINITY, compressedExtension: '.gz' },
};

export const recordFormats = Object.keys(recordFormatRows) as RecordFormat[];

/**
 * The text before the first event of a record, the default first: none, or a line break, since the neighbour's record before it in
 * an existing stream may end without one. Each event ends with a line break.
 */
export const recordStarts = { after: '', before: '\n' } as const;

export type Separator = keyof typeof recordStarts;

export const separators = Object.keys(recordStarts) as Separator[];

export const defaultSeparator: Separator = 'after';

export const defaultRecordFormat: RecordFormat = 'ndjson';
