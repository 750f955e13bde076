import { eventBytes } from '../../lambda/contract/event.ts';
import { billedBytes } from '../../lambda/contract/firehose-limits.ts';
import type { RecordFormat } from '../../lambda/contract/settings.ts';

/**
 * What an event is in each record format, the cheapest way to the dearest. CPU times are those of docs/benchmarks.md,
 * rounded.
 */
export const formatFigures = {
  ndjson: { bytesPerEvent: eventBytes, eventsPerRecord: 451, cpuMicrosPerEvent: 0.4 },
  gzip: { bytesPerEvent: 20.45, eventsPerRecord: 4_987, cpuMicrosPerEvent: 0.3 },
  single: { bytesPerEvent: eventBytes, eventsPerRecord: 1, cpuMicrosPerEvent: 6 },
} as const satisfies Record<RecordFormat, object>;

/** Bytes that Firehose bills for a slice of so many events. Exact but for `gzip`, where UUIDs compress a little unevenly. */
export function billedBytesOf(count: number, recordFormat: RecordFormat): number {
  const { bytesPerEvent, eventsPerRecord } = formatFigures[recordFormat];
  const billed = (events: number) => billedBytes(events * bytesPerEvent);
  return Math.floor(count / eventsPerRecord) * billed(eventsPerRecord) + billed(count % eventsPerRecord);
}
