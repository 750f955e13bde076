import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../../lambda/contract/slice.ts';
import { mergeSlices } from '../../../lambda/contract/slice.ts';
import { RunEvents } from '../../../lambda/prover/comparison/run-events.ts';
import { compare, createLines, createRun, createStoredObject } from '../../proof/factories.ts';

const slice: fc.Arbitrary<Slice> = fc
  .tuple(fc.nat(300), fc.integer({ min: 1, max: 100 }))
  .map(([from, length]) => ({ from, to: from + length }));
const slices = fc.array(slice, { minLength: 1, maxLength: 8 });

describe('the expected events of a run', () => {
  it('are those of all slices, each once, even if slices overlap', () => {
    fc.assert(
      fc.property(slices, (each) => {
        // Act
        const { segments } = new RunEvents(createRun(), each);

        // Assess
        expect(mergeSlices(segments)).toEqual(mergeSlices(each));
        expect(segments.every(({ from }, place) => place === 0 || segments[place - 1]!.to <= from)).toBe(
          true,
        );
      }),
    );
  });

  it('are found by their index and by their slice', () => {
    fc.assert(
      fc.property(slices, fc.array(fc.nat(450)), (each, indexes) => {
        // Prepare
        const events = new RunEvents(createRun(), each);

        // Assess
        for (const index of indexes) {
          const isExpected = each.some(({ from, to }) => index >= from && index < to);
          const segment = events.segmentAt(index);
          expect(segment !== undefined && index >= segment.from && index < segment.to).toBe(isExpected);
        }
        for (const one of each) {
          expect(mergeSlices(events.segmentsOf(one))).toEqual([[one.from, one.to]]);
        }
      }),
    );
  });

  it('get a proof for each slice, which counts its events', () => {
    fc.assert(
      fc.property(slices, fc.array(fc.nat(450), { maxLength: 60 }), (each, present) => {
        // Prepare
        const runs = each.map(({ from, to }) => createRun({ from, to }));
        const all = createLines(createRun({ to: 451 }));
        const lines = present.map((index) => all[index]!);

        // Act
        const { proof } = compare(runs, [{ object: createStoredObject(), lines }]);

        // Assess
        for (const [place, { from, to }] of each.entries()) {
          const inside = present.filter((index) => index >= from && index < to);
          const distinct = new Set(inside);
          const run = proof.runs[place]!;
          expect(run).toMatchObject({
            expected: to - from,
            present: distinct.size,
            missing: to - from - distinct.size,
            extraCopies: inside.length - distinct.size,
          });
          const missing = run.missingRanges.flatMap(([start, end]) =>
            Array.from({ length: end - start }, (_, offset) => start + offset),
          );
          const expected = Array.from({ length: to - from }, (_, offset) => from + offset);
          expect(missing).toEqual(expected.filter((index) => !distinct.has(index)));
          expect(run.missingRanges).toEqual(
            mergeSlices(run.missingRanges.map(([a, b]) => ({ from: a, to: b }))),
          );
        }
      }),
    );
  });
});
