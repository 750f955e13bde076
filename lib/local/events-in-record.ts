import { eventBytes } from '../../lambda/contract/event.ts';

/**
 * How many events a record of the producer holds. It costs next to nothing, gzip or not: a gzip member ends with its size
 * before compression (RFC 1952, ISIZE).
 */
export function eventsInRecord(record: Buffer): number {
  const isGzip = record.length > 4 && record[0] === 0x1f && record[1] === 0x8b;
  return Math.floor((isGzip ? record.readUInt32LE(record.length - 4) : record.length) / eventBytes);
}
