import { compileTemplate } from '../../template/compile.ts';
import { defaultTemplate } from '../../template/deployed.ts';
import type { CreateLineReader, Expected, LineListener, LineReader } from '../comparison/line-reader.ts';
import { viewOf } from '../comparison/uuid-rule.ts';
import { EventFinder } from './event-finder.ts';
import { EventLine, eventLineBytes } from './event-line.ts';
import { createTemplateReader } from './template-lines.ts';
import { UuidScan } from './uuid-scan.ts';

const newline = 0x0a;

/** Recognizes events of the default template. Faster than for other templates: all lines have the same size. */
export const createDefaultReader: CreateLineReader = (expected, listener) => {
  if (expected.isShared) {
    createSharedReader ??= createTemplateReader(compileTemplate(defaultTemplate));
    return createSharedReader(expected, listener);
  }
  return new DefaultLines(expected, listener);
};

let createSharedReader: CreateLineReader | undefined;

/** It keeps at most one started line of an event's size, however long the line gets. */
class DefaultLines implements LineReader {
  readonly #listener: LineListener;
  readonly #finder: EventFinder;
  readonly #scan: UuidScan;
  readonly #event: EventLine;
  readonly #started = Buffer.alloc(eventLineBytes);
  #startedBytes = 0;
  #line = 1;

  constructor({ runs, filter, earliestMs, latestMs }: Expected, listener: LineListener) {
    this.#listener = listener;
    this.#event = new EventLine(earliestMs, latestMs);
    this.#finder = new EventFinder(runs, filter, listener);
    this.#scan = new UuidScan(runs, filter);
  }

  push(chunk: Buffer): void {
    const bytes = viewOf(chunk);
    let at = this.#startedBytes > 0 ? this.#finishStarted(chunk) : 0;
    while (at + eventLineBytes <= chunk.length) {
      if (this.#event.read(bytes, at)) {
        this.#finder.find(this.#event.uuid, this.#event.timeMs);
        at += eventLineBytes;
      } else {
        const end = chunk.indexOf(newline, at);
        if (end === -1) {
          break;
        }
        this.#reportOtherLine(chunk, at, end);
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
      this.#reportOtherLine(chunk, at, end);
      this.#line += 1;
      at = end + 1;
    }
  }

  /** A started line is no event, since an event ends with `\n`. */
  end(): void {
    if (this.#startedBytes > 0) {
      this.#reportOtherLine();
    }
  }

  flush(): void {
    this.#finder.flush();
  }

  #reportOtherLine(chunk?: Buffer, from?: number, to?: number): void {
    const kind = this.#scan.end(chunk, from, to);
    if (kind === 'foreign') {
      this.#listener.onForeign(1);
    } else {
      this.#listener.onCorrupt(this.#line, kind === 'expected');
    }
  }

  /** Ends the started line with its rest in `chunk`. @returns where the next line begins. */
  #finishStarted(chunk: Buffer): number {
    const newlineAt = chunk.indexOf(newline);
    const end = newlineAt === -1 ? chunk.length : newlineAt + 1;
    this.#start(chunk, 0, end);
    if (newlineAt === -1) {
      return end;
    }
    if (this.#startedBytes === eventLineBytes && this.#event.read(viewOf(this.#started), 0)) {
      this.#scan.end();
      this.#finder.find(this.#event.uuid, this.#event.timeMs);
    } else {
      this.#reportOtherLine();
    }
    this.#startedBytes = 0;
    this.#line += 1;
    return end;
  }

  /** Keeps the bytes that fit and counts the others: a longer line is no event. */
  #start(chunk: Buffer, from: number, to: number): void {
    this.#scan.push(chunk, from, to);
    chunk.copy(this.#started, Math.min(this.#startedBytes, eventLineBytes), from, to);
    this.#startedBytes += to - from;
  }
}
