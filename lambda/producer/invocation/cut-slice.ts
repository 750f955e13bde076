import { type RunSlice, sliceLength } from '../../contract/slice.ts';

/** Most pieces that {@link cutSlice} makes: a hundred calls to the work queue, which take a second or two. */
const maxPieces = 1_000;

/**
 * Cuts a slice into pieces of `eventsPerSlice` events. Where that would be more than a thousand, the pieces are larger,
 * and whoever gets them cuts them again.
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
