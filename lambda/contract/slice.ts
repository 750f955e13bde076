/** A half-open range `[from, to)` of a run's events: the one unit of work. */
export interface Slice {
  /** Index of the first event. */
  readonly from: number;
  /** Index after the last event. */
  readonly to: number;
}

/** A slice as reports and proofs write it: `[from, to]`. */
export type SlicePair = readonly [from: number, to: number];

/** More slices make several messages: ten of them fit into a call to SQS, whatever the indices. */
export const maxSlicesPerMessage = 1_000;

/** Deliveries of a message of the work queue until it moves to the dead-letter queue: AWS recommends at least five. */
export const workMaxReceives = 5;

/** A slice of a named run: what an invocation works on, and what a message of the work queue holds. */
export interface RunSlice extends Slice {
  /** Names the run; with the stream's name it decides every UUID. */
  readonly runId: string;
  /** Its parts, if it has gaps: sorted pairs that don't touch. @default - it has none */
  readonly slices?: readonly SlicePair[] | undefined;
  /** Steady rate at which the events are sent. @default - as fast as the stream takes them */
  readonly eventsPerSecond?: number;
}

/** How many events a slice has, without those in its gaps. */
export function sliceLength({ from, to, slices }: Slice & Pick<RunSlice, 'slices'>): number {
  return slices ? pairsLength(slices) : to - from;
}

/** The slices without gaps that a slice consists of. */
export function partsOf({ slices, ...slice }: RunSlice): RunSlice[] {
  return slices ? slices.map(([from, to]) => ({ ...slice, from, to })) : [slice];
}

/** How many events some pairs have together, if they don't overlap. */
export function pairsLength(pairs: readonly SlicePair[]): number {
  return pairs.reduce((sum, [from, to]) => sum + to - from, 0);
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

/**
 * What is left of a slice without some others, as sorted pairs that don't touch.
 *
 * @param others Sorted pairs that don't overlap.
 */
export function subtractSlices({ from, to }: Slice, others: readonly SlicePair[]): SlicePair[] {
  const left: Slice[] = [];
  let at = from;
  for (const [otherFrom, otherTo] of others) {
    left.push({ from: at, to: Math.min(otherFrom, to) });
    at = Math.max(at, otherTo);
  }
  left.push({ from: at, to });
  return mergeSlices(left);
}
