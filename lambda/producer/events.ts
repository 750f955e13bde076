import { createCipheriv, createHash } from 'node:crypto';
import { eventBytes } from '../contract/event.ts';

/** Writes the next `target.length / eventBytes` events of a run into `target`, stamped with `timeMs`. */
export type WriteEvents = (target: Buffer, timeMs: number) => void;

const uuidBytes = 16;

/** The two hex digits of every byte, as one big-endian 16-bit number of ASCII codes. */
const hexDigits = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16BE(),
);

/** The event of `timeMs` (milliseconds since 1970, shown in UTC), with a nil UUID. */
function blankEvent(timeMs: number): Buffer {
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
 * Generates the events of a run from index `from` on, each a pure function of the stream's name, the run and its
 * index, but for the timestamp: the UUID of event `i` is block `i` of an AES-128-CTR keystream, with the version
 * and variant bits of RFC 9562. The key is the first half of SHA-256 over `deliveryStreamName/runId`.
 */
export function createEventWriter(deliveryStreamName: string, runId: string, from: number): WriteEvents {
  const key = createHash('sha256').update(`${deliveryStreamName}/${runId}`, 'utf8').digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, counterBlock(from));
  let zeros = Buffer.alloc(0);

  return (target, timeMs) => {
    const count = target.length / eventBytes;
    if (zeros.length < count * uuidBytes) {
      zeros = Buffer.alloc(count * uuidBytes);
    }
    target.fill(blankEvent(timeMs));
    writeUuids(target, cipher.update(zeros.subarray(0, count * uuidBytes)));
  };
}

/** Writes each 16-byte block as a UUID over the nil UUID of its event. Unrolled: this is the hottest loop. */
function writeUuids(events: Buffer, blocks: Buffer): void {
  const hex = hexDigits;
  const view = new DataView(events.buffer, events.byteOffset, events.length);
  for (let block = 0, at = 2; block < blocks.length; block += uuidBytes, at += eventBytes) {
    view.setUint32(at, (hex[blocks[block]!]! << 16) | hex[blocks[block + 1]!]!);
    view.setUint32(at + 4, (hex[blocks[block + 2]!]! << 16) | hex[blocks[block + 3]!]!);
    view.setUint32(at + 9, (hex[blocks[block + 4]!]! << 16) | hex[blocks[block + 5]!]!);
    view.setUint32(at + 14, (hex[(blocks[block + 6]! & 0x0f) | 0x40]! << 16) | hex[blocks[block + 7]!]!);
    view.setUint32(at + 19, (hex[(blocks[block + 8]! & 0x3f) | 0x80]! << 16) | hex[blocks[block + 9]!]!);
    view.setUint32(at + 24, (hex[blocks[block + 10]!]! << 16) | hex[blocks[block + 11]!]!);
    view.setUint32(at + 28, (hex[blocks[block + 12]!]! << 16) | hex[blocks[block + 13]!]!);
    view.setUint32(at + 32, (hex[blocks[block + 14]!]! << 16) | hex[blocks[block + 15]!]!);
  }
}
