import { describe, expect, it } from 'vitest';
import { quotas } from '../../lib/aws/quotas.ts';
import { essentialProducerAlarms, producerAlarms } from '../../lib/stack/monitoring/producer-alarms.ts';
import { essentialProofAlarms, proofAlarms } from '../../lib/stack/monitoring/proof-alarms.ts';
import { alarmNames, atEachLevel, fired, firedBy, provenAtLeast, template } from './worlds/alarms.ts';
import { Deployment } from './worlds/deployment.ts';
import { troubles } from './worlds/troubles.ts';

// The other troubles are in alarms.slow.test.ts.
const fast = troubles.filter(({ isFast }) => isFast);

describe('the alarms', () => {
  it.each(fast.map((trouble) => [trouble.what, trouble] as const))('fire when %s', async (_, trouble) => {
    const none = atEachLevel([]);
    expect(await firedBy(trouble)).toEqual({
      before: none,
      because: atEachLevel(trouble.fires),
      after: none,
    });
  });

  it('are OK while a hundred events are sent every five minutes', async () => {
    // Prepare
    const deployment = new Deployment(template, quotas.default);

    // Act
    await deployment.pass(6 * 60);

    // Assess
    expect(fired(deployment, 5.5 * 60)).toEqual(atEachLevel([]));
    expect(provenAtLeast(100, deployment)).toBe(true);
  });

  // Nothing is lost, late, stuck or unproven when only these fire.
  const pressure = [
    'FailedRequests',
    'RefusedRecords',
    'BytesQuota',
    'RecordsQuota',
    'RequestsQuota',
    'Duplicates',
  ];

  it.each([
    ['with', true, [...Object.keys(proofAlarms), ...Object.keys(producerAlarms)], essentialProofAlarms],
    ['without', false, Object.keys(producerAlarms), []],
  ])('fire at essential, too, unless there is only pressure: %s a prover', (_, isProven, full, ofProof) => {
    // Prepare
    const essential: readonly string[] = [...essentialProducerAlarms(isProven), ...ofProof];
    const worlds = troubles.filter(({ fires }) =>
      fires.some((name) => full.includes(name) && !pressure.includes(name)),
    );

    // Act
    const silent = worlds.filter(({ fires }) => !fires.some((name) => essential.includes(name)));

    // Assess
    expect(worlds.length).toBeGreaterThan(8);
    expect(silent.map(({ what }) => what)).toEqual([]);
  });

  it('fire in at least one of the worlds, each of them', () => {
    const names = new Set(troubles.flatMap(({ fires }) => fires));
    expect([...names].sort()).toEqual([...alarmNames].sort());
  });
});
