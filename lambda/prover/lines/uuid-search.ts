import type { RunEvents, Segment } from '../comparison/run-events.ts';
import type { UuidFilter } from '../comparison/uuid-filter.ts';
import { noIndex, viewOf } from '../comparison/uuid-rule.ts';
import { EventLine } from './event-line.ts';

/** Size of a UUID as text, and where its first `-` is. */
export const uuidLength = 36;
const firstDashAt = 8;

const dash = 0x2d;

/** An event that is looked for. */
export interface FoundEvent {
  /** Its run. */
  readonly run: RunEvents;
  /** Its segment. */
  readonly segment: Segment;
  /** Its index. */
  readonly index: number;
}

/** Looks for UUIDs in text, wherever they are. */
export class UuidSearch {
  /** Whether the text searched last has a UUID of version 4. */
  hasUuid = false;
  /** The UUID found last, as four big-endian 32-bit words. */
  readonly #line = new EventLine();
  readonly #runs: readonly RunEvents[];
  readonly #filter: UuidFilter;
  readonly #index = new Float64Array(1);

  /** @param filter Of the same runs. */
  constructor(runs: readonly RunEvents[], filter: UuidFilter) {
    this.#runs = runs;
    this.#filter = filter;
  }

  /** The first event that is looked for and whose UUID is in a text; undefined if there is none. */
  find(bytes: Buffer): FoundEvent | undefined {
    const view = viewOf(bytes);
    const lastDashAt = bytes.length - uuidLength + firstDashAt;
    this.hasUuid = false;
    let dashAt = bytes.indexOf(dash, firstDashAt);
    while (dashAt !== -1 && dashAt <= lastDashAt) {
      if (this.#line.readUuid(view, dashAt - firstDashAt)) {
        this.hasUuid = true;
        const found = this.#eventOf(this.#line.uuid);
        if (found !== undefined) {
          return found;
        }
        dashAt = bytes.indexOf(dash, dashAt + uuidLength);
      } else {
        dashAt = bytes.indexOf(dash, dashAt + 1);
      }
    }
    return undefined;
  }

  #eventOf(uuid: Uint32Array): FoundEvent | undefined {
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
