import type { RunEvents, Segment } from '../comparison/run-events.ts';
import type { UuidFilter } from '../comparison/uuid-filter.ts';
import { noIndex, viewOf } from '../comparison/uuid-rule.ts';
import { EventLine } from './event-line.ts';

/** Length of a UUID as text, and place of its first `-`. */
export const uuidLength = 36;
const firstDashAt = 8;

const dash = 0x2d;

export interface FoundEvent {
  readonly run: RunEvents;
  readonly segment: Segment;
  readonly index: number;
}

/** Searches text for UUIDs of expected events. */
export class UuidSearch {
  /** Whether the last text has a UUID of version 4. */
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

  /** The expected event of the first matching UUID in a text. */
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
        // Another UUID may overlap its last group: its first dash comes at the end or later.
        dashAt = bytes.indexOf(dash, dashAt + uuidLength - firstDashAt);
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
