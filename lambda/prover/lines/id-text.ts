import type { CreateLineReader, Expected, LineListener, LineReader } from '../comparison/line-reader.ts';
import type { Segment } from '../comparison/run-events.ts';
import { viewOf } from '../comparison/uuid-rule.ts';
import { EventFinder } from './event-finder.ts';
import { afterUuid, UuidSearch, uuidLength } from './uuid-search.ts';

const newline = 0x0a;

/** Limit of the remembered events of a line. After it, another copy in the same line counts as a duplicate. */
const maxSeen = 100_000;

/** Takes an event for present if its UUID is, whatever is around it. */
export const createIdReader: CreateLineReader = (expected, listener) => new IdText(expected, listener);

/** The same UUID again in one line is the same copy. A line without the UUID of an expected event is foreign; none is corrupt. */
class IdText implements LineReader {
  readonly #listener: LineListener;
  readonly #search: UuidSearch;
  readonly #finder: EventFinder;
  /** The events of the line so far. */
  readonly #seen = new Map<Segment, Set<number>>();
  #seenEvents = 0;
  /** Text that may be the start of a UUID. */
  #carry: Buffer = Buffer.alloc(0);

  constructor({ runs, filter }: Expected, listener: LineListener) {
    this.#listener = listener;
    this.#search = new UuidSearch(runs, filter);
    this.#finder = new EventFinder(runs, filter, {
      onEvent: (segment, index) => this.#see(segment, index),
      onForeign: () => {},
    });
  }

  push(chunk: Buffer): void {
    const text = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk;
    const view = viewOf(text);
    let [at, lineEnd] = [0, text.indexOf(newline)];
    for (;;) {
      const uuidAt = this.#search.next(view, at);
      const searched = uuidAt === -1 ? Math.max(at, text.length - uuidLength + 1) : uuidAt;
      for (; lineEnd !== -1 && lineEnd < searched; lineEnd = text.indexOf(newline, lineEnd + 1)) {
        this.#endLine();
      }
      if (uuidAt === -1) {
        this.#carry = Buffer.from(text.subarray(searched));
        return;
      }
      // Its time is never read.
      this.#finder.find(this.#search.uuid, Number.NaN);
      at = uuidAt + afterUuid;
    }
  }

  end(): void {
    for (const byte of this.#carry) {
      if (byte === newline) {
        this.#endLine();
      }
    }
  }

  flush(): void {
    this.#finder.flush();
  }

  #see(segment: Segment, index: number): void {
    if (this.#seenEvents === maxSeen) {
      this.#forget();
    }
    const seen = this.#seen.get(segment) ?? new Set();
    this.#seen.set(segment, seen);
    if (!seen.has(index)) {
      seen.add(index);
      this.#seenEvents += 1;
      this.#listener.onEvent(segment, index, segment.sending.toMs, false);
    }
  }

  #endLine(): void {
    this.#finder.flush();
    if (this.#seen.size === 0) {
      this.#listener.onForeign(1);
    }
    this.#forget();
  }

  #forget(): void {
    this.#seen.clear();
    this.#seenEvents = 0;
  }
}
