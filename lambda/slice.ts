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
