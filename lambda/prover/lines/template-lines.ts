import type { EventTemplate, Renderer } from '../../template/event-template.ts';
import type { CreateLineReader, Expected, LineListener, LineReader } from '../comparison/line-reader.ts';
import type { RunEvents, Segment } from '../comparison/run-events.ts';
import { compareLine } from './expected-line.ts';
import { UuidSearch } from './uuid-search.ts';

/** Limit of the events that are predicted at once. */
const maxPrediction = 256;

const predictionBytes = 64 * 1_024;

/** A longer line is no event. */
const maxLineBytes = 1_048_576;

const newline = 0x0a;

/** Recognizes events of a template. */
export function createTemplateReader(template: EventTemplate): CreateLineReader {
  const renderers = new WeakMap<RunEvents, Renderer>();
  const rendererOf = (run: RunEvents) => {
    const known = renderers.get(run) ?? template.startRun(run.deliveryStreamName, run.runId);
    renderers.set(run, known);
    return known;
  };
  return (expected, listener) => new TemplateLines(template, rendererOf, expected, listener);
}

/**
 * The events of a record are consecutive, so the next events are predicted: written with the time of the last found event, and
 * compared with the next bytes, many at once. Nearly always that is enough. In any other line it searches for a UUID.
 */
class TemplateLines implements LineReader {
  readonly #template: EventTemplate;
  readonly #rendererOf: (run: RunEvents) => Renderer;
  readonly #expected: Expected;
  readonly #listener: LineListener;
  readonly #search: UuidSearch;

  /** The predicted events: those of `#segment` from `#next` on. */
  #prediction: Buffer = Buffer.allocUnsafe(predictionBytes);
  #ends: number[] = [];
  /** Number of predicted events that were found. */
  #found = 0;
  #run: RunEvents | undefined;
  #segment: Segment | undefined;
  #next = 0;
  #timeMs = 0;
  #isExact = false;
  #length = 1;

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
    const ends = this.#ends;
    const first = this.#found;
    const start = ends[first - 1] ?? 0;
    // Compare the first event alone: the fastest way to notice another line.
    if (first === ends.length || !this.#isAt(chunk, at, start, ends[first]!)) {
      return 0;
    }
    let last = ends.length;
    while (last > first + 1 && !this.#isAt(chunk, at, start, ends[last - 1]!)) {
      last = first + 1 + ((last - first - 1) >> 1);
    }
    for (let event = first; event < last; event += 1) {
      this.#listener.onEvent(this.#segment!, this.#next + event, this.#timeMs, this.#isExact);
    }
    this.#line += last - first;
    this.#found = last;
    if (last === ends.length) {
      this.#length = Math.min(this.#length * 2, maxPrediction);
      this.#predict(this.#next + last);
    }
    return ends[last - 1]! - start;
  }

  #isAt(chunk: Buffer, at: number, from: number, to: number): boolean {
    return (
      at + to - from <= chunk.length && chunk.compare(this.#prediction, from, to, at, at + to - from) === 0
    );
  }

  #readLine(line: Buffer): void {
    const { latestMs, isShared } = this.#expected;
    const isTooLong = line.length > maxLineBytes;
    const found = isTooLong ? undefined : this.#search.find(line);
    if (found !== undefined) {
      const { run, segment, index } = found;
      const pieces = this.#rendererOf(run).pieces(index, run.rule.uuids(index, 1), latestMs);
      const finding = compareLine(line, this.#template, pieces, this.#expected, segment.sending.toMs);
      if (finding.isEvent) {
        this.#run = run;
        this.#timeMs = finding.timeMs;
        this.#isExact = finding.isExact;
        this.#listener.onEvent(segment, index, this.#timeMs, this.#isExact);
        this.#length = 1;
        this.#predict(index + 1);
      } else {
        this.#listener.onCorrupt(this.#line, true, finding.difference);
      }
    } else if (isShared || (this.#search.hasUuid && !isTooLong)) {
      this.#listener.onForeign(1);
    } else {
      this.#listener.onCorrupt(this.#line, false);
    }
    this.#line += 1;
  }

  #predict(index: number): void {
    const run = this.#run!;
    this.#ends = [];
    this.#found = 0;
    this.#next = index;
    this.#segment = run.segmentAt(index);
    const count = Math.min(this.#length, (this.#segment?.to ?? index) - index);
    if (count > 0) {
      const uuids = run.rule.uuids(index, count);
      this.#rendererOf(run).write(this.#prediction, 0, this.#ends, index, uuids, this.#timeMs);
    }
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
