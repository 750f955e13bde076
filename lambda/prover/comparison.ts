import type { SlicePair } from '../contract/slice.ts';
import { EventFinder } from './event-finder.ts';
import { EventStates } from './event-states.ts';
import { ObjectLines } from './object-lines.ts';
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
import { type StreamSlice, UuidRule } from './uuid-rule.ts';

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

interface ComparedRun {
  readonly run: StreamSlice;
  readonly rule: UuidRule;
  readonly states: EventStates;
}

/** One object while it is read. Call {@link push} with its bytes, uncompressed, then one of the other two. */
export interface ObjectComparison {
  /** Takes the next bytes, in pieces of any size. */
  push(chunk: Buffer): void;
  /** The object ends here. */
  end(): void;
  /** The rest of the object cannot be read. What was pushed counts, without the line that was cut. */
  abandon(reason: string): void;
}

/**
 * Compares what objects hold with what some runs should have sent, event by event. It reads nothing and knows no clock.
 * Any number of objects may be under way at once.
 *
 * Its memory is two bits for each event of the runs and a note on each object that holds any. Events of other runs leave a
 * number behind, nothing else.
 */
export class Comparison {
  readonly #runs: readonly ComparedRun[];
  readonly #eventTimes = new Map<number, number>();
  readonly #latencies = new Map<number, number>();
  readonly #errorObjects = new Map<string, { objects: number; bytes: number }>();
  readonly #objectCounts: ObjectCount[] = [];
  readonly #corruptLines = new BoundedList<CorruptLine>(
    (a, b) => byText(a.object, b.object) || a.line - b.line,
  );
  readonly #corruptObjects = new BoundedList<CorruptObject>((a, b) => byText(a.object, b.object));
  #objects = 0;
  #foreignLines = 0;

  /** @param runs No two of them the same. */
  constructor(runs: readonly StreamSlice[]) {
    this.#runs = runs.map((run) => ({
      run,
      rule: new UuidRule(run),
      states: new EventStates(run.from, run.to),
    }));
  }

  /** Events looked for. */
  get expected(): number {
    return this.#runs.reduce((sum, { run }) => sum + run.to - run.from, 0);
  }

  /** Events not found so far. */
  get missing(): number {
    return this.#runs.reduce((sum, { states }) => sum + states.missing, 0);
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
    const eventTimes = new Map<number, number>();
    const corruptLines: CorruptLine[] = [];
    let [events, foreignLines, corruptLineCount] = [0, 0, 0];
    let [timeMs, eventsOfTime] = [Number.NaN, 0];
    const noteTime = () => {
      if (eventsOfTime > 0) {
        add(eventTimes, timeMs, eventsOfTime);
      }
    };

    const finder = new EventFinder<ComparedRun>(this.#runs, {
      onEvent: ({ states }, index, eventTimeMs) => {
        states.see(index);
        events += 1;
        if (eventTimeMs !== timeMs) {
          noteTime();
          [timeMs, eventsOfTime] = [eventTimeMs, 0];
        }
        eventsOfTime += 1;
      },
      onForeign: (uuids) => {
        foreignLines += uuids;
      },
    });
    const lines = new ObjectLines({
      onEventLine: (line) => finder.find(line.uuid, line.timeMs),
      onCorruptLine: (line) => {
        corruptLineCount += 1;
        if (corruptLines.length < maxCorruptLines) {
          corruptLines.push({ object: facts.object, line });
        }
      },
    });

    const finish = (reason?: string) => {
      finder.flush();
      noteTime();
      this.#objects += 1;
      this.#foreignLines += foreignLines;
      this.#corruptLines.add(corruptLines, corruptLineCount);
      if (reason !== undefined) {
        this.#corruptObjects.add([{ object: facts.object, reason }], 1);
      }
      for (const [eventTimeMs, count] of eventTimes) {
        add(this.#eventTimes, eventTimeMs, count);
        add(this.#latencies, facts.landedAtMs - eventTimeMs, count);
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
    };
  }

  /** What was found out so far. */
  evidence({ source, checkedAtMs, exactlyOnce }: EvidenceFrame): Evidence {
    const runs = this.#runs.map(runProof);
    const latencies = sorted(this.#latencies);
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

function runProof({ run, states }: ComparedRun): RunProof {
  const missingRanges: SlicePair[] = [];
  let missingRangeCount = 0;
  for (const range of states.missing === 0 ? [] : states.missingRanges()) {
    missingRangeCount += 1;
    if (missingRanges.length < maxMissingRanges) {
      missingRanges.push(range);
    }
  }
  return {
    ...run,
    expected: run.to - run.from,
    present: states.present,
    missing: states.missing,
    duplicated: states.duplicated,
    extraCopies: states.extraCopies,
    missingRanges,
    missingRangeCount,
  };
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

function add(counts: Map<number, number>, value: number, count: number): void {
  counts.set(value, (counts.get(value) ?? 0) + count);
}

function sorted(counts: ReadonlyMap<number, number>): ValueCount[] {
  return [...counts].sort(([a], [b]) => a - b);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
