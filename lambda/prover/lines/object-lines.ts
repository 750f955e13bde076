import { viewOf } from '../comparison/uuid-rule.ts';
import { EventLine, eventLineBytes } from './event-line.ts';
import type { UuidScan } from './uuid-scan.ts';

/** What an {@link ObjectLines} tells. */
export interface LineListener {
  /** The line is an event; what is in it is overwritten by the next. */
  readonly onEventLine: (line: EventLine) => void;
  /** The line is anything else. `line` counts from 1. */
  readonly onCorruptLine: (line: number) => void;
  /** The line is no event, and not damaged. Only where lines are scanned. */
  readonly onForeignLine?: () => void;
}

const newline = 0x0a;

/**
 * Takes the bytes of one object in pieces of any size, and tells what its lines are. Of a piece it keeps at most one started
 * line of an event's size, however long the line gets.
 */
export class ObjectLines {
  readonly #listener: LineListener;
  readonly #scan: UuidScan | undefined;
  readonly #event = new EventLine();
  readonly #started = Buffer.alloc(eventLineBytes);
  #startedBytes = 0;
  #line = 1;

  /** @param scan Tells corrupt lines from those of others. @default - every line that is no event is corrupt */
  constructor(listener: LineListener, scan?: UuidScan) {
    this.#listener = listener;
    this.#scan = scan;
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    const bytes = viewOf(chunk);
    let at = this.#startedBytes > 0 ? this.#finishStarted(chunk) : 0;
    while (at + eventLineBytes <= chunk.length) {
      if (this.#event.read(bytes, at)) {
        this.#listener.onEventLine(this.#event);
        at += eventLineBytes;
      } else {
        const end = chunk.indexOf(newline, at);
        if (end === -1) {
          break;
        }
        this.#scan?.push(chunk, at, end);
        this.#tellOtherLine();
        at = end + 1;
      }
      this.#line += 1;
    }
    while (at < chunk.length) {
      const end = chunk.indexOf(newline, at);
      if (end === -1) {
        this.#start(chunk, at, chunk.length);
        return;
      }
      // Shorter than an event.
      this.#scan?.push(chunk, at, end);
      this.#tellOtherLine();
      this.#line += 1;
      at = end + 1;
    }
  }

  /** Says that the object ends here: a started line is corrupt, since an event ends with `\n`. */
  end(): void {
    if (this.#startedBytes > 0) {
      this.#tellOtherLine();
    }
  }

  #tellOtherLine(): void {
    if (this.#scan === undefined || this.#scan.end()) {
      this.#listener.onCorruptLine(this.#line);
    } else {
      this.#listener.onForeignLine?.();
    }
  }

  /** Ends the started line with what of it is in `chunk`, and returns where the next line begins. */
  #finishStarted(chunk: Buffer): number {
    const newlineAt = chunk.indexOf(newline);
    const end = newlineAt === -1 ? chunk.length : newlineAt + 1;
    this.#start(chunk, 0, end);
    if (newlineAt === -1) {
      return end;
    }
    if (this.#startedBytes === eventLineBytes && this.#event.read(viewOf(this.#started), 0)) {
      this.#scan?.end();
      this.#listener.onEventLine(this.#event);
    } else {
      this.#tellOtherLine();
    }
    this.#startedBytes = 0;
    this.#line += 1;
    return end;
  }

  /** Keeps what fits; the rest is only counted, which is enough to know that the line is no event. */
  #start(chunk: Buffer, from: number, to: number): void {
    this.#scan?.push(chunk, from, to);
    chunk.copy(this.#started, Math.min(this.#startedBytes, eventLineBytes), from, to);
    this.#startedBytes += to - from;
  }
}
