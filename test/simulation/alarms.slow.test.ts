import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { quotas } from '../../lib/aws/quotas.ts';
import { createStack, templateOf } from '../stack/synth.ts';
import type { AlarmProperties } from './aws/cloudwatch.ts';
import { alarmsOf, atEachLevel, fired, firedBy, provenAtLeast, template } from './worlds/alarms.ts';
import { Deployment } from './worlds/deployment.ts';
import { troubles } from './worlds/troubles.ts';

const hourMs = 3_600_000;

/** Time limit of worlds with many millions of events: the prover reads them all. */
const timeout = 180_000;

const statesOfLastHour = ({ cloudWatch, nowMs }: Deployment, alarm: AlarmProperties) =>
  cloudWatch.statesOf(alarm, nowMs - hourMs, nowMs).map(({ state }) => state);

const slow = troubles.filter(({ isFast }) => !isFast);

describe('the alarms', () => {
  it.each(slow.map((trouble) => [trouble.what, trouble] as const))('fire when %s', async (_, trouble) => {
    const none = atEachLevel([]);
    expect(await firedBy(trouble)).toEqual({
      before: none,
      because: atEachLevel(trouble.fires),
      after: none,
    });
  });

  it('fire without a break when Firehose, with the longest buffering, cannot write to the bucket', async () => {
    // Prepare
    const stack = createStack({}, { bufferingInterval: Duration.seconds(900), monitoring: 'full' });
    const slowly = Template.fromStack(stack).toJSON();
    const deployment = new Deployment(slowly, quotas['us-east-1']);
    await deployment.pass(90);
    deployment.faults.stack.bucketIsWritable = false;
    await deployment.pass(120);

    // Act
    await deployment.pass(60);

    // Assess
    const states = ['DeliveryFreshness', 'DeliverySuccess'].flatMap((id) =>
      statesOfLastHour(deployment, alarmsOf(slowly).get(id)!),
    );
    expect(new Set(states)).toEqual(new Set(['ALARM']));
  });

  it('fire when requests fail in invocations of fifteen minutes, which report it at their end', async () => {
    // Prepare
    const slowly = templateOf({ timeout: '900', monitoring: 'full' }).toJSON();
    const deployment = new Deployment(slowly, quotas['us-east-1']);
    deployment.faults.stack.scheduleIsOn = false;
    deployment.faults.firehose.html = 0.3;

    // Act
    deployment.lambda.invokeAsync({ count: 2 * 3_600, eventsPerSecond: 2 });
    await deployment.pass(60);

    // Assess
    const alarm = alarmsOf(slowly).get('FailedRequests')!;
    expect(statesOfLastHour(deployment, alarm).at(-1)).toBe('ALARM');
  });

  it('are OK while a million events are sent, and during a run of two million', { timeout }, async () => {
    // Prepare
    const deployment = new Deployment(template, quotas['us-east-1']);
    await deployment.pass(60);

    // Act
    for (let run = 0; run < 2; run += 1) {
      deployment.lambda.invokeAsync({ count: 1_000_000 });
      await deployment.pass(5);
    }
    deployment.lambda.invokeAsync({ count: 2_000_000 });
    await deployment.pass(30);

    // Assess
    expect(fired(deployment, 60)).toEqual(atEachLevel([]));
    expect(provenAtLeast(4_000_000, deployment)).toBe(true);
  });

  it.each([
    ['two', {}],
    ['four', { maxConcurrency: 4 }],
  ])('report only a full stream while %s invocations share a small one', { timeout }, async (_, props) => {
    // Prepare
    const shared = Template.fromStack(createStack({}, props)).toJSON();
    const deployment = new Deployment(shared, { ...quotas.default, bytes: 262_144 }, false);
    await deployment.pass(60);

    // Act
    deployment.lambda.invokeAsync({ count: 4_000_000 });
    await deployment.pass(30);

    // Assess
    expect(fired(deployment, 45)).toEqual(atEachLevel(['BytesQuota']));
  });
});
