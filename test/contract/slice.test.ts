import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mergeSlices,
  pairsLength,
  type Slice,
  type SlicePair,
  sliceLength,
  subtractSlices,
} from '../../lambda/contract/slice.ts';

const slice = fc.tuple(fc.nat(60), fc.nat(10)).map(([from, length]) => ({ from, to: from + length }));
const slices = fc.array(slice);

function indexesOf(pairs: Iterable<SlicePair>): Set<number> {
  const indexes = new Set<number>();
  for (const [from, to] of pairs) {
    for (let index = from; index < to; index += 1) {
      indexes.add(index);
    }
  }
  return indexes;
}

function toPair({ from, to }: Slice): SlicePair {
  return [from, to];
}

describe('merging slices', () => {
  it('keeps exactly the same events, sorted, with a gap between any two pairs', () => {
    fc.assert(
      fc.property(slices, (parts) => {
        // Act
        const merged = mergeSlices(parts);

        // Assess
        expect(indexesOf(merged)).toEqual(indexesOf(parts.map(toPair)));
        expect(pairsLength(merged)).toBe(indexesOf(merged).size);
        for (const [place, [from, to]] of merged.entries()) {
          expect(from).toBeLessThan(to);
          expect(from).toBeGreaterThan(merged[place - 1]?.[1] ?? -1);
        }
      }),
    );
  });
});

describe('subtracting slices', () => {
  it('leaves exactly the events that are in none of them, as merged pairs', () => {
    fc.assert(
      fc.property(slice, slices, (whole, others) => {
        // Act
        const left = subtractSlices(whole, mergeSlices(others));

        // Assess
        const taken = indexesOf(others.map(toPair));
        const expected = [...indexesOf([toPair(whole)])].filter((index) => !taken.has(index));
        expect([...indexesOf(left)]).toEqual(expected);
        expect(left).toEqual(mergeSlices(left.map(([from, to]) => ({ from, to }))));
      }),
    );
  });
});

describe('the length of a slice', () => {
  it('is its number of events; `to` is not one of them', () => {
    expect(sliceLength({ from: 40, to: 100 })).toBe(60);
  });
});
