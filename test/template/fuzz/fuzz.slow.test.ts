import { expect, it } from 'vitest';
import { fuzzedTemplate } from './grammar.ts';
import { judge } from './judge.ts';

it('refuses 500 random templates in one line each, or proves their events', () => {
  // Prepare
  const seeds = Array.from({ length: 500 }, (_, place) => place + 1);

  // Act
  const verdicts = seeds.map((seed) => ({ seed, ...judge(fuzzedTemplate(seed), seed) }));

  // Assess
  expect(verdicts.filter(({ faults }) => faults.length > 0)).toEqual([]);
  expect(verdicts.filter(({ isAccepted }) => isAccepted).length).toBeGreaterThan(200);
  expect(verdicts.filter(({ isAccepted }) => !isAccepted).length).toBeGreaterThan(100);
});
