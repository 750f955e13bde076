import { expect, it } from 'vitest';
import { measurePacing, pacingTargets } from './worlds/pacing.ts';

// The other rows are in pacing.slow.test.ts.
it('two producers use a small stream within the targets', async () => {
  // Prepare
  const { quota, producers, used, refusedShare } = pacingTargets[6];

  // Act
  const pacing = await measurePacing({ bytes: 120 * quota, quota, producers });

  // Assess
  expect(pacing.used).toBeGreaterThan(used);
  expect(pacing.refusedShare).toBeLessThan(refusedShare);
});
