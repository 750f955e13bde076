import type { SlicePair } from '../../contract/slice.ts';
import type { Segment } from './run-events.ts';

/** Counts of the expected events of a run. */
export interface Tally {
  /** `present + missing`. */
  readonly expected: number;
  /** Events found, once or more often. */
  readonly present: number;
  readonly missing: number;
  /** Events found more than once. */
  readonly duplicated: number;
  /** Lines beyond the first of each event. */
  readonly extraCopies: number;
  /** The segments that were counted. */
  readonly segments: readonly Segment[];
}

export function tallyOf(segments: readonly Segment[]): Tally {
  const sum = (count: (segment: Segment) => number) => segments.reduce((all, each) => all + count(each), 0);
  return {
    expected: sum(({ from, to }) => to - from),
    present: sum(({ present }) => present),
    missing: sum(({ missing }) => missing),
    duplicated: sum(({ duplicated }) => duplicated),
    extraCopies: sum(({ extraCopies }) => extraCopies),
    segments,
  };
}

/**
 * The missing events, as sorted ranges that don't touch, even where segments do.
 *
 * @param blockEvents Ranges that begin in the same block of events are joined, with what is between them. @default 1
 */
export function* missingRanges(segments: readonly Segment[], blockEvents = 1): Generator<SlicePair, void> {
  let last: SlicePair | undefined;
  for (const segment of segments) {
    const blockOf = (index: number) => Math.floor((index - segment.from) / blockEvents);
    for (const [from, to] of segment.missing === 0 ? [] : segment.missingRanges()) {
      if (last !== undefined && (last[1] === from || blockOf(last[0]) === blockOf(from))) {
        last = [last[0], to];
        continue;
      }
      if (last !== undefined) {
        yield last;
      }
      last = [from, to];
    }
  }
  if (last !== undefined) {
    yield last;
  }
}

/** Number of lines by latency, over all of these segments. */
export function sumOfLatencies(segments: Iterable<Segment>): Map<number, number> {
  const sum = new Map<number, number>();
  for (const { latencies } of segments) {
    for (const [latencyMs, count] of latencies) {
      add(sum, latencyMs, count);
    }
  }
  return sum;
}

/** Adds to the count of a value. */
export function add(counts: Map<number, number>, value: number, count: number): void {
  counts.set(value, (counts.get(value) ?? 0) + count);
}
