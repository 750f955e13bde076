import { describe, expect, it } from 'vitest';
import { quotas } from '../../lib/aws/quotas.ts';
import { alarmNames, fired, firedBy, provenAtLeast, template } from './worlds/alarms.ts';
import { Deployment } from './worlds/deployment.ts';
import { troubles } from './worlds/troubles.ts';

// The other troubles are in alarms.slow.test.ts.
const fast = troubles.filter(({ isFast }) => isFast);

describe('the alarms', () => {
  it.each(fast.map((trouble) => [trouble.what, trouble] as const))('fire when %s', async (_, trouble) => {
    expect(await firedBy(trouble)).toEqual({ before: [], because: trouble.fires, after: [] });
  });

  it('are OK while a hundred events are sent every five minutes', async () => {
    // Prepare
    const deployment = new Deployment(template, quotas.default);

    // Act
    await deployment.pass(6 * 60);

    // Assess
    expect(fired(deployment, 5.5 * 60)).toEqual([]);
    expect(provenAtLeast(100, deployment)).toBe(true);
  });

  it('fire in at least one of the worlds, each of them', () => {
    const names = new Set(troubles.flatMap(({ fires }) => fires));
    expect([...names].sort()).toEqual([...alarmNames].sort());
  });
});
