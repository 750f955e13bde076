import type { EventTemplate, Renderer } from '../../template/event-template.ts';
import type { CreateLineReader, Expected, LineListener, LineReader } from '../comparison/line-reader.ts';
import type { RunEvents } from '../comparison/run-events.ts';
import { compareLine, maxLineBytes } from './expected-line.ts';
import { Prediction } from './prediction.ts';
import { SharedText } from './shared-text.ts';
import { UuidSearch } from './uuid-search.ts';

const newline = 0x0a;

/** Recognizes events of a template. */
export function createTemplateReader(template: EventTemplate): CreateLineReader {
  const renderers = new WeakMap<RunEvents, Renderer>();
  const rendererOf = (run: RunEvents) => {
    const known = renderers.get(run) ?? template.startRun(run.deliveryStreamName, run.runId);
    renderers.set(run, known);
    return known;
  };
  return (expected, listener) =>
    expected.isShared
      ? new SharedText(template, rendererOf, expected, listener)
      : new TemplateLines(template, rendererOf, expected, listener);
}

/** Reads lines that are the predicted events. In any other line it searches for a UUID. */
class TemplateLines implements LineReader {
  readonly #template: EventTemplate;
  readonly #rendererOf: (run: RunEvents) => Renderer;
  readonly #expected: Expected;
  readonly #listener: LineListener;
  readonly #search: UuidSearch;
  readonly #prediction: Prediction;

  #started: Buffer[] = [];
  #startedBytes = 0;
  #line = 1;

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
  }

  push(chunk: Buffer): void {
    let at = this.#startedBytes > 0 ? this.#finishStarted(chunk) : 0;
    while (at < chunk.length) {
      const predicted = this.#matchPrediction(chunk, at);
      if (predicted > 0) {
        at += predicted;
        continue;
      }
      const end = chunk.indexOf(newline, at);
      if (end === -1) {
        this.#start(chunk.subarray(at));
        return;
      }
      this.#readLine(chunk.subarray(at, end + 1));
      at = end + 1;
    }
  }

  end(): void {
    if (this.#startedBytes > 0) {
      this.#readLine(this.#takeStarted());
    }
  }

  flush(): void {
    // Each line is reported at once.
  }

  /** Reports the predicted events that a chunk has at `at`. @returns their size in bytes. */
  #matchPrediction(chunk: Buffer, at: number): number {
    const { events, bytes } = this.#prediction.match(chunk, at) ?? { events: 0, bytes: 0 };
    this.#line += events;
    return bytes;
  }

  #readLine(line: Buffer): void {
    const { latestMs } = this.#expected;
    const isTooLong = line.length > maxLineBytes;
    const found = isTooLong ? undefined : this.#search.find(line);
    if (found !== undefined) {
      const { run, segment, index } = found;
      const pieces = this.#rendererOf(run).pieces(index, run.rule.uuids(index, 1), latestMs);
      const finding = compareLine(line, this.#template, pieces, this.#expected, segment.sending.toMs);
      if (finding.isEvent) {
        this.#prediction.startAfter(found, finding.timeMs, finding.isExact);
      } else {
        this.#listener.onCorrupt(this.#line, true, finding.difference);
      }
    } else if (this.#search.hasUuid && !isTooLong) {
      this.#listener.onForeign(1);
    } else {
      this.#listener.onCorrupt(this.#line, false);
    }
    this.#line += 1;
  }

  /** Ends the started line with its rest in `chunk`. @returns where the next line begins. */
  #finishStarted(chunk: Buffer): number {
    const end = chunk.indexOf(newline) + 1;
    if (end === 0) {
      this.#start(chunk);
      return chunk.length;
    }
    this.#start(chunk.subarray(0, end));
    const line = this.#takeStarted();
    if (this.#matchPrediction(line, 0) === 0) {
      this.#readLine(line);
    }
    return end;
  }

  /** Copies at most one byte more than {@link maxLineBytes}: then the line is no event. */
  #start(part: Buffer): void {
    const kept = part.subarray(0, Math.max(0, maxLineBytes + 1 - this.#startedBytes));
    this.#started.push(Buffer.from(kept));
    this.#startedBytes += kept.length;
  }

  #takeStarted(): Buffer {
    const line = Buffer.concat(this.#started);
    this.#started = [];
    this.#startedBytes = 0;
    return line;
  }
}
