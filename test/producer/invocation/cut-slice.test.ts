import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceLength } from '../../../lambda/contract/slice.ts';
import { cutSlice } from '../../../lambda/producer/invocation/cut-slice.ts';

describe('cutting a slice', () => {
  it('gives pieces that follow one another, all of the same size but for the last one', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1_000, max: 1e6 }),
        (from, length, eventsPerSlice) => {
          // Prepare
          const slice = { runId: 'run-1', from, to: from + length };

          // Act
          const pieces = [...cutSlice(slice, eventsPerSlice)];

          // Assess
          const size = sliceLength(pieces[0]!);
          expect(pieces.length).toBeLessThanOrEqual(1_000);
          expect(pieces.at(-1)!.to).toBe(slice.to);
          expect(pieces.map((piece) => piece.from)).toEqual(pieces.map((_, place) => from + place * size));
          expect(pieces.filter((piece) => piece.to !== Math.min(piece.from + size, slice.to))).toEqual([]);
          expect(new Set(pieces.map(({ runId }) => runId))).toEqual(new Set(['run-1']));
        },
      ),
    );
  });

  it.each([
    [2_500, 1_000, [1_000, 1_000, 500]],
    [1_000_000, 1_000, Array(1_000).fill(1_000)],
    [1_000_001, 1_000, [1_000_000, 1]],
  ])('makes of %i events, with %i in a slice, pieces that may have to be cut again', (to, size, lengths) => {
    // Act
    const pieces = [...cutSlice({ runId: 'run-1', from: 0, to }, size)];

    // Assess
    expect(pieces.map(sliceLength)).toEqual(lengths);
  });

  it('hands on the name of the run', () => {
    // Act
    const pieces = [...cutSlice({ runId: 'run-1', from: 0, to: 2_000 }, 1_000)];

    // Assess
    expect(pieces.map(({ runId }) => runId)).toEqual(['run-1', 'run-1']);
  });
});
