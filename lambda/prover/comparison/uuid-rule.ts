import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

/** A slice `[from, to)` of a run. */
export interface StreamSlice {
  readonly runId: string;
  /** With `runId` it decides every UUID. */
  readonly deliveryStreamName: string;
  /** Index of the first event, 0 or more. */
  readonly from: number;
  /** Index after the last event, at most 2^53. */
  readonly to: number;
}

export const uuidBytes = 16;

/** Version and variant overwrite 4 + 2 bits of a block: this many blocks give the same UUID. */
const candidatesPerUuid = 64;

/** Limit for {@link UuidRule.indexesOf}: its blocks take 64 KiB. */
export const maxUuidsInverted = 64;

/** The index of a UUID that is no event of the run. */
export const noIndex = -1;

/**
 * Converts the indexes of a run to UUIDs, and back.
 *
 * UUID `i` is the AES-128 encryption of `i`, a 16-byte big-endian number, with the version (4) and variant (binary 10)
 * bits of RFC 9562 set; the key is the first half of SHA-256 over `deliveryStreamName/runId`. It does not use the producer's
 * code on purpose: it would share the producer's mistakes.
 */
export class UuidRule {
  readonly #encryption;
  readonly #decryption;
  readonly #counters = Buffer.alloc(1_024 * uuidBytes);
  readonly #counterWords = viewOf(this.#counters);
  readonly #candidates = Buffer.alloc(maxUuidsInverted * candidatesPerUuid * uuidBytes);
  readonly #candidateWords = viewOf(this.#candidates);

  constructor({ deliveryStreamName, runId }: Pick<StreamSlice, 'deliveryStreamName' | 'runId'>) {
    const key = createHash('sha256')
      .update(`${deliveryStreamName}/${runId}`, 'utf8')
      .digest()
      .subarray(0, 16);
    this.#encryption = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#decryption = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /** The UUIDs of the events `from`, `from + 1`, …, 16 bytes each. `count` is at most 1,024. */
  uuids(from: number, count: number): Buffer {
    const words = this.#counterWords;
    for (let index = from, at = 0; index < from + count; index += 1, at += uuidBytes) {
      words.setUint32(at + 8, index / 2 ** 32);
      words.setUint32(at + 12, index);
    }
    const blocks = this.#encryption.update(this.#counters.subarray(0, count * uuidBytes));
    for (let at = 0; at < blocks.length; at += uuidBytes) {
      blocks[at + 6] = (blocks[at + 6]! & 0x0f) | 0x40;
      blocks[at + 8] = (blocks[at + 8]! & 0x3f) | 0x80;
    }
    return blocks;
  }

  /**
   * The index of each UUID, {@link noIndex} for UUIDs of other runs. A UUID can come from 64 blocks: one decrypts to the
   * index, the others to noise. Noise equals an index below 10^7 once in 10^30 UUIDs.
   *
   * @param words The UUIDs, four big-endian 32-bit words each: at most {@link maxUuidsInverted}.
   * @param indexes Receives the indexes.
   */
  indexesOf(words: Uint32Array, indexes: Float64Array): void {
    const candidates = this.#candidateWords;
    const count = words.length / 4;
    for (let place = 0, at = 0; place < count; place += 1) {
      const word0 = words[place * 4]!;
      const word1 = words[place * 4 + 1]! & 0xffff0fff;
      const word2 = words[place * 4 + 2]! & 0x3fffffff;
      const word3 = words[place * 4 + 3]!;
      for (let version = 0; version < 16; version += 1) {
        for (let variant = 0; variant < 4; variant += 1, at += uuidBytes) {
          candidates.setUint32(at, word0);
          candidates.setUint32(at + 4, word1 | (version << 12));
          candidates.setUint32(at + 8, word2 | (variant << 30));
          candidates.setUint32(at + 12, word3);
        }
      }
    }
    const candidateBytes = candidatesPerUuid * uuidBytes;
    // With millions of foreign lines, Buffers would pile up outside of the heap, where the collector of short-lived objects
    // does not free them. Strings are inside.
    const plain = this.#decryption.update(
      this.#candidates.subarray(0, count * candidateBytes),
      undefined,
      'latin1',
    );
    indexes.fill(noIndex, 0, count);
    for (let at = plain.indexOf(highHalf); at !== -1; at = plain.indexOf(highHalf, at + 1)) {
      if (at % uuidBytes === 0) {
        indexes[Math.floor(at / candidateBytes)] = lowHalf(plain, at);
      }
    }
  }
}

/** The first half of every index below 2^64, as it is encrypted. */
const highHalf = '\0'.repeat(uuidBytes / 2);

/** The second half of the block at `at`, as a number. Above 2^53 it is inexact, but no index either. */
function lowHalf(blocks: string, at: number): number {
  let number = 0;
  for (let byte = at + uuidBytes / 2; byte < at + uuidBytes; byte += 1) {
    number = number * 256 + blocks.charCodeAt(byte);
  }
  return number;
}

export function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
