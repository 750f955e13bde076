import { type Cipher, createCipheriv, createHash } from 'node:crypto';

export const blockBytes = 16;

/** Upper bound of events that a {@link BlockSource} draws for at once. */
export const maxBlocks = 256;

/**
 * The generator xoshiro128**, for values that need more than one draw. Its state is the block, as four big-endian words.
 *
 * @see https://prng.di.unimi.it/xoshiro128starstar.c
 */
export class RandomWords {
  // With zeros alone it would make nothing but zeros.
  #state0 = 1;
  #state1 = 0;
  #state2 = 0;
  #state3 = 0;

  seed(blocks: DataView, at: number): void {
    this.#state0 = blocks.getInt32(at);
    this.#state1 = blocks.getInt32(at + 4);
    this.#state2 = blocks.getInt32(at + 8);
    this.#state3 = blocks.getInt32(at + 12);
  }

  next(): number {
    const result = Math.imul(rotated(Math.imul(this.#state1, 5), 7), 9) >>> 0;
    const shifted = this.#state1 << 9;
    this.#state2 ^= this.#state0;
    this.#state3 ^= this.#state1;
    this.#state1 ^= this.#state2;
    this.#state0 ^= this.#state3;
    this.#state2 ^= shifted;
    this.#state3 = rotated(this.#state3, 11);
    return result;
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/**
 * What the parts of an event may depend on: the run, the index, the time, the UUID, and of a part that draws its own block. One
 * object serves all events, one after the other.
 */
export class Draw {
  readonly runId: string;
  index = 0;
  timeMs = 0;
  /** The event's UUID is in here, 16 bytes. */
  uuids: Buffer = Buffer.alloc(blockBytes);
  uuidAt = 0;
  /** Random blocks of the part that is being written. */
  blocks: DataView = new DataView(new ArrayBuffer(blockBytes));
  blockAt = 0;
  readonly #words = new RandomWords();

  constructor(runId: string) {
    this.runId = runId;
  }

  /** The first 53 bits of the block, as a fraction: 0 or more, less than 1. */
  fraction(): number {
    const { blocks, blockAt } = this;
    return (blocks.getUint32(blockAt) * 2 ** 21 + (blocks.getUint32(blockAt + 4) >>> 11)) / 2 ** 53;
  }

  byte(place: number): number {
    return this.blocks.getUint8(this.blockAt + place);
  }

  /** Any number of random words, all from the block. */
  words(): RandomWords {
    this.#words.seed(this.blocks, this.blockAt);
    return this.#words;
  }
}

/**
 * What one expression draws for the events of a run. For event `i` it is block `i` of AES-128: the encryption of `i`, written as a
 * 16-byte big-endian integer. The key is the first half of SHA-256 over `deliveryStreamName/runId/expression/n`, where `n` says how
 * often the same text stood before it in the template. So a value depends neither on the slice nor on other fields.
 */
export class BlockSource {
  readonly #cipher: Cipher;

  constructor(deliveryStreamName: string, runId: string, expression: string, twinsBefore: number) {
    const text = [deliveryStreamName, runId, expression, twinsBefore].join('/');
    const key = createHash('sha256').update(text, 'utf8').digest().subarray(0, 16);
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /** @param counters Made by {@link countersFrom}. */
  blocks(counters: Buffer): DataView {
    const blocks = this.#cipher.update(counters);
    return new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
  }
}

/** The indexes `from`, `from + 1`, … as 16-byte big-endian integers. `count` is at most {@link maxBlocks}. */
export function countersFrom(from: number, count: number, target: Buffer): Buffer {
  const words = new DataView(target.buffer, target.byteOffset, target.length);
  for (let index = from, at = 0; index < from + count; index += 1, at += blockBytes) {
    words.setUint32(at + 8, index / 2 ** 32);
    words.setUint32(at + 12, index);
  }
  return target.subarray(0, count * blockBytes);
}

/** Makes the function that writes texts from random words. @throws ArgumentsError if the arguments do not fit */
export type WordFunction = (args: readonly unknown[]) => (random: RandomWords) => string;
