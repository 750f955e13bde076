import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxValues, sample } from '../../lambda/prover/metrics.ts';

/** The nearest-rank percentile. */
const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

describe('a sample of values', () => {
  it('has the percentiles of all of them, in at most 100 numbers', () => {
    const counts = fc.array(fc.tuple(fc.nat(100_000), fc.integer({ min: 1, max: 500 })), { maxLength: 60 });
    fc.assert(
      fc.property(counts, (entries) => {
        // Prepare
        const all = [...new Map(entries)].flatMap(([value, count]) => Array<number>(count).fill(value));
        all.sort((a, b) => a - b);

        // Act
        const values = sample(new Map(entries));

        // Assess
        expect(values).toHaveLength(Math.min(all.length, maxValues));
        const shares = all.length > maxValues ? [0.5, 0.95, 0.99, 1] : [1];
        for (const share of shares) {
          expect(percentile(values, share)).toBe(percentile(all, share));
        }
        if (all.length <= maxValues) {
          expect(values).toEqual(all);
        }
      }),
    );
  });
});
