import { afterAll, describe, expect, it } from 'vitest';
import { firstViolations, SaboteurBuild, sabotages } from './sabotage.ts';
import { World, worldStartMs } from './worlds/world.ts';
import { duplicatesWithoutTime, unreadableBucket } from './worlds/written-scenarios.ts';

const builds = new SaboteurBuild();
afterAll(() => builds.dispose());

describe('the oracle', () => {
  const slow = sabotages.filter(({ isFast }) => !isFast);

  it.each(slow.map((sabotage) => [sabotage.what, sabotage] as const))('notices %s', async (_, sabotage) => {
    // Act
    const violations = await firstViolations(await builds.build(sabotage), sabotage);

    // Assess
    expect(violations).toContainEqual(expect.stringContaining(sabotage.violation));
  });
});

describe('a written scenario', () => {
  it.each([
    [
      'joins the slices of duplicates',
      duplicatesWithoutTime,
      25_000,
      {
        file: 'producer/invocation/left-over.ts',
        search: 'mergeSlices(ofRun).flatMap(([from, to]) => {',
        replace: 'ofRun.flatMap(({ from, to }) => {',
      },
      'the run never ended',
    ],
    [
      'gives up a claim before the queue does',
      unreadableBucket,
      200_000,
      {
        file: 'prover/claims/verdict.ts',
        search: ' || receives >= giveUpAfterReceives',
        replace: '',
      },
      'has no verdict: dead',
    ],
  ])('fails unless the code %s', async (_, scenario, maxSteps, change, violation) => {
    // Prepare
    const { simulateScenario } = await builds.build(change);

    // Act
    const { violations } = await simulateScenario(new World(1, worldStartMs), scenario, maxSteps);

    // Assess
    expect(violations).toContainEqual(expect.stringContaining(violation));
  });
});
