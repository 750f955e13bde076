import { createCipheriv, createHash } from 'node:crypto';
import { eventBytes } from '../../contract/record-format.ts';

/** The next UUIDs of a run, 16 bytes each, one after the other. The buffer is the caller's. */
export type NextUuids = (count: number) => Buffer;

/** Writes the next `target.length / eventBytes` events of a run into `target`, stamped with `timeMs`. */
export type WriteEvents = (target: Buffer, timeMs: number) => void;

export const uuidBytes = 16;

/** The two hex digits of every byte, as one big-endian 16-bit number of ASCII codes. */
const hexDigits = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16BE(),
);

/** The event of `timeMs` (milliseconds since 1970, shown in UTC), with a nil UUID. */
export function blankEvent(timeMs: number): Buffer {
  const timestamp = new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
  return Buffer.from(`{"00000000-0000-0000-0000-000000000000":"test-${timestamp}"}\n`, 'latin1');
}

/** A big-endian counter, the way AES-CTR counts. */
function counterBlock(index: number): Buffer {
  const block = Buffer.alloc(uuidBytes);
  block.writeBigUInt64BE(BigInt(index), 8);
  return block;
}

/**
 * Generates the UUIDs of a run from index `from` on, each a pure function of the stream's name, the run and its index:
 * the UUID of event `i` is block `i` of an AES-128-CTR keystream, with the version and variant bits of RFC 9562. The key
 * is the first half of SHA-256 over `deliveryStreamName/runId`.
 */
export function createUuidSource(deliveryStreamName: string, runId: string, from: number): NextUuids {
  const key = createHash('sha256').update(`${deliveryStreamName}/${runId}`, 'utf8').digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, counterBlock(from));
  let zeros = Buffer.alloc(0);

  return (count) => {
    if (zeros.length < count * uuidBytes) {
      zeros = Buffer.alloc(count * uuidBytes);
    }
    const uuids = cipher.update(zeros.subarray(0, count * uuidBytes));
    for (let uuid = 0; uuid < uuids.length; uuid += uuidBytes) {
      uuids[uuid + 6] = (uuids[uuid + 6]! & 0x0f) | 0x40;
      uuids[uuid + 8] = (uuids[uuid + 8]! & 0x3f) | 0x80;
    }
    return uuids;
  };
}

export function createEventWriter(deliveryStreamName: string, runId: string, from: number): WriteEvents {
  const nextUuids = createUuidSource(deliveryStreamName, runId, from);
  return (target, timeMs) => writeEvents(target, nextUuids(target.length / eventBytes), timeMs);
}

/** Writes the event of each UUID into `target`, stamped with `timeMs`. Unrolled: this is the hottest loop. */
export function writeEvents(target: Buffer, uuids: Buffer, timeMs: number): void {
  target.fill(blankEvent(timeMs));
  const hex = hexDigits;
  const view = new DataView(target.buffer, target.byteOffset, target.length);
  for (let uuid = 0, at = 2; uuid < uuids.length; uuid += uuidBytes, at += eventBytes) {
    view.setUint32(at, (hex[uuids[uuid]!]! << 16) | hex[uuids[uuid + 1]!]!);
    view.setUint32(at + 4, (hex[uuids[uuid + 2]!]! << 16) | hex[uuids[uuid + 3]!]!);
    view.setUint32(at + 9, (hex[uuids[uuid + 4]!]! << 16) | hex[uuids[uuid + 5]!]!);
    view.setUint32(at + 14, (hex[uuids[uuid + 6]!]! << 16) | hex[uuids[uuid + 7]!]!);
    view.setUint32(at + 19, (hex[uuids[uuid + 8]!]! << 16) | hex[uuids[uuid + 9]!]!);
    view.setUint32(at + 24, (hex[uuids[uuid + 10]!]! << 16) | hex[uuids[uuid + 11]!]!);
    view.setUint32(at + 28, (hex[uuids[uuid + 12]!]! << 16) | hex[uuids[uuid + 13]!]!);
    view.setUint32(at + 32, (hex[uuids[uuid + 14]!]! << 16) | hex[uuids[uuid + 15]!]!);
  }
}
