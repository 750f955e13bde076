import { afterAll, describe, expect, it } from 'vitest';
import { readSabotages, SaboteurBuild } from '../../simulation/sabotage.ts';
import { runCases } from './run-case.ts';

it('never is a proven or a lost wrong, the timeout exceeded, or memory unbounded: 1,000 hostile buckets', async () => {
  // Act
  const { violations, verdicts } = await runCases(1, 1_000);

  // Assess: npm run simulate -- --hostile --seed N repeats a case, and --seeds 10000 tries more.
  expect(violations).toEqual([]);
  for (const verdict of ['proven', 'lost', 'unproven', 'waiting']) {
    expect(verdicts[verdict]).toBeGreaterThan(100);
  }
}, 3_600_000);

describe('the oracle of hostile buckets', () => {
  const builds = new SaboteurBuild<typeof import('./run-case.ts')>(new URL('./run-case.ts', import.meta.url));
  afterAll(() => builds.dispose());
  const sabotages = readSabotages(new URL('./sabotages.txt', import.meta.url));

  it.each(sabotages.map((sabotage) => [sabotage.what, sabotage] as const))(
    'notices %s',
    async (_, sabotage) => {
      // Act
      const { violations } = await (await builds.build(sabotage)).runCases(sabotage.seed, 500, 1);

      // Assess
      const texts = violations.flatMap((violation) =>
        violation.texts.map((text) => text.replace(/[\d.]+/g, 'N')),
      );
      expect(texts).toContainEqual(expect.stringContaining(sabotage.violation));
    },
  );
});
