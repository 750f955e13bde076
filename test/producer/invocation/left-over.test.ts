import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSlices, pairsLength, type RunSlice, sliceLength } from '../../../lambda/contract/slice.ts';
import { cutSlice, joinLeftOver, queuedOf } from '../../../lambda/producer/invocation/left-over.ts';

/** Slices of two runs, each at two rates, that overlap often. */
const slices = fc.array(
  fc
    .record({
      runId: fc.constantFrom('run-1', 'run-2'),
      from: fc.nat(300),
      length: fc.integer({ min: 1, max: 100 }),
      eventsPerSecond: fc.constantFrom(undefined, 100),
    })
    .map(({ runId, from, length, eventsPerSecond }): RunSlice => {
      const slice = { runId, from, to: from + length };
      return eventsPerSecond ? { ...slice, eventsPerSecond } : slice;
    }),
  { maxLength: 20 },
);

function ofRun(all: readonly RunSlice[], { runId, eventsPerSecond }: RunSlice): RunSlice[] {
  return all.filter((slice) => slice.runId === runId && slice.eventsPerSecond === eventsPerSecond);
}

describe('joining what messages leave over', () => {
  it('keeps the events of each run and rate, each once, in slices of the size that one invocation takes', () => {
    fc.assert(
      fc.property(slices, fc.integer({ min: 10, max: 1_000 }), (leftOver, eventsPerSlice) => {
        // Act
        const joined = joinLeftOver(leftOver, eventsPerSlice);

        // Assess
        for (const slice of leftOver) {
          const events = mergeSlices(ofRun(leftOver, slice));
          const joinedOfRun = ofRun(joined, slice);
          expect(mergeSlices(joinedOfRun)).toEqual(events);
          expect(joinedOfRun.reduce((sum, one) => sum + sliceLength(one), 0)).toBe(pairsLength(events));
        }
        for (const slice of joined.filter(({ eventsPerSecond }) => !eventsPerSecond)) {
          expect(sliceLength(slice)).toBeLessThanOrEqual(eventsPerSlice);
        }
      }),
    );
  });

  it('leaves a steady run in one piece: its slices would run at the same time', () => {
    const slice = { runId: 'run-1', eventsPerSecond: 100 };

    expect(
      joinLeftOver(
        [
          { ...slice, from: 0, to: 600 },
          { ...slice, from: 600, to: 900 },
        ],
        100,
      ),
    ).toEqual([{ ...slice, from: 0, to: 900 }]);
  });
});

describe('what the queue took of what one message left over', () => {
  it('is each event of it that is in a slice of its run which the queue took', () => {
    fc.assert(
      fc.property(slices, slices, (leftOver, queued) => {
        // Prepare
        const own = leftOver[0] ? ofRun(leftOver, leftOver[0]) : [];
        const takes = (index: number) =>
          own[0] !== undefined && ofRun(queued, own[0]).some(({ from, to }) => index >= from && index < to);
        const indexesOf = (parts: readonly { from: number; to: number }[]) =>
          new Set(parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)));

        // Act
        const taken = queuedOf(own, queued);

        // Assess
        expect(indexesOf(taken)).toEqual(new Set([...indexesOf(own)].filter(takes)));
      }),
    );
  });
});

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
    const pieces = [...cutSlice({ runId: 'run-1', from: 0, to }, size)];
    expect(pieces.map(sliceLength)).toEqual(lengths);
  });
});
