import { gzipSync } from 'node:zlib';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { uuidBytes, writeEvents } from '../../../lambda/producer/events/events.ts';

/** Replaces the function of the producer's `gzip-member.ts` in the bundle of `gzip-zlib`: zlib at level 1. */
export function gzipMember(uuids: Buffer, timeMs: number): Buffer {
  const events = Buffer.allocUnsafe((uuids.length / uuidBytes) * eventBytes);
  writeEvents(events, uuids, timeMs);
  return gzipSync(events, { level: 1 });
}
