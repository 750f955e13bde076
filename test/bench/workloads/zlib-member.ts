import { gzipSync } from 'node:zlib';
import { eventBytes } from '../../../lambda/contract/event.ts';
import { uuidBytes, writeEvents } from '../../../lambda/producer/events/events.ts';

/** What `gzip-member.ts` of the producer does, by zlib at level 1: the bundle of `gzip-zlib` has this file in its place. */
export function gzipMember(uuids: Buffer, timeMs: number): Buffer {
  const events = Buffer.allocUnsafe((uuids.length / uuidBytes) * eventBytes);
  writeEvents(events, uuids, timeMs);
  return gzipSync(events, { level: 1 });
}
