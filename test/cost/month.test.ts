import { expect, it, vi } from 'vitest';
import { quotas } from '../../lib/aws/quotas.ts';
import { producerLogBytes, proverLogBytes } from '../../lib/cost/keeping.ts';
import { proverWaitSeconds } from '../../lib/cost/proving.ts';
import { alarmsOf, template } from '../simulation/worlds/alarms.ts';
import { Deployment } from '../simulation/worlds/deployment.ts';
import { costsOf } from './factories.ts';

/** Resource types of the default deployment that cost nothing by themselves: what happens in them is added up below. */
const freeTypes = [
  ...['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::Lambda::Function'],
  ...['AWS::Lambda::EventSourceMapping', 'AWS::Logs::LogGroup', 'AWS::Logs::LogStream'],
  ...['AWS::Logs::QueryDefinition', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::SQS::Queue'],
  ...['AWS::SQS::QueuePolicy', 'AWS::Scheduler::Schedule'],
];

const resources: readonly { Type: string; Properties: Record<string, unknown> }[] = Object.values(
  template.Resources,
);

const ofType = (type: string) => resources.filter(({ Type }) => Type === type);

const gib = 2 ** 30;

it('a month of the default deployment costs at most three dollars, added up from its template and an hour of it', async () => {
  // Prepare
  const hours = 1;
  const deployment = new Deployment(template, quotas['us-east-1']);
  await deployment.pass(30);
  const { lambda, prover, cloudWatch } = deployment;
  const [runsBefore, proversBefore, claimsBefore] = [
    lambda.ended.length,
    prover.invocations,
    prover.queue.messages.length,
  ];
  const put = vi.spyOn(cloudWatch, 'put');

  // Act
  await deployment.pass(60 * hours);

  // Assess: list prices of us-east-1, written out again
  const runs = lambda.ended.slice(runsBefore);
  const runSeconds = runs.reduce((sum, { times: [fromMs, toMs] }) => sum + (toMs - fromMs) / 1_000, 0);
  const provers = prover.invocations - proversBefore;
  const claims = prover.queue.messages.length - claimsBefore;
  const perMonth = (inThisTime: number) => (inThisTime * 730) / hours;
  const ownMetrics = new Set(
    put.mock.calls.flatMap(([{ Namespace, MetricName }]) =>
      Namespace === 'FirehoseEventProducer' ? MetricName : [],
    ),
  );
  const alarms = [...alarmsOf(template).values()];
  const alarmMetrics = alarms.flatMap(({ Metrics }) => Metrics!.filter(({ MetricStat }) => MetricStat));
  const usd = {
    firehose: perMonth(runs.length) * (10_240 / gib) * 0.029,
    lambda:
      perMonth(runSeconds + provers * proverWaitSeconds) * 0.5 * 0.0000133334 +
      perMonth(runs.length + provers) * 0.0000002,
    scheduler: perMonth(runs.length) * 0.000001,
    polls: ofType('AWS::Lambda::EventSourceMapping').length * 5 * 3 * 60 * 730 * 0.0000004,
    claims: perMonth(claims) * 3 * 0.0000004,
    s3: perMonth(runs.length) * 0.000005 + perMonth(provers) * (1.4 * 0.000005 + 0.0000004),
    storage: ((perMonth(runs.length) * 100 * 21) / gib) * 0.023,
    logs: ((perMonth(runs.length) * producerLogBytes + perMonth(provers) * proverLogBytes) / gib) * 0.5,
    metrics: ownMetrics.size * 0.3,
    alarms: alarmMetrics.length * 0.1,
    dashboards: ofType('AWS::CloudWatch::Dashboard').length * 3,
  };
  const total = Object.values(usd).reduce((sum, part) => sum + part, 0);
  expect(runs).toHaveLength(12 * hours);
  expect([...ownMetrics].sort()).toEqual(['ClaimsSeen', 'EventsDelivered']);
  expect([alarms.length, alarmMetrics.length]).toEqual([9, 11]);
  expect(resources.map(({ Type }) => Type).filter((type) => !freeTypes.includes(type))).toEqual(
    Array(alarms.length).fill('AWS::CloudWatch::Alarm'),
  );
  expect(total).toBeLessThanOrEqual(3);
  // The estimate counts a metric more: in AWS, some claims need a second look in nearly every hour.
  const { usdPerMonth } = costsOf('ndjson');
  expect(usdPerMonth.total - 0.3).toBeCloseTo(total, 1);
  expect(usdPerMonth.total).toBeLessThanOrEqual(3);
});
