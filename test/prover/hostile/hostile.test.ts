import { expect, it } from 'vitest';
import { runs } from '../../property-runs.ts';
import { runCases } from './run-case.ts';

// npm run simulate -- --hostile --seed N repeats a case; hostile.slow.test.ts has more of them.
it('never is a proven or a lost wrong, the timeout exceeded, or memory unbounded: a hostile bucket', async () => {
  expect((await runCases(20, runs(100))).violations).toEqual([]);
});
