import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSlices } from '../../lambda/producer/slice.ts';

const slices = fc.array(
  fc.tuple(fc.nat(60), fc.nat(10)).map(([from, length]) => ({ from, to: from + length })),
);

function indexesOf(ranges: Iterable<readonly [number, number]>): Set<number> {
  const indexes = new Set<number>();
  for (const [from, to] of ranges) {
    for (let index = from; index < to; index += 1) {
      indexes.add(index);
    }
  }
  return indexes;
}

describe('merging slices', () => {
  it('joins those that touch or overlap, and drops empty ones', () => {
    expect(
      mergeSlices([
        { from: 10, to: 20 },
        { from: 0, to: 5 },
        { from: 20, to: 30 },
        { from: 12, to: 14 },
        { from: 40, to: 40 },
      ]),
    ).toEqual([
      [0, 5],
      [10, 30],
    ]);
  });

  it('keeps exactly the same events, sorted, with a gap between any two ranges', () => {
    fc.assert(
      fc.property(slices, (parts) => {
        // Act
        const merged = mergeSlices(parts);

        // Assess
        expect(indexesOf(merged)).toEqual(indexesOf(parts.map(({ from, to }) => [from, to])));
        for (const [place, [from, to]] of merged.entries()) {
          expect(from).toBeLessThan(to);
          expect(from).toBeGreaterThan(merged[place - 1]?.[1] ?? -1);
        }
      }),
    );
  });
});
