import type { LineListener } from '../comparison/line-reader.ts';
import type { RunEvents, Segment } from '../comparison/run-events.ts';
import type { UuidFilter } from '../comparison/uuid-filter.ts';
import { maxUuidsInverted, noIndex, uuidBytes, viewOf } from '../comparison/uuid-rule.ts';

/** UUIDs that are predicted at once. */
const [minPrediction, maxPrediction] = [16, 1_024];

/**
 * Finds the run and the index of the event that a UUID belongs to, without a table of UUIDs.
 *
 * The events of a record are consecutive, so the UUID after the last found event is predicted and compared. Nearly always that
 * is enough. A UUID that was not predicted and passes the filter is inverted, once for each run, first for the run found last.
 * Such UUIDs are collected and inverted together. The batch grows while no prediction matches: one UUID at a jump within a
 * run, 64 in a stretch of foreign events.
 */
export class EventFinder {
  readonly #listener: Pick<LineListener, 'onEvent' | 'onForeign'>;
  readonly #filter: UuidFilter;
  /** The run found last comes first. */
  readonly #runs: RunEvents[];
  /** The segment of the event that is predicted next. */
  #segment: Segment | undefined;

  #next = Number.NaN;
  #prediction: DataView = viewOf(Buffer.alloc(0));
  #predictionAt = 0;
  #predictionLength = minPrediction;

  readonly #waitingWords = new Uint32Array(maxUuidsInverted * 4);
  readonly #waitingTimesMs = new Float64Array(maxUuidsInverted);
  readonly #indexes = new Float64Array(maxUuidsInverted);
  #waiting = 0;
  #batch = 1;

  /** @param filter Filter over the same runs; finders may share it. */
  constructor(
    runs: readonly RunEvents[],
    filter: UuidFilter,
    listener: Pick<LineListener, 'onEvent' | 'onForeign'>,
  ) {
    this.#runs = [...runs];
    this.#filter = filter;
    this.#listener = listener;
  }

  /**
   * Takes one UUID and reports it to the listener, {@link flush} at the latest.
   *
   * @param uuid Four big-endian 32-bit words.
   */
  find(uuid: Uint32Array, timeMs: number): void {
    const word0 = uuid[0]!;
    const word1 = uuid[1]!;
    const word2 = uuid[2]!;
    const word3 = uuid[3]!;
    const prediction = this.#prediction;
    const at = this.#predictionAt;
    if (
      at < prediction.byteLength &&
      prediction.getUint32(at) === word0 &&
      prediction.getUint32(at + 4) === word1 &&
      prediction.getUint32(at + 8) === word2 &&
      prediction.getUint32(at + 12) === word3
    ) {
      this.#listener.onEvent(this.#segment!, this.#next, timeMs, true);
      this.#batch = 1;
      this.#next += 1;
      this.#predictionAt = at + uuidBytes;
      if (this.#predictionAt === prediction.byteLength) {
        this.#predictionLength = Math.min(this.#predictionLength * 2, maxPrediction);
        this.#predict();
      }
      return;
    }
    if (!this.#filter.mayHold(word0, word3)) {
      this.#listener.onForeign(1);
      return;
    }
    const place = this.#waiting * 4;
    this.#waitingWords[place] = word0;
    this.#waitingWords[place + 1] = word1;
    this.#waitingWords[place + 2] = word2;
    this.#waitingWords[place + 3] = word3;
    this.#waitingTimesMs[this.#waiting] = timeMs;
    this.#waiting += 1;
    if (this.#waiting >= this.#batch) {
      this.flush();
      this.#batch = Math.min(this.#batch * 2, maxUuidsInverted);
    }
  }

  /** Reports the UUIDs that were not reported yet. */
  flush(): void {
    if (this.#waiting === 0) {
      return;
    }
    let found: { run: RunEvents; index: number } | undefined;
    for (const run of [...this.#runs]) {
      if (this.#waiting === 0) {
        break;
      }
      run.rule.indexesOf(this.#waitingWords.subarray(0, this.#waiting * 4), this.#indexes);
      let kept = 0;
      for (let order = 0; order < this.#waiting; order += 1) {
        const index = this.#indexes[order]!;
        const segment = index === noIndex ? undefined : run.segmentAt(index);
        if (segment === undefined) {
          this.#keep(order, kept);
          kept += 1;
          continue;
        }
        this.#listener.onEvent(segment, index, this.#waitingTimesMs[order]!, true);
        found = { run, index };
      }
      this.#waiting = kept;
    }
    if (this.#waiting > 0) {
      this.#listener.onForeign(this.#waiting);
      this.#filter.noteForeign(this.#waiting * this.#runs.length);
    }
    this.#waiting = 0;
    if (found) {
      this.#continueAfter(found.run, found.index);
    }
  }

  /** Moves a waiting UUID forward, over reported ones. In place, since there may be millions of foreign lines. */
  #keep(from: number, to: number): void {
    if (from === to) {
      return;
    }
    this.#waitingWords.copyWithin(to * 4, from * 4, from * 4 + 4);
    this.#waitingTimesMs[to] = this.#waitingTimesMs[from]!;
  }

  #continueAfter(run: RunEvents, index: number): void {
    if (this.#runs[0] !== run) {
      this.#runs.splice(this.#runs.indexOf(run), 1);
      this.#runs.unshift(run);
    }
    this.#next = index + 1;
    this.#predictionLength = minPrediction;
    this.#predict();
  }

  #predict(): void {
    const [run] = this.#runs;
    this.#segment = run!.segmentAt(this.#next);
    const count = Math.min(this.#predictionLength, (this.#segment?.to ?? this.#next) - this.#next);
    this.#prediction = viewOf(count === 0 ? Buffer.alloc(0) : run!.rule.uuids(this.#next, count));
    this.#predictionAt = 0;
  }
}
