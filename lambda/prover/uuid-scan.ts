import { EventLine } from './event-line.ts';
import type { RunEvents } from './run-events.ts';
import type { UuidFilter } from './uuid-filter.ts';
import { noIndex, viewOf } from './uuid-rule.ts';

/** Size of a UUID as text, and where its first `-` is. */
const [uuidLength, firstDashAt] = [36, 8];

const dash = 0x2d;

const nothing = Buffer.alloc(0);

/**
 * Finds out whether a line of somebody else's bears the UUID of an event that is looked for, wherever in it. It takes the
 * line in pieces of any size, and keeps fewer bytes than a UUID has.
 */
export class UuidScan {
  readonly #runs: readonly RunEvents[];
  readonly #filter: UuidFilter;
  readonly #line = new EventLine();
  readonly #index = new Float64Array(1);
  #carry: Buffer = nothing;
  #isFound = false;

  /** @param filter Of the same runs. */
  constructor(runs: readonly RunEvents[], filter: UuidFilter) {
    this.#runs = runs;
    this.#filter = filter;
  }

  /** Takes the next bytes of the line, those from `from` to `to`. */
  push(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.subarray(from, to);
    if (this.#carry.length > 0) {
      this.#search(Buffer.concat([this.#carry, piece.subarray(0, uuidLength - 1)]));
    }
    this.#search(piece);
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

  #search(bytes: Buffer): void {
    const view = viewOf(bytes);
    const lastDashAt = bytes.length - uuidLength + firstDashAt;
    let dashAt = this.#isFound ? -1 : bytes.indexOf(dash, firstDashAt);
    while (dashAt !== -1 && dashAt <= lastDashAt) {
      if (this.#line.readUuid(view, dashAt - firstDashAt) && this.#isExpected(this.#line.uuid)) {
        this.#isFound = true;
        return;
      }
      dashAt = bytes.indexOf(dash, dashAt + 1);
    }
  }

  #isExpected(uuid: Uint32Array): boolean {
    if (!this.#filter.mayHold(uuid[0]!, uuid[3]!)) {
      return false;
    }
    for (const run of this.#runs) {
      run.rule.indexesOf(uuid, this.#index);
      if (this.#index[0] !== noIndex && run.segmentAt(this.#index[0]!) !== undefined) {
        return true;
      }
    }
    this.#filter.noteForeign(this.#runs.length);
    return false;
  }
}
