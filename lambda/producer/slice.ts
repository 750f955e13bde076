/** A half-open range `[from, to)` of a run's events: the one unit of work. */
export interface Slice {
  /** Index of the first event. */
  readonly from: number;
  /** Index after the last event. */
  readonly to: number;
}

/** A slice of a named run: what an invocation works on. */
export interface RunSlice extends Slice {
  /** Names the run; with the stream's name it decides every UUID. */
  readonly runId: string;
  /** Steady rate at which the events are sent; without it, as fast as the stream takes them. */
  readonly eventsPerSecond?: number;
}

/** A slice as reports show it: `[from, to]`. */
export type SlicePair = readonly [from: number, to: number];

/** How many events a slice has. */
export function sliceLength({ from, to }: Slice): number {
  return to - from;
}

/** The same events as sorted pairs, with slices that touch or overlap joined and empty ones left out. */
export function mergeSlices(slices: Iterable<Slice>): SlicePair[] {
  const sorted = [...slices].filter((slice) => sliceLength(slice) > 0).sort((a, b) => a.from - b.from);
  const merged: [number, number][] = [];
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    if (last && from <= last[1]) {
      last[1] = Math.max(last[1], to);
    } else {
      merged.push([from, to]);
    }
  }
  return merged;
}

/** Most pieces that {@link cutSlice} makes: a hundred calls to the work queue, a second or two. */
const maxPieces = 1_000;

/**
 * Cuts a slice into pieces of `eventsPerSlice` events, or, where that would be more than a thousand, into larger ones
 * that whoever gets them cuts again.
 */
export function* cutSlice(slice: RunSlice, eventsPerSlice: number): Generator<RunSlice, void> {
  let size = eventsPerSlice;
  while (sliceLength(slice) / size > maxPieces) {
    size *= maxPieces;
  }
  for (let from = slice.from; from < slice.to; from += size) {
    yield { ...slice, from, to: Math.min(from + size, slice.to) };
  }
}
