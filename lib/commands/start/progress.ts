import { gunzipSync } from 'node:zlib';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import type { Endpoint } from '../../emulator/endpoint.ts';
import type { Progress } from '../../terminal/progress.ts';
import { formatCount, formatNumber } from '../../terminal/text.ts';

/** Counts the events of a record. */
export type CountEvents = (record: Buffer) => number;

const newline = 0x0a;

/**
 * Counts events of the default template. It need not decompress: a gzip member ends with its size before compression
 * (RFC 1952, ISIZE).
 */
export const defaultEventsInRecord: CountEvents = (record) =>
  Math.floor((isGzip(record) ? record.readUInt32LE(record.length - 4) : record.length) / eventBytes);

/** Counts events of any template: the lines. */
export const eventsInRecord: CountEvents = (record) => {
  const lines = isGzip(record) ? gunzipSync(record) : record;
  let events = 0;
  for (let at = lines.indexOf(newline); at !== -1; at = lines.indexOf(newline, at + 1)) {
    events += 1;
  }
  return events;
};

function isGzip(record: Buffer): boolean {
  return record.length > 4 && record[0] === 0x1f && record[1] === 0x8b;
}

/** The progress of a run, for a person. */
export function measureProgress(
  aws: Endpoint,
  queued: number,
  events: number,
  totalEvents: number,
  elapsedMs: number,
): Progress {
  const queue = queued > 0 ? `; ${formatCount(queued, 'slice')} in the queue` : '';
  return {
    elapsedMs,
    events,
    totalEvents,
    notes: [
      `${formatNumber(Math.round(events / (Math.max(elapsedMs, 1) / 1_000)))}/s`,
      `${formatNumber(aws.records.refused)} refused`,
      `${formatNumber(queued)} queued`,
    ],
    line: describeDelivery(aws, events) + queue,
  };
}

export function describeDelivery({ deliveryStream, records, target }: Endpoint, events: number): string {
  const { records: accepted, recordBytes, keys } = deliveryStream.totals;
  const lost = records.lost > 0 ? `, lost ${formatNumber(records.lost)}` : '';
  const mebibytes = (recordBytes / 1_048_576).toFixed(1);
  return (
    `${target} took ${formatCount(events, 'event')} in ${formatCount(accepted + records.lost, 'record')}, ` +
    `${mebibytes} MiB, refused ${formatNumber(records.refused)}${lost}; ${formatCount(keys.length, 'object')} written`
  );
}
