import type { Slice } from '../../contract/slice.ts';
import { type UuidRule, uuidBytes, viewOf } from './uuid-rule.ts';

export interface ExpectedUuids {
  readonly rule: UuidRule;
  /** They don't overlap. */
  readonly segments: readonly Slice[];
}

/** Bits for each expected UUID, which sets two of them: 5 % of foreign UUIDs pass. */
const bitsPerUuid = 8;

/** Size of the bitmap, as a power of 2: 1 KiB to 8 MiB. */
const sizeLog2 = { least: 13, most: 26 };

/** Inverting one UUID costs at least as much as adding this many to the filter. */
const uuidsPerInversion = 16;

/** UUIDs that a rule makes at once. */
const maxUuids = 1_024;

/** UUIDs that are added at once: adding all expected ones may take longer than an invocation has left. */
const uuidsPerStep = 1_024;

/**
 * Rejects nearly all foreign UUIDs, with a bitmap over a few bits at two places of each expected UUID. Making the bitmap takes
 * time: it is made in steps, each after inverting foreign UUIDs has taken as long. Until then all UUIDs pass.
 */
export class UuidFilter {
  readonly #expected: readonly ExpectedUuids[];
  readonly #shift: number;
  #bits: Uint32Array | undefined;
  readonly #making = this.#make();
  #inversions = 0;

  constructor(expected: readonly ExpectedUuids[]) {
    this.#expected = expected;
    const uuids = expected
      .flatMap(({ segments }) => segments)
      .reduce((sum, { from, to }) => sum + to - from, 0);
    const size = Math.ceil(Math.log2(Math.max(1, uuids * bitsPerUuid)));
    this.#shift = 32 - Math.min(sizeLog2.most, Math.max(sizeLog2.least, size));
  }

  /**
   * Whether a UUID may be expected; never false for an expected one.
   *
   * @param first The first 32 bits of the UUID.
   * @param last Its last 32 bits.
   */
  mayHold(first: number, last: number): boolean {
    const bits = this.#bits;
    return bits === undefined || (isSet(bits, first >>> this.#shift) && isSet(bits, last >>> this.#shift));
  }

  /** Counts inverted UUIDs that were foreign. */
  noteForeign(uuids: number): void {
    this.#inversions += uuids;
    while (this.#bits === undefined && this.#inversions * uuidsPerInversion >= uuidsPerStep) {
      this.#inversions -= uuidsPerStep / uuidsPerInversion;
      this.#bits = this.#making.next().value;
    }
  }

  /** Yields nothing after each step, then the bitmap. */
  *#make(): Generator<undefined, Uint32Array> {
    const bits = new Uint32Array(2 ** (32 - this.#shift - 5));
    let uuidsLeft = uuidsPerStep;
    for (const { rule, segments } of this.#expected) {
      for (const { from, to } of segments) {
        for (let at = from; at < to; at += maxUuids) {
          const uuids = rule.uuids(at, Math.min(maxUuids, to - at));
          const words = viewOf(uuids);
          for (let byte = 0; byte < uuids.length; byte += uuidBytes) {
            set(bits, words.getUint32(byte) >>> this.#shift);
            set(bits, words.getUint32(byte + 12) >>> this.#shift);
          }
          uuidsLeft -= uuids.length / uuidBytes;
          if (uuidsLeft <= 0) {
            yield;
            uuidsLeft = uuidsPerStep;
          }
        }
      }
    }
    return bits;
  }
}

function set(bits: Uint32Array, place: number): void {
  bits[place >>> 5]! |= 1 << (place & 31);
}

function isSet(bits: Uint32Array, place: number): boolean {
  return (bits[place >>> 5]! & (1 << (place & 31))) !== 0;
}
