import { gunzipSync } from 'node:zlib';
import { eventBytes } from '../../../lambda/contract/event.ts';

/** How many events a record of the producer holds. */
export type CountEvents = (record: Buffer) => number;

const newline = 0x0a;

/**
 * Counts events of the default template. It costs next to nothing, gzip or not: a gzip member ends with its size before compression
 * (RFC 1952, ISIZE).
 */
export const defaultEventsInRecord: CountEvents = (record) =>
  Math.floor((isGzip(record) ? record.readUInt32LE(record.length - 4) : record.length) / eventBytes);

/** Counts events of any template: their lines. */
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
