import type { Slice, SlicePair } from '../../contract/slice.ts';
import type { CreateLineReader } from './line-reader.ts';
import {
  type CorruptLine,
  type CorruptObject,
  type ErrorObjects,
  type Evidence,
  type Latency,
  maxCorruptLines,
  maxMissingRanges,
  type ObjectCount,
  type RunProof,
  type ValueCount,
} from './proof.ts';
import { RunEvents, type Segment } from './run-events.ts';
import { add, missingRanges, sumOfLatencies, type Tally, tallyOf } from './tally.ts';
import { UuidFilter } from './uuid-filter.ts';
import type { StreamSlice } from './uuid-rule.ts';

/** What is known of an object before it is read. */
export interface ObjectFacts {
  /** Its key. */
  readonly object: string;
  /** When it landed, in milliseconds since 1970. */
  readonly landedAtMs: number;
  /** Its size, compressed if it is, in bytes. */
  readonly bytes: number;
}

/** What a {@link Comparison} does not know by itself. */
export interface EvidenceFrame {
  /** What was read. */
  readonly source: string;
  /** When the reading ended, in milliseconds since 1970. */
  readonly checkedAtMs: number;
  /** Whether a duplicate spoils the proof. */
  readonly exactlyOnce: boolean;
}

/** One object while it is read. Call {@link push} with its bytes, uncompressed, then one of the others. */
export interface ObjectComparison {
  /** Takes the next bytes, in pieces of any size. */
  push(chunk: Buffer): void;
  /** The object ends here. */
  end(): void;
  /** The rest of the object is damaged. What was pushed counts, without the line that was cut. */
  abandon(reason: string): void;
  /** The rest of the object is not read. What was pushed counts, without the line that was cut. */
  stop(): void;
}

/**
 * Compares what objects hold with what some runs should have sent, event by event. It reads nothing and knows no clock.
 * Any number of objects may be under way at once.
 *
 * Its memory is two bits for each event of the runs, up to 8 MiB for the filter, and a note on each object that holds any. Events
 * of other runs leave a number behind, nothing else.
 */
export class Comparison {
  readonly #slices: readonly StreamSlice[];
  /** By stream and run. */
  readonly #runs: ReadonlyMap<string, RunEvents>;
  readonly #segments: readonly Segment[];
  readonly #filter: UuidFilter;
  readonly #createReader: CreateLineReader;
  readonly #isShared: boolean;
  readonly #eventTimes = new Map<number, number>();
  readonly #errorObjects = new Map<string, { objects: number; bytes: number }>();
  readonly #objectCounts: ObjectCount[] = [];
  readonly #corruptLines = new BoundedList<CorruptLine>(
    (a, b) => byText(a.object, b.object) || a.line - b.line,
  );
  readonly #corruptObjects = new BoundedList<CorruptObject>((a, b) => byText(a.object, b.object));
  /** Of each object that is corrupt. */
  readonly #corruptions: { segments: ReadonlySet<Segment>; landedAtMs: number; lines: number }[] = [];
  #objects = 0;
  #foreignLines = 0;

  /**
   * @param slices What is looked for. Slices of the same run may overlap.
   * @param createReader Finds out what lines are.
   * @param isShared Whether the objects hold lines of others. Then a line is corrupt only if it bears the UUID of an event that
   * is looked for.
   */
  constructor(slices: readonly StreamSlice[], createReader: CreateLineReader, isShared = false) {
    this.#slices = slices;
    this.#createReader = createReader;
    this.#isShared = isShared;
    const slicesOfRuns = new Map<string, StreamSlice[]>();
    for (const slice of slices) {
      const ofRun = slicesOfRuns.get(keyOf(slice));
      if (ofRun === undefined) {
        slicesOfRuns.set(keyOf(slice), [slice]);
      } else {
        ofRun.push(slice);
      }
    }
    this.#runs = new Map([...slicesOfRuns].map(([key, ofRun]) => [key, new RunEvents(ofRun[0]!, ofRun)]));
    this.#segments = [...this.#runs.values()].flatMap(({ segments }) => segments);
    this.#filter = new UuidFilter([...this.#runs.values()]);
  }

  /** Events looked for. */
  get expected(): number {
    return this.#segments.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Events not found so far. */
  get missing(): number {
    return this.#segments.reduce((sum, { missing }) => sum + missing, 0);
  }

  /** Objects read to their end so far. */
  get objects(): number {
    return this.#objects;
  }

  /** Counts an object under the error prefix. */
  addErrorObject(errorType: string, bytes: number): void {
    const before = this.#errorObjects.get(errorType) ?? { objects: 0, bytes: 0 };
    this.#errorObjects.set(errorType, { objects: before.objects + 1, bytes: before.bytes + bytes });
  }

  /** Begins with one object. */
  startObject(facts: ObjectFacts): ObjectComparison {
    const eventTimes = new Map<Segment, Map<number, number>>();
    const corruptLines: CorruptLine[] = [];
    let [events, foreignLines, corruptLineCount] = [0, 0, 0];
    let lastSegment: Segment | undefined;
    let [timeMs, eventsOfTime] = [Number.NaN, 0];
    const noteTime = () => {
      if (lastSegment !== undefined) {
        const times = eventTimes.get(lastSegment) ?? new Map<number, number>();
        eventTimes.set(lastSegment, times);
        if (!Number.isNaN(timeMs)) {
          add(times, timeMs, eventsOfTime);
        }
      }
    };

    const expected = {
      runs: [...this.#runs.values()],
      filter: this.#filter,
      isShared: this.#isShared,
      landedAtMs: facts.landedAtMs,
    };
    const lines = this.#createReader(expected, {
      onEvent: (segment, index, eventTimeMs) => {
        segment.see(index);
        events += 1;
        const isSameTime = eventTimeMs === timeMs || (Number.isNaN(eventTimeMs) && Number.isNaN(timeMs));
        if (!isSameTime || segment !== lastSegment) {
          noteTime();
          lastSegment = segment;
          timeMs = eventTimeMs;
          eventsOfTime = 0;
        }
        eventsOfTime += 1;
      },
      onForeign: (foreign) => {
        foreignLines += foreign;
      },
      onCorrupt: (line, difference) => {
        corruptLineCount += 1;
        if (corruptLines.length < maxCorruptLines) {
          corruptLines.push({ object: facts.object, line, ...(difference && { difference }) });
        }
      },
    });

    const finish = (damage?: string) => {
      // What cannot be read, of objects of others, was never meant for us.
      const reason = this.#isShared ? undefined : damage;
      lines.flush();
      noteTime();
      this.#objects += 1;
      this.#foreignLines += foreignLines;
      this.#corruptLines.add(corruptLines, corruptLineCount);
      if (reason !== undefined) {
        this.#corruptObjects.add([{ object: facts.object, reason }], 1);
      }
      for (const [segment, times] of eventTimes) {
        for (const [eventTimeMs, count] of times) {
          add(this.#eventTimes, eventTimeMs, count);
          add(segment.latencies, facts.landedAtMs - eventTimeMs, count);
        }
      }
      if (corruptLineCount > 0 || reason !== undefined) {
        this.#corruptions.push({
          segments: new Set(eventTimes.keys()),
          landedAtMs: facts.landedAtMs,
          lines: corruptLineCount + Number(reason !== undefined),
        });
      }
      if (events > 0 || corruptLineCount > 0 || reason !== undefined) {
        this.#objectCounts.push({
          object: facts.object,
          landedAt: new Date(facts.landedAtMs).toISOString(),
          bytes: facts.bytes,
          events,
          foreignLines,
          corruptLines: corruptLineCount,
        });
      }
    };
    return {
      push: (chunk) => lines.push(chunk),
      end: () => {
        lines.end();
        finish();
      },
      abandon: finish,
      stop: () => finish(),
    };
  }

  /** What was found so far of slices that are looked for, all of the same run. */
  tally(run: Pick<StreamSlice, 'runId' | 'deliveryStreamName'>, slices: readonly Slice[]): Tally {
    const events = this.#runs.get(keyOf(run));
    const segments = [...new Set(slices.flatMap((slice) => events?.segmentsOf(slice) ?? []))];
    return tallyOf(segments);
  }

  /**
   * Corrupt lines beside the events of some segments; one, too, for an object that cannot be read to its end. Those of an object
   * without any event that is looked for count if it landed in time.
   */
  corruptLinesBeside(segments: ReadonlySet<Segment>, landedSinceMs: number): number {
    return this.#corruptions
      .filter(({ segments: beside, landedAtMs }) =>
        beside.size === 0
          ? landedAtMs >= landedSinceMs
          : [...beside].some((segment) => segments.has(segment)),
      )
      .reduce((sum, { lines }) => sum + lines, 0);
  }

  /** What was found out so far. */
  evidence({ source, checkedAtMs, exactlyOnce }: EvidenceFrame): Evidence {
    const runs = this.#slices.map((slice) => runProof(slice, this.tally(slice, [slice])));
    const latencies = sorted(sumOfLatencies(this.#segments));
    const isClean = this.#corruptLines.count === 0 && this.#corruptObjects.count === 0;
    const isDuplicated = runs.some((run) => run.duplicated > 0);
    return {
      proof: {
        complete: this.missing === 0 && isClean && !(exactlyOnce && isDuplicated),
        exactlyOnce,
        source,
        checkedAt: new Date(checkedAtMs).toISOString(),
        runs,
        foreignLines: this.#foreignLines,
        corruptLines: this.#corruptLines.items,
        corruptLineCount: this.#corruptLines.count,
        corruptObjects: this.#corruptObjects.items,
        corruptObjectCount: this.#corruptObjects.count,
        objects: this.#objects,
        objectCounts: this.#objectCounts.toSorted(
          (a, b) => byText(a.landedAt, b.landedAt) || byText(a.object, b.object),
        ),
        errorObjects: [...this.#errorObjects]
          .map(([errorType, counts]): ErrorObjects => ({ errorType, ...counts }))
          .sort((a, b) => byText(a.errorType, b.errorType)),
        latencyMs: percentiles(latencies),
      },
      eventTimes: sorted(this.#eventTimes),
      latencies,
    };
  }
}

/** The first {@link maxCorruptLines} in order, whatever the order in which they came, and how many there were. */
class BoundedList<T> {
  readonly #compare: (a: T, b: T) => number;
  items: T[] = [];
  count = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  add(items: readonly T[], count: number): void {
    if (count === 0) {
      return;
    }
    this.count += count;
    this.items = [...this.items, ...items].sort(this.#compare).slice(0, maxCorruptLines);
  }
}

function runProof(run: StreamSlice, { segments, ...counts }: Tally): RunProof {
  const missing: SlicePair[] = [];
  let missingRangeCount = 0;
  for (const range of missingRanges(segments)) {
    missingRangeCount += 1;
    if (missing.length < maxMissingRanges) {
      missing.push(range);
    }
  }
  return { ...run, ...counts, missingRanges: missing, missingRangeCount };
}

function keyOf({ runId, deliveryStreamName }: Pick<StreamSlice, 'runId' | 'deliveryStreamName'>): string {
  return `${deliveryStreamName}/${runId}`;
}

function percentiles(latencies: readonly ValueCount[]): Latency {
  const lines = latencies.reduce((sum, [, count]) => sum + count, 0);
  const nearestRank = (share: number) => {
    let seen = 0;
    for (const [latencyMs, count] of latencies) {
      seen += count;
      if (seen >= share * lines) {
        return latencyMs;
      }
    }
    return null;
  };
  return { p50: nearestRank(0.5), p95: nearestRank(0.95), p99: nearestRank(0.99), max: nearestRank(1) };
}

function sorted(counts: ReadonlyMap<number, number>): ValueCount[] {
  return [...counts].sort(([a], [b]) => a - b);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
