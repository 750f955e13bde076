import type { RunEvents, Segment } from '../comparison/run-events.ts';
import type { UuidFilter } from '../comparison/uuid-filter.ts';
import { noIndex, viewOf } from '../comparison/uuid-rule.ts';
import { EventLine } from './event-line.ts';

/** Length of a UUID as text, and places of its last two dashes. */
export const uuidLength = 36;
const [thirdDashAt, lastDashAt] = [18, 23];

/** The next UUID may overlap the last group of one: its first dash comes at the end or later. */
export const afterUuid = 28;

const dash = 0x2d;

const [hexDigit, dashKind] = [1, 2];
const kinds = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdef')) {
  kinds[digit] = hexDigit;
}
kinds[dash] = dashKind;

export interface FoundEvent {
  readonly run: RunEvents;
  readonly segment: Segment;
  readonly index: number;
}

/** Searches text for UUIDs of expected events. */
export class UuidSearch {
  /** Whether the last text of {@link find} has a UUID of version 4. */
  hasUuid = false;
  readonly #line = new EventLine();
  readonly #runs: readonly RunEvents[];
  readonly #filter: UuidFilter;
  readonly #index = new Float64Array(1);

  /** @param filter Filter over the same runs. */
  constructor(runs: readonly RunEvents[], filter: UuidFilter) {
    this.#runs = runs;
    this.#filter = filter;
  }

  /** The UUID found last, as four big-endian 32-bit words. */
  get uuid(): Uint32Array {
    return this.#line.uuid;
  }

  /** The expected event of the first matching UUID in a text. */
  find(bytes: Buffer): FoundEvent | undefined {
    const text = viewOf(bytes);
    this.hasUuid = false;
    for (let at = this.next(text, 0); at !== -1; at = this.next(text, at + afterUuid)) {
      this.hasUuid = true;
      const found = this.eventOf(this.uuid);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }

  /**
   * Finds the next UUID of version 4, at `from` or later. It checks first where the last digit and the last dash would be: in
   * most text, a few bytes rule out 36 places.
   *
   * @returns its place, or -1.
   */
  next(text: DataView, from: number): number {
    const last = text.byteLength - uuidLength;
    let at = from;
    while (at <= last) {
      const end = kinds[text.getUint8(at + uuidLength - 1)];
      if (end !== hexDigit) {
        at += end === dashKind ? uuidLength - 1 - lastDashAt : uuidLength;
        continue;
      }
      const fourth = kinds[text.getUint8(at + lastDashAt)];
      if (fourth !== dashKind) {
        at += fourth === hexDigit ? 1 : lastDashAt + 1;
        continue;
      }
      if (text.getUint8(at + thirdDashAt) === dash && this.#line.readUuid(text, at)) {
        return at;
      }
      at += lastDashAt - thirdDashAt;
    }
    return -1;
  }

  eventOf(uuid: Uint32Array): FoundEvent | undefined {
    if (!this.#filter.mayHold(uuid[0]!, uuid[3]!)) {
      return undefined;
    }
    for (const run of this.#runs) {
      run.rule.indexesOf(uuid, this.#index);
      const index = this.#index[0]!;
      const segment = index === noIndex ? undefined : run.segmentAt(index);
      if (segment !== undefined) {
        return { run, segment, index };
      }
    }
    this.#filter.noteForeign(this.#runs.length);
    return undefined;
  }
}
