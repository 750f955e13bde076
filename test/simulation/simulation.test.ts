import { afterAll, describe, expect, it } from 'vitest';
import { firstViolations, SaboteurBuild, sabotages } from './sabotage.ts';
import { simulate, simulateScenario } from './worlds/simulate.ts';
import { World, worldStartMs } from './worlds/world.ts';
import { duplicatesWithoutTime, unreadableBucket } from './worlds/written-scenarios.ts';

describe('in 25 worlds whose stream and queue throttle, fail, stall and lose responses', () => {
  it('no event is lost, no event is resent without a reason, reports are true, and failures have a cause', async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      // npm run simulate -- --seed N repeats it
      expect({ seed, ...(await simulate(seed)) }).toMatchObject({ seed, violations: [] });
    }
  });
});

describe('a world that once had a violation', () => {
  it.each([
    ['messages are delivered twice while there is no time for all of them', duplicatesWithoutTime],
    ['postponing often fails, so claims of an unreadable bucket are delivered too often', unreadableBucket],
  ])('has none: %s', async (_, scenario) => {
    expect((await simulateScenario(new World(1, worldStartMs), scenario, 200_000)).violations).toEqual([]);
  });
});

describe('the oracle', () => {
  const builds = new SaboteurBuild();
  afterAll(() => builds.dispose());

  // The other sabotages are in sabotage.slow.test.ts.
  const fast = sabotages.filter(({ isFast }) => isFast);

  it.each(fast.map((sabotage) => [sabotage.what, sabotage] as const))('notices %s', async (_, sabotage) => {
    // Act
    const violations = await firstViolations(await builds.build(sabotage), sabotage);

    // Assess
    expect(violations).toContainEqual(expect.stringContaining(sabotage.violation));
  });

  it('rejects a sabotage that changes nothing', async () => {
    const change = { file: 'contract/slice.ts', search: 'no such code', replace: '' };

    await expect(builds.build(change)).rejects.toThrow('does not have exactly once');
  });
});
