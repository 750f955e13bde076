import { mergeSlices, type RunSlice, type Slice, subtractSlices } from '../../contract/slice.ts';
import { cutSlice } from './cut-slice.ts';

/**
 * What several messages leave over, in as few slices as can be: those of one run at one rate are joined where they
 * touch or overlap, then cut to `eventsPerSlice`. Without that, the slices of messages that the queue delivers twice
 * multiply, and an invocation that has no time for all of its messages never gets ahead of them.
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

/** The part of what one message left over that is in `queued`, the slices of all messages that the queue took. */
export function queuedOf(leftOver: readonly RunSlice[], queued: readonly RunSlice[]): Slice[] {
  const ofRun = mergeSlices(queued.filter((slice) => leftOver[0] && runOf(slice) === runOf(leftOver[0])));
  return leftOver.flatMap((slice) =>
    subtractSlices(slice, subtractSlices(slice, ofRun)).map(([from, to]) => ({ from, to })),
  );
}

/** Names the run and its rate: what a message can hold only one of. */
function runOf({ runId, eventsPerSecond }: RunSlice): string {
  return JSON.stringify([runId, eventsPerSecond]);
}
