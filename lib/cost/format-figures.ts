import { eventBytes, type RecordFormat } from '../../lambda/contract/record-format.ts';
import {
  billedBytes,
  fullRecordBytes,
  maxEventsPerRecord,
  type TargetRow,
  targets,
  wholeUnits,
} from '../../lambda/contract/targets.ts';
import type { CheckedTemplate } from '../template/check-template.ts';

/** Mean sizes of events with their `\n`. */
export interface EventSizes {
  readonly meanEventBytes: number;
  /** Compressed together with many others. */
  readonly gzipEventBytes: number;
}

/** Sizes of the default event, whose gzip the producer writes itself. */
export const defaultEventSizes: EventSizes = { meanEventBytes: eventBytes, gzipEventBytes: 20.45 };

export function eventSizesOf(checked: CheckedTemplate): EventSizes {
  const { isDefault, meanEventBytes, gzipEventBytes } = checked;
  return isDefault ? defaultEventSizes : { meanEventBytes, gzipEventBytes };
}

export interface FormatFigures {
  readonly bytesPerEvent: number;
  readonly eventsPerRecord: number;
  /** CPU time of the producer. */
  readonly cpuMicrosPerEvent: number;
}

/** Largest text of a gzip member. */
const maxMemberTextBytes = 1_000_000;

/** Share of a full record that gzip fills: its size is unknown before compression. */
const gzipShare = 0.996;

/**
 * Figures of an event in each record format. CPU times are those of docs/benchmarks.md, rounded. For a custom template
 * they are assumed to grow with the event's size, and zlib compresses it. Word lists take longer.
 */
export function formatFiguresOf(
  sizes: EventSizes,
  target: TargetRow = targets.firehose,
): Record<RecordFormat, FormatFigures> {
  const { meanEventBytes, gzipEventBytes } = sizes;
  const timesLarger = meanEventBytes / eventBytes;
  const textBytes = Math.min(maxEventsPerRecord * meanEventBytes, fullRecordBytes);
  return {
    ndjson: {
      bytesPerEvent: meanEventBytes,
      eventsPerRecord: wholeEvents(wholeUnits(textBytes, target), meanEventBytes),
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

/** Number of events that fit, at least one. */
function wholeEvents(bytes: number, bytesPerEvent: number): number {
  return Math.max(1, Math.floor(bytes / bytesPerEvent));
}

/** Bytes that a service bills for a slice: Firehose, or the Kinesis stream before it. Exact for events of equal size, except in gzip. */
export function billedBytesOf(
  count: number,
  { bytesPerEvent, eventsPerRecord }: FormatFigures,
  biller: TargetRow = targets.firehose,
): number {
  const billed = (events: number) => billedBytes(Math.ceil(events * bytesPerEvent), biller);
  const rest = count % eventsPerRecord;
  return Math.floor(count / eventsPerRecord) * billed(eventsPerRecord) + (rest && billed(rest));
}
