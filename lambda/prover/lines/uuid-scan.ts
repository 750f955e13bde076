import type { RunEvents } from '../comparison/run-events.ts';
import type { UuidFilter } from '../comparison/uuid-filter.ts';
import { UuidSearch, uuidLength } from './uuid-search.ts';

const nothing = Buffer.alloc(0);

/**
 * Decides by the UUIDs in a line whether it is corrupt or foreign. It takes the line in pieces of any size, and keeps fewer
 * bytes than a UUID has.
 */
export class UuidScan {
  readonly #search: UuidSearch;
  #carry: Buffer = nothing;
  #isFound = false;
  #hasUuid = false;

  constructor(runs: readonly RunEvents[], filter: UuidFilter) {
    this.#search = new UuidSearch(runs, filter);
  }

  /** Takes the next bytes of the line, those from `from` to `to`. */
  push(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.subarray(from, to);
    this.#findIn(piece);
    const tail = piece.subarray(-(uuidLength - 1));
    const whole = this.#carry.length === 0 ? tail : Buffer.concat([this.#carry, tail]);
    this.#carry = Buffer.from(whole.subarray(-(uuidLength - 1)));
  }

  /**
   * Ends the line, with its last bytes: those from `from` to `to`.
   *
   * @returns what it is: corrupt, with the UUID of an `expected` event or with `no UUID` although every line needs one, or
   * else `foreign`: of another run, of any template.
   */
  end(bytes: Buffer = nothing, from = 0, to = 0): 'expected' | 'no UUID' | 'foreign' {
    // Millions of short lines would be slow otherwise, and fill the memory with views of no bytes.
    if (this.#carry.length + to - from >= uuidLength) {
      this.#findIn(bytes.subarray(from, to));
    }
    const kind = this.#isFound ? 'expected' : this.#hasUuid ? 'foreign' : 'no UUID';
    this.#isFound = false;
    this.#hasUuid = false;
    this.#carry = nothing;
    return kind;
  }

  #findIn(piece: Buffer): void {
    if (this.#carry.length > 0) {
      this.#find(Buffer.concat([this.#carry, piece.subarray(0, uuidLength - 1)]));
    }
    this.#find(piece);
  }

  #find(bytes: Buffer): void {
    this.#isFound ||= this.#search.find(bytes) !== undefined;
    this.#hasUuid ||= this.#search.hasUuid;
  }
}
