import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSlices, pairsLength, type RunSlice, sliceLength } from '../../../lambda/contract/slice.ts';
import { joinLeftOver, queuedOf } from '../../../lambda/producer/invocation/left-over.ts';

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
