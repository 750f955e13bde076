import type { RunEvents } from './run-events.ts';
import type { UuidFilter } from './uuid-filter.ts';
import { UuidSearch, uuidLength } from './uuid-search.ts';

const nothing = Buffer.alloc(0);

/**
 * Finds out whether a line of somebody else's bears the UUID of an event that is looked for, wherever in it. It takes the
 * line in pieces of any size, and keeps fewer bytes than a UUID has.
 */
export class UuidScan {
  readonly #search: UuidSearch;
  #carry: Buffer = nothing;
  #isFound = false;

  /** @param filter Of the same runs. */
  constructor(runs: readonly RunEvents[], filter: UuidFilter) {
    this.#search = new UuidSearch(runs, filter);
  }

  /** Takes the next bytes of the line, those from `from` to `to`. */
  push(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.subarray(from, to);
    if (this.#carry.length > 0) {
      this.#find(Buffer.concat([this.#carry, piece.subarray(0, uuidLength - 1)]));
    }
    this.#find(piece);
    const tail = piece.subarray(-(uuidLength - 1));
    const whole = this.#carry.length === 0 ? tail : Buffer.concat([this.#carry, tail]);
    this.#carry = Buffer.from(whole.subarray(-(uuidLength - 1)));
  }

  /** The line ends here, and the next one begins. @returns whether it bears such a UUID. */
  end(): boolean {
    const isFound = this.#isFound;
    this.#isFound = false;
    this.#carry = nothing;
    return isFound;
  }

  #find(bytes: Buffer): void {
    this.#isFound ||= this.#search.find(bytes) !== undefined;
  }
}
