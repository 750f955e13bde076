import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { quotas } from '../../lib/aws/quotas.ts';
import { createStack, templateOf } from '../stack/synth.ts';
import type { AlarmProperties } from './aws/cloudwatch.ts';
import { proofTroubles, type Trouble } from './proof-troubles.ts';
import { Deployment } from './worlds/deployment.ts';

const template = templateOf().toJSON();

/** The alarms of a stack, by their construct's id. */
function alarmsOf({ Resources }: typeof template): ReadonlyMap<string, AlarmProperties> {
  return new Map(
    Object.entries<{ Type: string; Properties: AlarmProperties }>(Resources)
      .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([id, { Properties }]) => [id.replace(/^.*Alarms|[0-9A-F]{8}$/g, ''), Properties]),
  );
}

const alarms = alarmsOf(template);

const minuteMs = 60_000;

/** Real time that worlds of many millions of events may take: the prover reads them all. */
const largeTimeoutMs = 180_000;

/** The alarms that were in ALARM at any time in the last minutes, by name. */
function ringing({ cloudWatch, nowMs }: Deployment, minutes: number): string[] {
  return [...alarms]
    .filter(([, alarm]) =>
      cloudWatch.statesOf(alarm, nowMs - minutes * minuteMs, nowMs).some(({ state }) => state === 'ALARM'),
    )
    .map(([id]) => id)
    .sort();
}

/** Whether the prover says that it found so many events in a day. */
function provenAtLeast(events: number, { cloudWatch, nowMs }: Deployment): boolean {
  const lost = JSON.stringify(alarms.get('EventsLost'));
  const proven = lost.replaceAll('EventsLost', 'EventsProven').replaceAll('"Period":300', '"Period":86400');
  const alarm: AlarmProperties = { ...JSON.parse(proven), Threshold: events - 1 };
  return cloudWatch.statesOf(alarm, nowMs, nowMs + minuteMs).some(({ state }) => state === 'ALARM');
}

const troubles: readonly Trouble[] = [
  ...proofTroubles,
  {
    what: 'Firehose cannot write to the bucket',
    rings: ['DeliveryFreshness', 'DeliverySuccess', 'EventsUnproven'],
    minutes: 60,
    begin: (deployment) => {
      deployment.bucketIsWritable = false;
    },
    end: (deployment) => {
      deployment.bucketIsWritable = true;
    },
  },
  {
    what: 'others put twice as much into a small stream as it takes',
    rings: ['BytesQuota', 'RefusedRecords'],
    limits: quotas.default,
    minutes: 30,
    begin: (deployment) => deployment.putFromElsewhere(30, 20, 100_000),
  },
  {
    what: 'a steady run puts nearly as many bytes into the stream as it takes',
    rings: ['BytesQuota'],
    limits: { bytes: 10_000 },
    minutes: 25,
    begin: ({ lambda }) => lambda.invokeAsync({ count: 135 * 25 * 60, eventsPerSecond: 135 }),
  },
  {
    what: 'others put nearly as many records into the stream as it takes',
    rings: ['RecordsQuota'],
    limits: { records: 100 },
    minutes: 25,
    begin: (deployment) => deployment.putFromElsewhere(25, 90, 100),
  },
  {
    what: 'a steady run makes nearly as many requests as the stream takes',
    rings: ['RequestsQuota'],
    limits: { requests: 10 },
    minutes: 25,
    begin: ({ lambda }) => lambda.invokeAsync({ count: 9 * 25 * 60, eventsPerSecond: 9 }),
  },
  {
    what: 'Firehose refuses every record',
    rings: ['EventsUndelivered', 'RefusedRecords', 'Silence'],
    minutes: 60,
    begin: ({ firehoseFaults }) => {
      firehoseFaults.throttle = 1;
    },
    end: ({ firehoseFaults }) => {
      firehoseFaults.throttle = 0;
    },
  },
  {
    what: 'a proxy responds to 30 % of the requests with a page of its own',
    rings: ['FailedRequests'],
    minutes: 30,
    begin: ({ firehoseFaults, lambda }) => {
      firehoseFaults.html = 0.3;
      lambda.invokeAsync({ count: 2 * 30 * 60, eventsPerSecond: 2 });
    },
    end: ({ firehoseFaults }) => {
      firehoseFaults.html = 0;
    },
  },
  {
    what: 'a firewall drops what the function sends to Firehose',
    rings: ['EventsUndelivered', 'FailedRequests', 'Silence'],
    minutes: 60,
    begin: ({ firehoseFaults }) => {
      firehoseFaults.stall = 1;
    },
    end: ({ firehoseFaults }) => {
      firehoseFaults.stall = 0;
    },
  },
  {
    what: 'the function may not put records any more',
    rings: ['DeadLetters', 'EventsUndelivered', 'FailedRequests', 'FunctionErrors', 'Silence'],
    minutes: 60,
    begin: ({ firehoseFaults }) => {
      firehoseFaults.forbiddenAfterMs = 0;
    },
    end: ({ firehoseFaults, lambda }) => {
      firehoseFaults.forbiddenAfterMs = Number.POSITIVE_INFINITY;
      for (const payload of lambda.deadLetters.splice(0)) {
        lambda.send(JSON.stringify(payload));
      }
    },
  },
  {
    what: 'somebody puts a message into the work queue that makes no sense',
    rings: ['DeadLetters'],
    minutes: 5 * 60,
    begin: ({ lambda }) => lambda.send('{"count": "many"}'),
    end: ({ lambda }) => lambda.deadLetters.splice(0),
  },
  {
    what: 'the trigger of the work queue is off',
    rings: ['WorkQueueStuck'],
    minutes: 60,
    begin: (deployment) => {
      deployment.setTrigger(false);
      deployment.lambda.invokeAsync({ count: 2_000_000 });
    },
    end: (deployment) => deployment.setTrigger(true),
  },
  {
    what: 'invocations hang, because neither Firehose nor the work queue responds',
    rings: ['EventsUndelivered', 'FunctionDuration', 'FunctionErrors'],
    minutes: 6,
    begin: ({ firehoseFaults, lambdaFaults }) => {
      firehoseFaults.stall = 1;
      lambdaFaults.queueHangs = true;
    },
    end: ({ firehoseFaults, lambdaFaults }) => {
      firehoseFaults.stall = 0;
      lambdaFaults.queueHangs = false;
    },
  },
  {
    what: "others use up the account's concurrency",
    rings: ['FunctionThrottles', 'Silence'],
    minutes: 60,
    begin: ({ lambdaFaults }) => {
      lambdaFaults.throttled = true;
    },
    end: ({ lambdaFaults }) => {
      lambdaFaults.throttled = false;
    },
  },
  {
    what: 'the schedule is off',
    rings: ['Silence'],
    minutes: 60,
    begin: (deployment) => {
      deployment.scheduleIsOn = false;
    },
    end: (deployment) => {
      deployment.scheduleIsOn = true;
    },
  },
];

describe('the alarms', () => {
  it.each(troubles.map((trouble) => [trouble.what, trouble] as const))('ring when %s', async (_, trouble) => {
    // Prepare
    const { context = {}, limits, begin, minutes, end, quietAfter = 60, rings } = trouble;
    const deployment = new Deployment(templateOf(context).toJSON(), { ...quotas['us-east-1'], ...limits });
    await deployment.pass(90);
    const before = ringing(deployment, 60);

    // Act
    begin(deployment);
    await deployment.pass(minutes);
    end?.(deployment);
    await deployment.pass(quietAfter + 60);

    // Assess
    expect(before).toEqual([]);
    expect(ringing(deployment, minutes + quietAfter + 60)).toEqual(rings);
    expect(ringing(deployment, 60)).toEqual([]);
  });

  it('ring without a break when Firehose, which buffers as long as it may, cannot write to the bucket', async () => {
    // Prepare
    const stack = createStack({}, { bufferingInterval: Duration.seconds(900) });
    const slowly = Template.fromStack(stack).toJSON();
    const deployment = new Deployment(slowly, quotas['us-east-1']);
    await deployment.pass(90);
    deployment.bucketIsWritable = false;
    await deployment.pass(120);

    // Act
    await deployment.pass(60);

    // Assess
    const states = ['DeliveryFreshness', 'DeliverySuccess'].flatMap((id) =>
      deployment.cloudWatch
        .statesOf(alarmsOf(slowly).get(id)!, deployment.nowMs - 60 * minuteMs, deployment.nowMs)
        .map(({ state }) => state),
    );
    expect(new Set(states)).toEqual(new Set(['ALARM']));
  });

  it('ring when requests fail in invocations of fifteen minutes, which tell of it at their end', async () => {
    // Prepare
    const slowly = templateOf({ timeout: '900' }).toJSON();
    const deployment = new Deployment(slowly, quotas['us-east-1']);
    deployment.scheduleIsOn = false;
    deployment.firehoseFaults.html = 0.3;

    // Act
    deployment.lambda.invokeAsync({ count: 2 * 3_600, eventsPerSecond: 2 });
    await deployment.pass(60);

    // Assess
    const alarm = alarmsOf(slowly).get('FailedRequests')!;
    const states = deployment.cloudWatch.statesOf(alarm, deployment.nowMs - 60 * minuteMs, deployment.nowMs);
    expect(states.at(-1)).toMatchObject({ state: 'ALARM' });
  });

  it('are quiet while a hundred events are sent every five minutes', async () => {
    // Prepare
    const deployment = new Deployment(template, quotas.default);

    // Act
    await deployment.pass(6 * 60);

    // Assess
    expect(ringing(deployment, 5.5 * 60)).toEqual([]);
    expect(provenAtLeast(100, deployment)).toBe(true);
  });

  it('are quiet while a million are, and during a run of two million', {
    timeout: largeTimeoutMs,
  }, async () => {
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
    expect(ringing(deployment, 60)).toEqual([]);
    expect(provenAtLeast(4_000_000, deployment)).toBe(true);
  });

  it.each([
    ['two', {}],
    ['four', { maxConcurrency: 4 }],
  ])(
    'say no more than that a small stream is full while %s invocations share it',
    { timeout: largeTimeoutMs },
    async (_, props) => {
      // Prepare
      const stack = createStack({}, props);
      const deployment = new Deployment(
        Template.fromStack(stack).toJSON(),
        { ...quotas.default, bytes: 262_144 },
        false,
      );
      await deployment.pass(60);

      // Act
      deployment.lambda.invokeAsync({ count: 4_000_000 });
      await deployment.pass(30);

      // Assess
      expect(ringing(deployment, 45)).toEqual(['BytesQuota']);
    },
  );

  it('ring in one of these worlds, each of them', () => {
    const rung = new Set(troubles.flatMap(({ rings }) => rings));
    expect([...rung].sort()).toEqual([...alarms.keys()].sort());
  });
});
