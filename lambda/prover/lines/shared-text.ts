import type { EventTemplate, Renderer } from '../../template/event-template.ts';
import type { Expected, LineDifference, LineListener, LineReader } from '../comparison/line-reader.ts';
import type { RunEvents } from '../comparison/run-events.ts';
import { viewOf } from '../comparison/uuid-rule.ts';
import { compareLine, maxLineBytes, timeBytes } from './expected-line.ts';
import { Prediction } from './prediction.ts';
import { afterUuid, type FoundEvent, UuidSearch, uuidLength } from './uuid-search.ts';

const newline = 0x0a;

/** After the bytes so far: perhaps more bytes, the end of the object, or damage. */
type Rest = 'open' | 'ended' | 'cut';

/**
 * Finds events anywhere in the text of a shared bucket: records of others may end without a line break, and contain anything.
 * An event needs its own bytes only, `\n` included. The UUID of an expected event with other bytes around it is corrupt.
 *
 * Its findings do not depend on the pieces. It keeps at most one event's size of text, however long a line gets. A line break
 * outside of events ends a foreign line.
 */
export class SharedText implements LineReader {
  readonly #template: EventTemplate;
  readonly #rendererOf: (run: RunEvents) => Renderer;
  readonly #expected: Expected;
  readonly #listener: LineListener;
  readonly #search: UuidSearch;
  readonly #prediction: Prediction;
  /** Place of the UUID among the parts. */
  readonly #uuidPlace: number;
  /** An event's bytes before its UUID, if they are the same in all. */
  readonly #bytesBefore: number | undefined;

  #buffer: Buffer = Buffer.alloc(0);
  /** The filled part of the buffer. */
  #text: Buffer = this.#buffer;
  /** End of the last found event: the next one does not begin before it. */
  #from = 0;
  /** Start of the text that was not searched yet. */
  #at = 0;
  /** An event at `#at` may need the bytes before this place. */
  #needed = 0;
  /** The first line break that was not counted yet, or the end of the text. */
  #nextBreak = 0;
  #line = 1;
  /** The corrupt event of this line. */
  #corrupt: FoundEvent | undefined;

  constructor(
    template: EventTemplate,
    rendererOf: (run: RunEvents) => Renderer,
    expected: Expected,
    listener: LineListener,
  ) {
    this.#template = template;
    this.#rendererOf = rendererOf;
    this.#expected = expected;
    this.#listener = listener;
    this.#search = new UuidSearch(expected.runs, expected.filter);
    this.#prediction = new Prediction(rendererOf, listener);
    this.#uuidPlace = template.parts.findIndex(({ isUuid }) => isUuid);
    const before = template.parts.slice(0, this.#uuidPlace);
    this.#bytesBefore = before.every(({ isText }) => isText)
      ? Buffer.byteLength(before.map(({ source }) => source).join(''))
      : undefined;
  }

  push(chunk: Buffer): void {
    this.#append(chunk);
    if (this.#text.length >= this.#needed) {
      this.#read('open');
    }
  }

  end(): void {
    this.#read('ended');
    this.#countLines(this.#text.length);
    if ((this.#text.at(-1) ?? newline) !== newline && !this.#corrupt) {
      this.#listener.onForeign(1);
    }
  }

  flush(): void {
    this.#read('cut');
  }

  #read(rest: Rest): void {
    const text = this.#text;
    const view = viewOf(text);
    for (;;) {
      if (this.#at === this.#from && this.#matchPrediction(this.#from)) {
        continue;
      }
      const uuidAt = this.#search.next(view, this.#at);
      if (uuidAt === -1) {
        this.#at = Math.max(this.#at, text.length - uuidLength + 1);
        break;
      }
      this.#at = uuidAt;
      const { uuid } = this.#search;
      const predicted = this.#prediction.eventOf(uuid);
      if (predicted) {
        const bytesBefore = this.#bytesBefore ?? this.#prediction.bytesBefore(text, uuidAt);
        if (this.#matchPrediction(uuidAt - bytesBefore)) {
          continue;
        }
      }
      const found = predicted ?? this.#search.eventOf(uuid);
      if (found === undefined) {
        this.#at = uuidAt + afterUuid;
      } else if (!this.#readEvent(uuidAt, found, rest)) {
        break;
      }
    }
    this.#countLines(Math.min(this.#at, text.length));
  }

  #matchPrediction(at: number): boolean {
    const match = at < this.#from ? undefined : this.#prediction.match(this.#text, at);
    if (match !== undefined) {
      this.#take(at, at + match.bytes, match.events);
    }
    return match !== undefined;
  }

  /** Compares the text around a UUID with its event. @returns whether the text was enough. */
  #readEvent(uuidAt: number, found: FoundEvent, rest: Rest): boolean {
    const { run, index } = found;
    const { parts } = this.#template;
    const pieces = this.#rendererOf(run).pieces(index, run.rule.uuids(index, 1), this.#expected.latestMs);
    const sizes = pieces.map(({ length }, place) =>
      parts[place]!.timeFormat ? timeBytes(length) : { least: length, most: length },
    );
    const sum = (bound: 'least' | 'most', from: number, to?: number) =>
      sizes.slice(from, to).reduce((bytes, size) => bytes + size[bound], 0);

    const needed = uuidAt + sum('most', this.#uuidPlace) + 1;
    const breakAt = this.#text.subarray(uuidAt, needed).indexOf(newline);
    if (breakAt === -1 && needed > this.#text.length && rest !== 'ended') {
      this.#needed = needed;
      this.#at = rest === 'cut' ? uuidAt + afterUuid : uuidAt;
      return rest === 'cut';
    }
    const end = breakAt === -1 ? needed : uuidAt + breakAt + 1;
    const nearest = uuidAt - sum('least', 0, this.#uuidPlace);
    const farthest = Math.max(this.#from, uuidAt - sum('most', 0, this.#uuidPlace));
    const { event, difference } = this.#compare(found, pieces, nearest, farthest, end);
    if (event) {
      this.#prediction.startAfter(found, event.timeMs, event.isExact);
      this.#take(event.at, end, 1);
    } else {
      this.#reportCorrupt(found, uuidAt, difference);
    }
    return true;
  }

  /** Compares the text up to `end` with an event. Before the UUID may be times, so that it begins anywhere between two places. */
  #compare(found: FoundEvent, pieces: readonly Buffer[], nearest: number, farthest: number, end: number) {
    const { fromMs, toMs } = found.segment.sending;
    const text = this.#text;
    const [first] = this.#template.parts[0]!.timeFormat ? [] : pieces;
    let difference: LineDifference | undefined;
    let event: { at: number; timeMs: number; isExact: boolean } | undefined;
    for (let at = nearest; at >= farthest; at -= 1) {
      // The last place in any case: it gives a difference.
      if (at > farthest && first && text.compare(first, 0, first.length, at, at + first.length) !== 0) {
        continue;
      }
      const finding = compareLine(text.subarray(at, end), this.#template, pieces, this.#expected, toMs);
      if (!finding.isEvent) {
        difference = finding.difference;
        continue;
      }
      event ??= { at, ...finding };
      // Digits of a neighbour before a time may make it another one.
      if (finding.timeMs >= fromMs && finding.timeMs <= toMs) {
        return { event: { at, ...finding } };
      }
    }
    return { event, difference };
  }

  #take(start: number, end: number, events: number): void {
    this.#countLines(start);
    this.#line += events;
    this.#corrupt = undefined;
    this.#from = end;
    this.#at = end;
    this.#nextBreak = this.#findBreak(end);
  }

  #reportCorrupt(found: FoundEvent, uuidAt: number, difference: LineDifference | undefined): void {
    this.#countLines(uuidAt);
    if (this.#corrupt?.index !== found.index || this.#corrupt.run !== found.run) {
      this.#listener.onCorrupt(this.#line, true, difference);
    }
    this.#corrupt = found;
    this.#at = uuidAt + afterUuid;
  }

  /** Counts the line breaks before `to`. */
  #countLines(to: number): void {
    let breaks = 0;
    while (this.#nextBreak < to) {
      breaks += 1;
      this.#nextBreak = this.#findBreak(this.#nextBreak + 1);
    }
    if (breaks > 0) {
      this.#line += breaks;
      this.#listener.onForeign(this.#corrupt ? breaks - 1 : breaks);
      this.#corrupt = undefined;
    }
  }

  #findBreak(from: number): number {
    const at = this.#text.indexOf(newline, from);
    return at === -1 ? this.#text.length : at;
  }

  /** Drops text that is not needed any more if there is no room for the new one. */
  #append(chunk: Buffer): void {
    let { length } = this.#text;
    if (length + chunk.length > this.#buffer.length) {
      const dropped = Math.max(this.#from, this.#at - (this.#bytesBefore ?? maxLineBytes));
      const least = 2 * (length + chunk.length - dropped);
      const buffer = least > this.#buffer.length ? Buffer.allocUnsafe(least) : this.#buffer;
      length = this.#text.copy(buffer, 0, dropped);
      this.#buffer = buffer;
      this.#from = Math.max(0, this.#from - dropped);
      this.#at -= dropped;
      this.#needed -= dropped;
      this.#nextBreak -= dropped;
    }
    chunk.copy(this.#buffer, length);
    this.#text = this.#buffer.subarray(0, length + chunk.length);
    if (this.#nextBreak === length) {
      this.#nextBreak = this.#findBreak(length);
    }
  }
}
