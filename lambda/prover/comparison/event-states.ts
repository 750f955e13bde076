import type { SlicePair } from '../../contract/slice.ts';

/** State of an event, in two bits. */
const [missing, once, duplicated] = [0, 1, 2];

/** The states of 16 events that were all seen once. */
const allOnce = 0x55555555;

/**
 * The state of each event of a slice, in two bits: 2.5 MB for 10,000,000 events. Nothing else in a proof grows with the number
 * of events.
 */
export class EventStates {
  /** Index of the first event. */
  readonly from: number;
  /** Index after the last event. */
  readonly to: number;
  /** Events seen once or more often. */
  present = 0;
  /** Events seen more than once. */
  duplicated = 0;
  /** Lines beyond the first of each event. */
  extraCopies = 0;
  readonly #states: Uint8Array;
  /** The same states. */
  readonly #words: Uint32Array;

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
    this.#words = new Uint32Array(Math.ceil((to - from) / 16));
    this.#states = new Uint8Array(this.#words.buffer);
  }

  get missing(): number {
    return this.to - this.from - this.present;
  }

  /** Counts a line. `from` ≤ `index` < `to`. */
  see(index: number): void {
    const place = index - this.from;
    const cell = place >>> 2;
    const shift = (place & 3) << 1;
    const state = (this.#states[cell]! >> shift) & 3;
    if (state === missing) {
      this.#states[cell]! |= once << shift;
      this.present += 1;
      return;
    }
    this.extraCopies += 1;
    if (state === once) {
      this.#states[cell]! ^= (once ^ duplicated) << shift;
      this.duplicated += 1;
    }
  }

  /** The missing events, as sorted ranges that don't touch. */
  *missingRanges(): Generator<SlicePair, void> {
    if (this.present === 0) {
      yield [this.from, this.to];
      return;
    }
    let from: number | undefined;
    for (let place = 0; place < this.to - this.from; place += 1) {
      if (place % 16 === 0) {
        place = this.#skipWords(place / 16, from === undefined ? allOnce : 0) * 16;
      }
      const index = this.from + place;
      const isMissing = ((this.#states[place >>> 2]! >> ((place & 3) << 1)) & 3) === missing;
      if (isMissing && index < this.to) {
        from ??= index;
      } else if (from !== undefined && !isMissing) {
        yield [from, index];
        from = undefined;
      }
    }
    if (from !== undefined) {
      yield [from, this.to];
    }
  }

  /** The first word from `at` on that is not `word`. Fast: an absurd claim has 500,000,000 events. */
  #skipWords(at: number, word: number): number {
    const words = this.#words;
    let next = at;
    while (words[next] === word) {
      next += 1;
    }
    return next;
  }
}
