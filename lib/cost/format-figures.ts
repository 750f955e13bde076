import { eventBytes } from '../../lambda/contract/event.ts';
import { billedBytes, billingUnitBytes, maxEventsPerRecord } from '../../lambda/contract/firehose-limits.ts';
import type { RecordFormat } from '../../lambda/contract/settings.ts';
import type { CheckedTemplate } from '../template/check-template.ts';

/** How large events are, with their `\n`, on average, in bytes. */
export interface EventSizes {
  /** As text. */
  readonly meanEventBytes: number;
  /** Compressed, together with many others. */
  readonly gzipEventBytes: number;
}

/** The event of whoever has no template of their own, whose gzip is made by hand. */
export const defaultEventSizes: EventSizes = { meanEventBytes: eventBytes, gzipEventBytes: 20.45 };

/** How large the events of a template are. */
export function eventSizesOf(checked: CheckedTemplate): EventSizes {
  const { isDefault, meanEventBytes, gzipEventBytes } = checked;
  return isDefault ? defaultEventSizes : { meanEventBytes, gzipEventBytes };
}

/** What an event is in a record format. */
export interface FormatFigures {
  /** Record data of an event. */
  readonly bytesPerEvent: number;
  /** Events of a full record. */
  readonly eventsPerRecord: number;
  /** CPU time of the producer. */
  readonly cpuMicrosPerEvent: number;
}

/** Where a record of the producer's ends at the latest. */
const fullRecordBytes = 20 * billingUnitBytes;

/** Text that a gzip member holds at most. */
const maxMemberTextBytes = 1_000_000;

/** So much of a full record is used for gzip, whose size nobody knows before it is made. */
const gzipShare = 0.996;

/**
 * What an event is in each record format, the cheapest way to the dearest. CPU times are those of docs/benchmarks.md, rounded; an
 * event of one's own is assumed to take as much longer as it is larger, and zlib makes its gzip. One with word lists takes more.
 */
export function formatFiguresOf(sizes: EventSizes): Record<RecordFormat, FormatFigures> {
  const { meanEventBytes, gzipEventBytes } = sizes;
  const timesLarger = meanEventBytes / eventBytes;
  const textBytes = Math.min(maxEventsPerRecord * meanEventBytes, fullRecordBytes);
  return {
    ndjson: {
      bytesPerEvent: meanEventBytes,
      eventsPerRecord: wholeEvents(
        Math.floor(textBytes / billingUnitBytes) * billingUnitBytes,
        meanEventBytes,
      ),
      cpuMicrosPerEvent: 0.4 * timesLarger,
    },
    gzip: {
      bytesPerEvent: gzipEventBytes,
      eventsPerRecord: Math.min(
        wholeEvents(fullRecordBytes * gzipShare, gzipEventBytes),
        wholeEvents(maxMemberTextBytes, meanEventBytes),
      ),
      cpuMicrosPerEvent: sizes === defaultEventSizes ? 0.3 : timesLarger,
    },
    single: { bytesPerEvent: meanEventBytes, eventsPerRecord: 1, cpuMicrosPerEvent: 5.6 + 0.4 * timesLarger },
  };
}

/** Events that fit into some bytes, one at least. */
function wholeEvents(bytes: number, bytesPerEvent: number): number {
  return Math.max(1, Math.floor(bytes / bytesPerEvent));
}

/** Bytes that Firehose bills for a slice of so many events. Exact for events that have all the same size, but for their gzip. */
export function billedBytesOf(count: number, { bytesPerEvent, eventsPerRecord }: FormatFigures): number {
  const billed = (events: number) => billedBytes(Math.ceil(events * bytesPerEvent));
  return Math.floor(count / eventsPerRecord) * billed(eventsPerRecord) + billed(count % eventsPerRecord);
}
