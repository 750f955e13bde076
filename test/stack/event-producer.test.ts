import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import type { EventProducer } from '../../lib/stack/event-producer.ts';
import { createStack } from './synth.ts';

describe('grantInvoke', () => {
  it('lets a role invoke the function, and no version or alias of it, and nothing else', () => {
    // Prepare
    const stack = createStack();
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('states.amazonaws.com') });

    // Act
    stack.producer.grantInvoke(caller);

    // Assess
    const functionArn = stack.resolve(stack.producer.function.functionArn);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(caller.roleName)],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'lambda:InvokeFunction',
            Resource: [functionArn, { 'Fn::Join': ['', [functionArn, ':$LATEST']] }],
          },
        ],
        Version: Match.anyValue(),
      },
    });
  });
});

type MetricMethod = Extract<keyof EventProducer, `metric${Capitalize<string>}`>;

/** The methods that give a metric: its name in CloudWatch, and its statistic. */
const metrics: Record<Exclude<MetricMethod, 'metric'>, readonly [name: string, statistic: string]> = {
  metricEventsRequested: ['EventsRequested', Stats.SUM],
  metricEventsDelivered: ['EventsDelivered', Stats.SUM],
  metricEventsQueued: ['EventsQueued', Stats.SUM],
  metricEventsUndelivered: ['EventsUndelivered', Stats.SUM],
  metricEventsUncertain: ['EventsUncertain', Stats.SUM],
  metricRequestsFailed: ['RequestsFailed', Stats.SUM],
  metricRecordsRefused: ['RecordsRefused', Stats.SUM],
  metricBilledBytes: ['BilledBytes', Stats.SUM],
  metricDuration: ['Duration', Stats.AVERAGE],
  metricClaimsUnsent: ['ClaimsUnsent', Stats.SUM],
  metricEventsProven: ['EventsProven', Stats.SUM],
  metricEventsSettled: ['EventsSettled', Stats.SUM],
  metricEventsLate: ['EventsLate', Stats.SUM],
  metricEventsDuplicated: ['EventsDuplicated', Stats.SUM],
  metricEventsLost: ['EventsLost', Stats.SUM],
  metricLinesCorrupt: ['LinesCorrupt', Stats.SUM],
  metricTimeToProof: ['TimeToProof', Stats.AVERAGE],
  metricDeliveryLatency: ['DeliveryLatency', Stats.AVERAGE],
  metricOldestClaimAge: ['OldestClaimAge', Stats.AVERAGE],
  metricClaimsSeen: ['ClaimsSeen', Stats.SUM],
};

/** The properties by which CloudWatch finds a metric. */
function described({ namespace, metricName, dimensions, statistic, period }: Metric) {
  return { namespace, metricName, dimensions, statistic, minutes: period.toMinutes() };
}

describe('a metric of the producer', () => {
  const { producer } = createStack();
  const own = {
    namespace: 'FirehoseEventProducer',
    dimensions: {
      service: 'firehose-event-producer',
      DeliveryStreamName: producer.deliveryStream.deliveryStreamName,
    },
    minutes: 5,
  };

  it('is what the function publishes by that name, averaged by default', () => {
    expect(described(producer.metric('Requests'))).toEqual({
      ...own,
      metricName: 'Requests',
      statistic: Stats.AVERAGE,
    });
  });

  it.each(Object.entries(metrics) as [keyof typeof metrics, readonly [string, string]][])(
    '%s is %j',
    (method, [metricName, statistic]) => {
      expect(described(producer[method]())).toEqual({ ...own, metricName, statistic });
    },
  );

  it.each(['metric', ...Object.keys(metrics)] as MetricMethod[])(
    '%s has the statistic, period and label that it is asked for',
    (method) => {
      // Prepare
      const options = { statistic: Stats.MAXIMUM, period: Duration.minutes(1), label: 'mine' };

      // Act
      const metric = method === 'metric' ? producer.metric('Requests', options) : producer[method](options);

      // Assess
      expect(described(metric)).toMatchObject({ statistic: Stats.MAXIMUM, minutes: 1 });
      expect(metric.label).toBe('mine');
    },
  );

  it('is among those that the function publishes, by every method', () => {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(producer)).filter((name) =>
      /^metric./.test(name),
    );
    expect(methods.sort()).toEqual(Object.keys(metrics).sort());
  });

  it('can be watched by an alarm of the user', () => {
    // Prepare
    const stack = createStack();

    // Act
    stack.producer.metricEventsUncertain().createAlarm(stack, 'Uncertain', {
      alarmName: 'Uncertain',
      threshold: 1,
      evaluationPeriods: 1,
    });

    // Assess
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'Uncertain',
      Namespace: 'FirehoseEventProducer',
      MetricName: 'EventsUncertain',
      Statistic: 'Sum',
      Dimensions: [
        {
          Name: 'DeliveryStreamName',
          Value: Stack.of(stack).resolve(stack.producer.deliveryStream.deliveryStreamName),
        },
        { Name: 'service', Value: 'firehose-event-producer' },
      ],
    });
  });
});
