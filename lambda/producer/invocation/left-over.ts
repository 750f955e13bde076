import { mergeSlices, type RunSlice, type Slice, sliceLength, subtractSlices } from '../../contract/slice.ts';

/** A thousand messages are a hundred calls to the work queue, which take a second or two. */
const maxPieces = 1_000;

/**
 * Cuts a slice into pieces of `eventsPerSlice` events. Where that would be more than a thousand, the pieces are larger,
 * and the invocations that receive them cut them again.
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

/**
 * Joins what several messages left over into few slices: those of one run at one rate are merged where they touch or
 * overlap, then cut to `eventsPerSlice`. Otherwise the slices of messages that the queue delivers twice multiply, and an
 * invocation that has no time for all of its messages never gets ahead of them.
 */
export function joinLeftOver(leftOver: Iterable<RunSlice>, eventsPerSlice: number): RunSlice[] {
  const runs = new Map<string, RunSlice[]>();
  for (const slice of leftOver) {
    const key = runOf(slice);
    const ofRun = runs.get(key) ?? [];
    ofRun.push(slice);
    runs.set(key, ofRun);
  }
  return [...runs.values()].flatMap((ofRun) =>
    mergeSlices(ofRun).flatMap(([from, to]) => {
      const joined = { ...ofRun[0]!, from, to };
      return joined.eventsPerSecond ? [joined] : [...cutSlice(joined, eventsPerSlice)];
    }),
  );
}

/** The part of one message's left-over that is in `queued`, the slices of all messages that the queue took. */
export function queuedOf(leftOver: readonly RunSlice[], queued: readonly RunSlice[]): Slice[] {
  const ofRun = mergeSlices(queued.filter((slice) => leftOver[0] && runOf(slice) === runOf(leftOver[0])));
  return leftOver.flatMap((slice) =>
    subtractSlices(slice, subtractSlices(slice, ofRun)).map(([from, to]) => ({ from, to })),
  );
}

/** A key for a run and its rate: a message can hold only one of each. */
function runOf({ runId, eventsPerSecond }: RunSlice): string {
  return JSON.stringify([runId, eventsPerSecond]);
}
