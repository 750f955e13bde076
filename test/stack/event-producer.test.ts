import { App, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { DeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { runIdPattern } from '../../lambda/contract/invocation.ts';
import { EventProducer } from '../../lib/stack/event-producer.ts';
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

const createApp = () =>
  new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });

describe('two producers of one stack, on one stream with one schedule', () => {
  const stack = new Stack(createApp(), 'MyStack');
  const deliveryStream = DeliveryStream.fromDeliveryStreamName(stack, 'Stream', 'my-stream');
  const eventTemplate = '{"id":"{{random.uuid}}","n":{{random.number(9)}}}';
  const bucket = Bucket.fromBucketName(stack, 'Bucket', 'my-bucket');
  new EventProducer(stack, 'A', { deliveryStream });
  const options = { prefix: 'raw/', proof: false, match: 'id', separator: 'before', eventTemplate } as const;
  new EventProducer(stack, 'B', { deliveryStream, bucket, ...options });
  const template = Template.fromStack(stack);
  const propertiesOf = (type: string) =>
    Object.values(template.findResources(type)).map(({ Properties }) => Properties);

  it('never send the same UUIDs by themselves: their runs have different ids', () => {
    expect(propertiesOf('AWS::Scheduler::Schedule').map(({ Target }) => Target.Input)).toEqual([
      '{"count":100,"runId":"MyStack/A/<aws.scheduler.scheduled-time>"}',
      '{"count":100,"runId":"MyStack/B/<aws.scheduler.scheduled-time>"}',
    ]);
  });

  it('share no metric of the functions, and so no Silence', () => {
    // Act
    const alarms = propertiesOf('AWS::CloudWatch::Alarm').filter(({ AlarmName }) =>
      /Silence/.test(AlarmName),
    );
    const functions = propertiesOf('AWS::Lambda::Function');

    // Assess
    expect(alarms.map(({ Metrics }) => Metrics[1].MetricStat.Metric.Dimensions)).toEqual(
      ['MyStack/A', 'MyStack/B'].map((name) => [
        { Name: 'DeliveryStreamName', Value: 'my-stream' },
        { Name: 'Producer', Value: name },
        { Name: 'service', Value: 'firehose-event-producer' },
      ]),
    );
    expect(functions.map(({ Environment }) => Environment.Variables.PRODUCER_NAME)).toEqual([
      'MyStack/A',
      'MyStack/B',
    ]);
  });

  it('are found by the commands: their functions and templates in the metadata, the bucket in the function', () => {
    // Act
    const { EventProducers } = template.toJSON().Metadata;
    const variablesOf = (path: string) =>
      template.toJSON().Resources[EventProducers[path].function].Properties.Environment.Variables;

    // Assess
    expect(EventProducers).toEqual({
      A: { function: expect.stringMatching(/^AFunction/) },
      B: { function: expect.stringMatching(/^BFunction/), eventTemplate },
    });
    expect(variablesOf('A')).not.toHaveProperty('BUCKET_NAME');
    expect(variablesOf('A')).toHaveProperty('SHARED', 'true');
    expect(variablesOf('B')).toMatchObject({
      PRODUCER_NAME: 'MyStack/B',
      BUCKET_NAME: 'my-bucket',
      PREFIX: 'raw/!{timestamp:yyyy/MM/dd/HH}/',
      SHARED: 'true',
      MATCH: 'id',
      SEPARATOR: 'before',
    });
    expect(variablesOf('A')).not.toHaveProperty('MATCH');
  });
});

describe('the name of a producer', () => {
  const app = createApp();
  let stacks = 0;
  const producerAt = (scope: Construct, ...ids: readonly string[]) => {
    const parent = ids.slice(0, -1).reduce((at, id) => new Construct(at, id), scope);
    return new EventProducer(parent, ids.at(-1)!, {
      monitoring: 'off',
      proof: false,
      scheduleEnabled: false,
    });
  };
  const stackNamed = (stackName: string) => new Stack(app, `Stack${stacks++}`, { stackName });

  it.each([
    [['Producer'], 'MyStack/Producer'],
    [['Load', 'Night', 'Producer'], 'MyStack/Load/Night/Producer'],
  ])('is that of the stack, and the path %j in it', (ids, expected) => {
    expect(producerAt(stackNamed('MyStack'), ...ids).producerName).toBe(expected);
  });

  it.each([
    ['too long for the id of a run', 'x'.repeat(120), 'x'.repeat(119), ['Producer']],
    ['not ASCII', 'Lädt', 'Lòdt', ['Producer']],
  ])('has a hash if the path is %s, so that it stays the only one', (_, first, second, rest) => {
    // Prepare
    const stack = stackNamed('S'.repeat(100));

    // Act
    const names = [first, second].map((id) => producerAt(stack, id, ...rest).producerName);

    // Assess
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name).toMatch(/^S{100}\/[ -~]{1,150}-c8[0-9a-f]{40}$/);
      expect(name.length).toBeLessThanOrEqual(225);
      expect(`${name}/<aws.scheduler.scheduled-time>`).toMatch(runIdPattern);
    }
  });

  it('in a nested stack begins with its name, which CloudFormation gives', () => {
    // Prepare
    const stack = stackNamed('Outer');
    const nested = new NestedStack(stack, 'Nested');

    // Act
    const { producerName, node } = producerAt(nested, 'p'.repeat(120));

    // Assess
    const path = `/${'p'.repeat(53)}-${node.addr}`;
    expect(nested.resolve(producerName)).toEqual({ 'Fn::Join': ['', [expect.anything(), path]] });
    expect(path).toHaveLength(225 - 128);
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
      Producer: 'FirehoseEventProducer/Producer',
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
        { Name: 'Producer', Value: 'FirehoseEventProducer/Producer' },
        { Name: 'service', Value: 'firehose-event-producer' },
      ],
    });
  });
});
