/** Firehose bills each record rounded up to a multiple of this (pricing page). */
export const billingUnitBytes = 5_120;

/**
 * What an event is in each record format, the cheapest way to the dearest. CPU times are those of docs/benchmarks.md,
 * rounded. A gzip record fills a request, which at the quota of us-east-1 carries a tenth of a second of it.
 */
export const formatFigures = {
  ndjson: { bytesPerEvent: 68, eventsPerRecord: 451, cpuMicrosPerEvent: 0.4 },
  gzip: { bytesPerEvent: 21.87, eventsPerRecord: 21_845, cpuMicrosPerEvent: 0.9 },
  single: { bytesPerEvent: 68, eventsPerRecord: 1, cpuMicrosPerEvent: 6 },
} as const;

/** One of {@link formatFigures}; `single` is one event per record. */
export type RecordFormat = keyof typeof formatFigures;

/** Bytes that Firehose bills for a slice of so many events. Exact but for `gzip`, where UUIDs compress a little unevenly. */
export function billedBytesOf(count: number, recordFormat: RecordFormat): number {
  const { bytesPerEvent, eventsPerRecord } = formatFigures[recordFormat];
  const billed = (events: number) =>
    Math.ceil((events * bytesPerEvent) / billingUnitBytes) * billingUnitBytes;
  return Math.floor(count / eventsPerRecord) * billed(eventsPerRecord) + billed(count % eventsPerRecord);
}
