import type { SlicePair } from '../../lambda/contract/slice.ts';
import { Comparison, type ObjectFindings } from '../../lambda/prover/comparison/comparison.ts';
import type { CreateLineReader } from '../../lambda/prover/comparison/line-reader.ts';
import { add, missingRanges, sumOfLatencies, type Tally } from '../../lambda/prover/comparison/tally.ts';
import type { StreamSlice } from '../../lambda/prover/comparison/uuid-rule.ts';
import { UnreadObjects } from '../../lambda/prover/objects/unread.ts';
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

/** Makes the proof from the prover's comparison and from details that the prover does not keep. */
export class ProofBuilder {
  readonly comparison: Comparison;
  /** Objects compared so far. */
  objects = 0;
  readonly #runs: readonly StreamSlice[];
  readonly #eventTimes = new Map<number, number>();
  readonly #errorObjects = new Map<string, { objects: number; bytes: number }>();
  readonly #unreadObjects = new UnreadObjects();
  readonly #objectCounts: ObjectCount[] = [];
  readonly #corruptLines = new FirstItems<CorruptLine>(
    (a, b) => byText(a.object, b.object) || a.line - b.line,
  );
  readonly #corruptObjects = new FirstItems<CorruptObject>((a, b) => byText(a.object, b.object));
  #foreignLines = 0;
  /** Corrupt lines with the UUID of an expected event. */
  #corruptEvents = 0;

  constructor(runs: readonly StreamSlice[], createReader: CreateLineReader, isShared = false) {
    this.#runs = runs;
    this.comparison = new Comparison(runs, createReader, {
      isShared,
      onCorruptLine: (object, line, hasUuid, difference) => {
        this.#corruptLines.add({ object, line, ...(difference && { difference }) });
        this.#corruptEvents += Number(hasUuid);
      },
      onObject: (findings) => this.#addObject(findings),
    });
  }

  addErrorObject(errorType: string, bytes: number): void {
    const before = this.#errorObjects.get(errorType) ?? { objects: 0, bytes: 0 };
    this.#errorObjects.set(errorType, { objects: before.objects + 1, bytes: before.bytes + bytes });
  }

  addUnreadObject(key: string, error: unknown): void {
    this.#unreadObjects.add(key, error);
  }

  /** The evidence of the objects so far. `checkedAtMs` is when the reading ended, in milliseconds since 1970. */
  evidence(source: string, checkedAtMs: number, exactlyOnce: boolean): Evidence {
    const tallies = this.#runs.map((run) => this.comparison.tally(run, [run]));
    const runs = tallies.map((tally, place) => runProof(this.#runs[place]!, tally));
    const latencies = sorted(sumOfLatencies(new Set(tallies.flatMap(({ segments }) => segments))));
    const [corruptLines, corruptObjects] = [this.#corruptLines, this.#corruptObjects];
    const isClean = corruptLines.count === 0 && corruptObjects.count === 0;
    const isDuplicated = runs.some((run) => run.duplicated > 0);
    const unreadObjects = this.#unreadObjects.describe();
    const isAllCorrupt =
      this.#corruptEvents > 0 &&
      this.#corruptEvents === corruptLines.count &&
      runs.every(({ present }) => present === 0);
    return {
      proof: {
        complete: this.comparison.missing === 0 && isClean && !(exactlyOnce && isDuplicated),
        unproven: isAllCorrupt || (this.comparison.missing > 0 && unreadObjects.length > 0),
        exactlyOnce,
        source,
        checkedAt: new Date(checkedAtMs).toISOString(),
        runs,
        foreignLines: this.#foreignLines,
        corruptLines: corruptLines.items,
        corruptLineCount: corruptLines.count,
        corruptObjects: corruptObjects.items,
        corruptObjectCount: corruptObjects.count,
        unreadObjects,
        objects: this.objects,
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

  #addObject({ object, damage, eventTimes, ...counts }: ObjectFindings): void {
    const { key, landedAtMs, bytes } = object;
    this.objects += 1;
    this.#foreignLines += counts.foreignLines;
    for (const times of eventTimes.values()) {
      for (const [timeMs, count] of times) {
        add(this.#eventTimes, timeMs, count);
      }
    }
    if (damage !== undefined) {
      this.#corruptObjects.add({ object: key, reason: damage });
    }
    if (counts.events > 0 || counts.corruptLines > 0 || damage !== undefined) {
      this.#objectCounts.push({
        object: key,
        landedAt: Number.isNaN(landedAtMs) ? 'unknown' : new Date(landedAtMs).toISOString(),
        bytes,
        ...counts,
      });
    }
  }
}

/** Counts items and keeps the first {@link maxCorruptLines} in sorted order. */
class FirstItems<Item> {
  readonly #compare: (a: Item, b: Item) => number;
  #items: Item[] = [];
  count = 0;

  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  get items(): readonly Item[] {
    return this.#items.toSorted(this.#compare).slice(0, maxCorruptLines);
  }

  add(item: Item): void {
    this.count += 1;
    this.#items.push(item);
    if (this.#items.length === 2 * maxCorruptLines) {
      this.#items = [...this.items];
    }
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
