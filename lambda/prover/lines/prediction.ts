import type { Renderer } from '../../template/event-template.ts';
import type { LineListener } from '../comparison/line-reader.ts';
import type { RunEvents, Segment } from '../comparison/run-events.ts';
import { uuidBytes, viewOf } from '../comparison/uuid-rule.ts';
import { type FoundEvent, uuidLength } from './uuid-search.ts';

/** Limit of the events that are predicted at once. */
const maxPrediction = 256;

const predictionBytes = 64 * 1_024;

const newline = 0x0a;

/**
 * The events of a record are consecutive, so the next events are predicted: written with the time of the last found event, and
 * compared with the text, many at once. Nearly always that is enough.
 */
export class Prediction {
  readonly #rendererOf: (run: RunEvents) => Renderer;
  readonly #listener: LineListener;
  /** Those of `#segment` from `#next` on. */
  readonly #bytes: Buffer = Buffer.allocUnsafe(predictionBytes);
  #uuids: DataView = viewOf(Buffer.alloc(0));
  #ends: number[] = [];
  /** Number of predicted events that were found. */
  #found = 0;
  #run: RunEvents | undefined;
  #segment: Segment | undefined;
  #next = 0;
  #timeMs = 0;
  #isExact = false;
  #length = 1;

  constructor(rendererOf: (run: RunEvents) => Renderer, listener: LineListener) {
    this.#rendererOf = rendererOf;
    this.#listener = listener;
  }

  /** Reports an event that was found without a prediction, and predicts those after it. */
  startAfter({ run, segment, index }: FoundEvent, timeMs: number, isExact: boolean): void {
    this.#listener.onEvent(segment, index, timeMs, isExact);
    this.#run = run;
    this.#timeMs = timeMs;
    this.#isExact = isExact;
    this.#length = 1;
    this.#predict(index + 1);
  }

  /** The next predicted event, if this is its UUID. */
  eventOf(uuid: Uint32Array): FoundEvent | undefined {
    const at = this.#found * uuidBytes;
    return this.#found < this.#ends.length &&
      this.#uuids.getUint32(at) === uuid[0] &&
      this.#uuids.getUint32(at + 4) === uuid[1] &&
      this.#uuids.getUint32(at + 8) === uuid[2] &&
      this.#uuids.getUint32(at + 12) === uuid[3]
      ? { run: this.#run!, segment: this.#segment!, index: this.#next + this.#found }
      : undefined;
  }

  /** Size of the text before the UUID in the next predicted event. */
  bytesBefore(text: Buffer, uuidAt: number): number {
    const start = this.#ends[this.#found - 1] ?? 0;
    const event = this.#bytes.subarray(start, this.#ends[this.#found]);
    return event.indexOf(text.subarray(uuidAt, uuidAt + uuidLength));
  }

  /** Reports the predicted events that a text has at `at`. @returns their number, and their size in bytes. */
  match(text: Buffer, at: number): { events: number; bytes: number } | undefined {
    const ends = this.#ends;
    const first = this.#found;
    const start = ends[first - 1] ?? 0;
    // The first event alone: the fastest way to notice another line.
    if (first === ends.length || !this.#isAt(text, at, start, ends[first]!)) {
      return undefined;
    }
    let last = first + 1;
    for (let step = 1; last < ends.length; step *= 2) {
      const [from, end] = [ends[last - 1]!, Math.min(last + step, ends.length)];
      if (!this.#isAt(text, at + from - start, from, ends[end - 1]!)) {
        break;
      }
      last = end;
    }
    for (let event = first; event < last; event += 1) {
      this.#listener.onEvent(this.#segment!, this.#next + event, this.#timeMs, this.#isExact);
    }
    this.#found = last;
    const bytes = ends[last - 1]! - start;
    if (last === ends.length) {
      this.#length = Math.min(this.#length * 2, maxPrediction);
      this.#predict(this.#next + last);
    }
    return { events: last - first, bytes };
  }

  #isAt(text: Buffer, at: number, from: number, to: number): boolean {
    const end = at + to - from;
    // Each event ends with a line break: a cheap way to notice another text.
    return text[end - 1] === newline && text.compare(this.#bytes, from, to, at, end) === 0;
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
      this.#uuids = viewOf(uuids);
      this.#rendererOf(run).write(this.#bytes, 0, this.#ends, index, uuids, this.#timeMs);
    }
  }
}
