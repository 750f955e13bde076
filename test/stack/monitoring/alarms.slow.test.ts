import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { EventProducer } from '../../../lib/stack/event-producer.ts';
import type { AlarmName, AlarmTunings } from '../../../lib/stack/monitoring/alarms.ts';
import { PropError } from '../../../lib/stack/prop-checks.ts';
import type { AlarmProperties, MetricStatistic } from '../../simulation/aws/cloudwatch.ts';
import { createStack, directPutAlarms, fullTemplateOf } from '../synth.ts';

/** The alarms of the stack have all of these. */
interface StackAlarm extends Required<Omit<AlarmProperties, 'DatapointsToAlarm'>> {
  readonly AlarmDescription: unknown;
  readonly DatapointsToAlarm?: number;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
}

/** A readable name of a reference in the template. */
function nameOf(value: unknown): string {
  const text = JSON.stringify(value);
  const parts = {
    DeadLetterQueue: 'dead letters',
    WorkQueue: 'work queue',
    ProofQueue: 'proof queue',
    KinesisStream: 'Kinesis stream',
    ProducerFunction: 'function',
    ProverFunction: 'prover',
  };
  const [, name] = Object.entries(parts).find(([part]) => text.includes(part)) ?? [];
  return name ?? (text.includes('DeliveryStream') ? 'stream' : String(value));
}

function describeStat({ Metric: { Namespace, MetricName, Dimensions }, Stat }: MetricStatistic): string {
  const dimensions = Dimensions!.map(({ Name, Value }) => `${Name}=${nameOf(Value)}`);
  return `${Stat} ${Namespace} ${MetricName} {${dimensions.join(', ')}}`;
}

/** The metric, or the formula and its metrics. */
function watched({ Metrics }: StackAlarm): string[] {
  return Metrics.map(({ Id, Expression, MetricStat }) =>
    Expression === undefined ? (Metrics.length > 1 ? `${Id}: ` : '') + describeStat(MetricStat!) : Expression,
  );
}

const signs: Record<string, string> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
};

/** When an alarm fires, such as `> 80, 3 of 4 x 300 s`. */
function rule({ ComparisonOperator, Threshold, EvaluationPeriods, Metrics, ...rest }: StackAlarm): string {
  const periods = new Set(Metrics.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  expect(periods.size).toBe(1);
  const { DatapointsToAlarm: needed = EvaluationPeriods } = rest;
  const share = needed === EvaluationPeriods ? '' : `${needed} of `;
  return `${signs[ComparisonOperator]} ${Threshold}, ${share}${EvaluationPeriods} x ${[...periods][0]} s`;
}

/** The properties of every alarm, by the end of its name. */
function alarmsOf(template: Template): Record<string, StackAlarm> {
  return Object.fromEntries(
    Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => [
      (Properties.AlarmName as string).split('-').at(-1)!,
      Properties as StackAlarm,
    ]),
  );
}

const producer = 'Producer=FirehoseEventProducer/Producer';

const own = `{DeliveryStreamName=stream, ${producer}, service=firehose-event-producer}`;

/** Spot checks: a metric of each service, and formulas. */
const expected = {
  Silence: {
    watches: ['FILL(delivered, 0)', `delivered: Sum FirehoseEventProducer EventsDelivered ${own}`],
    fires: '< 1, 3 x 300 s',
  },
  FunctionDuration: {
    watches: ['Maximum AWS/Lambda Duration {FunctionName=function}'],
    fires: '> 299000, 1 of 2 x 300 s',
  },
  BytesQuota: {
    watches: [
      '100 * incoming / PERIOD(incoming) / limit',
      'incoming: Sum AWS/Firehose IncomingBytes {DeliveryStreamName=stream}',
      'limit: Minimum AWS/Firehose BytesPerSecondLimit {DeliveryStreamName=stream}',
    ],
    fires: '> 80, 3 of 4 x 300 s',
  },
  EventsUnproven: {
    watches: [`Maximum FirehoseEventProducer OldestClaimAge ${own}`],
    fires: '> 660000, 1 of 4 x 300 s',
  },
  WorkQueueStuck: {
    watches: [
      'IF(waiting > 0 AND FILL(done, 0) == 0, 1, 0)',
      'waiting: Maximum AWS/SQS ApproximateNumberOfMessagesVisible {QueueName=work queue}',
      'done: Sum AWS/SQS NumberOfMessagesDeleted {QueueName=work queue}',
    ],
    fires: '>= 1, 6 x 300 s',
  },
};

describe('the alarms', () => {
  const alarms = alarmsOf(fullTemplateOf());

  it.each(directPutAlarms)(
    '%s watches one metric or formula, in periods of one length, and nothing else does',
    (name) => {
      const { Metrics } = alarms[name]!;
      expect(Metrics.map(({ ReturnData }) => ReturnData)).toEqual(Metrics.map((_, order) => order === 0));
      expect(rule(alarms[name]!)).toMatch(/^(>=?|<) \d+, /);
      const same = directPutAlarms.filter(
        (other) => watched(alarms[other]!).join() === watched(alarms[name]!).join(),
      );
      expect(same).toEqual([name]);
    },
  );

  it.each(directPutAlarms)('%s chooses on purpose how missing data counts', (name) => {
    const onQueue = ['ProverSilence', 'WorkQueueStuck', 'DeadLetters'].includes(name)
      ? 'ignore'
      : 'notBreaching';
    expect(alarms[name]!.TreatMissingData).toBe(name === 'Silence' ? 'breaching' : onQueue);
  });

  it.each(Object.entries(expected))('%s watches its metric by its rule', (name, { watches, fires }) => {
    const alarm = alarms[name]!;
    expect(watched(alarm)).toEqual(watches);
    expect(rule(alarm)).toBe(fires);
  });

  const ofKinesis = alarmsOf(fullTemplateOf({ source: 'kinesis', shards: '4' }));
  const ofKinesisPipeline = alarmsOf(
    fullTemplateOf({ kinesisStreamName: 'my-stream', bucketName: 'my-bucket' }),
  );

  it('watches the shards of a Kinesis stream, and how far behind Firehose reads it', () => {
    const lines = Object.entries(ofKinesis).map(([name, alarm]) => [name, [...watched(alarm), rule(alarm)]]);
    expect(Object.keys(ofKinesis)).not.toContain('RequestsQuota');
    expect(Object.fromEntries(lines)).toMatchObject({
      BytesQuota: [
        '100 * incoming / PERIOD(incoming) / limit',
        'incoming: Sum AWS/Kinesis IncomingBytes {StreamName=Kinesis stream}',
        '4194304 + 0 * incoming',
        '> 80, 3 of 4 x 300 s',
      ],
      RecordsQuota: [
        '100 * incoming / PERIOD(incoming) / limit',
        'incoming: Sum AWS/Kinesis IncomingRecords {StreamName=Kinesis stream}',
        '4000 + 0 * incoming',
        '> 80, 3 of 4 x 300 s',
      ],
      RefusedRecords: [
        '100 * refused / (refused + FILL(accepted, 0))',
        'refused: Sum AWS/Kinesis WriteProvisionedThroughputExceeded {StreamName=Kinesis stream}',
        'accepted: Sum AWS/Kinesis IncomingRecords {StreamName=Kinesis stream}',
        '> 10, 3 x 300 s',
      ],
      FirehoseBehind: [
        'behind / 1000',
        'behind: Maximum AWS/Firehose KinesisMillisBehindLatest {DeliveryStreamName=stream}',
        '> 300, 3 x 300 s',
      ],
    });
  });

  it.each([
    ['on demand has no known limit', { source: 'kinesis', onDemand: 'on' }, /Quota/],
    [
      'of others has none, and nobody knows what reads it',
      { kinesisStreamName: 'my-stream', bucketName: 'my-bucket' },
      /Quota|FirehoseBehind|Delivery/,
    ],
  ])('leaves out what makes no sense: a Kinesis stream %s', (_, context, lacking) => {
    const names = Object.keys(alarmsOf(fullTemplateOf(context)));
    expect(names.filter((name) => lacking.test(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['RefusedRecords', 'EventsUnproven', 'Silence']));
  });

  const ofPipeline = alarmsOf(fullTemplateOf({ deliveryStreamName: 'my-stream', bucketName: 'my-bucket' }));

  it.each([
    ...directPutAlarms.map((name) => [name, alarms] as const),
    ...directPutAlarms.map((name) => [name, ofPipeline] as const),
    ...Object.keys(ofKinesis).map((name) => [name, ofKinesis] as const),
    ...Object.keys(ofKinesisPipeline).map((name) => [name, ofKinesisPipeline] as const),
  ])('%s describes a remedy, in at most 1,024 characters', (name, all) => {
    // Prepare: a queue's URL or ARN is the longest value of a reference
    const text = JSON.stringify(all[name]!.AlarmDescription);

    // Assess
    const resolved = text
      .replaceAll('",{"Ref":"AWS::Region"},"', 'eusc-de-east-1')
      .replaceAll(/\{"(Ref|Fn::GetAtt)":[^}]*\}/g, 'x'.repeat(150));
    expect(resolved.length).toBeLessThanOrEqual(1_024);
    expect(text).toMatch(/aws \w+|[Cc]onsole/);
    if (all === ofKinesis || all === ofKinesisPipeline) {
      expect(text).not.toMatch(/Firehose (accepted are not|refuses|itself)|reached Firehose/);
    }
  });

  it.each(directPutAlarms)('%s names the region in each of its commands', (name) => {
    // Prepare
    const text = JSON.stringify(alarms[name]!.AlarmDescription).replaceAll(
      '",{"Ref":"AWS::Region"},"',
      'REGION',
    );

    // Act
    const commands = text.match(/aws (lambda|logs|sqs) .*?(?=aws (?:lambda|logs|sqs) |$)/g) ?? [];

    // Assess
    for (const command of commands) {
      expect(command).toContain(' --region REGION');
    }
  });

  it('say an hour, not 1 hours', () => {
    // Act
    const { EventsLost } = alarmsOf(fullTemplateOf({ lostAfter: '1' }));

    // Assess
    expect(JSON.stringify(EventsLost!.AlarmDescription)).toContain(
      'Events are not in the bucket an hour after they were sent',
    );
  });

  it('have names that no other producer has', () => {
    // Prepare
    const stack = createStack({ monitoring: 'full' });
    new EventProducer(stack, 'Second', { monitoring: 'full' });

    // Act
    const names = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName,
    );

    // Assess
    expect(names).toContain('FirehoseEventProducer-Producer-Silence');
    expect(names).toContain('FirehoseEventProducer-Second-Silence');
    expect(new Set(names).size).toBe(2 * directPutAlarms.length);
  });

  it('watch an existing stream, too, which may buffer for 15 minutes', () => {
    // Act
    const imported = alarmsOf(fullTemplateOf({ deliveryStreamName: 'my-stream' }));

    // Assess
    expect(rule(imported.DeliveryFreshness!)).toBe('> 1200, 1 of 3 x 300 s');
    expect(rule(imported.DeliverySuccess!)).toBe('< 1, 3 of 9 x 300 s');
    expect(watched(imported.DeliveryFreshness!)).toEqual([
      'Maximum AWS/Firehose DeliveryToS3.DataFreshness {DeliveryStreamName=my-stream}',
    ]);
    expect(watched(imported.EventsUndelivered!)).toEqual([
      `Sum FirehoseEventProducer EventsUndelivered {DeliveryStreamName=my-stream, ${producer}, service=firehose-event-producer}`,
    ]);
  });

  it('watch a pipeline of your own, too, which buffers for 5 minutes by default', () => {
    // Prepare
    const pipeline = { deliveryStreamName: 'my-stream', bucketName: 'my-bucket' };

    // Act
    const alarms = alarmsOf(fullTemplateOf(pipeline));

    // Assess
    expect(rule(alarms.EventsUnproven!)).toBe('> 900000, 1 of 4 x 300 s');
    expect(watched(alarms.EventsLost!)).toEqual([
      `Sum FirehoseEventProducer EventsLost {DeliveryStreamName=my-stream, ${producer}, service=firehose-event-producer}`,
    ]);
    const configured = alarmsOf(fullTemplateOf({ ...pipeline, bufferingInterval: '120' }));
    expect(rule(configured.EventsUnproven!)).toBe('> 720000, 1 of 4 x 300 s');
    expect(rule(configured.DeliveryFreshness!)).toBe('> 420, 1 x 300 s');
  });

  it.each([
    ['FunctionErrors', 'InvalidKMSResourceException, or AccessDenied on kms: ', 'streamKey'],
    ['FailedRequests', 'InvalidKMSResourceException, or AccessDenied on kms: ', 'streamKey'],
    ['ProverErrors', 'AccessDenied: ', 'needs kms:Decrypt (set bucketKey)'],
  ] as const)('%s names the remedy for a customer-managed key of an existing stream', (name, ...parts) => {
    const [own, existing] = [alarms, ofPipeline].map((all) => JSON.stringify(all[name]!.AlarmDescription));
    for (const part of parts) {
      expect(existing).toContain(part);
    }
    expect(own).not.toContain(parts.at(-1));
  });

  it('wait for as long as the created stream buffers', () => {
    const stack = createStack({ monitoring: 'full' }, { bufferingInterval: Duration.seconds(900) });
    expect(rule(alarmsOf(Template.fromStack(stack)).DeliveryFreshness!)).toBe('> 1200, 1 of 3 x 300 s');
  });

  it.each([
    ['3', '> 2500, 1 of 2 x 300 s'],
    ['8', '> 7000, 1 of 2 x 300 s'],
    ['900', '> 899000, 1 of 4 x 300 s'],
  ])(
    'count an invocation as killed only near its timeout of %s s, and look back to its start',
    (timeout, fires) => {
      expect(rule(alarmsOf(fullTemplateOf({ timeout })).FunctionDuration!)).toBe(fires);
    },
  );

  it('look back at failed requests over three invocations, each of which publishes at its end', () => {
    const rules = ['3', '300', '301', '900'].map((timeout) =>
      rule(alarmsOf(fullTemplateOf({ timeout })).FailedRequests!),
    );
    expect(rules).toEqual([
      '> 10, 3 x 300 s',
      '> 10, 3 x 300 s',
      '> 10, 3 of 6 x 300 s',
      '> 10, 3 of 9 x 300 s',
    ]);
  });
});

describe('Silence', () => {
  it.each([
    [{ schedule: 'rate(1 minute)' }, '< 1, 3 x 300 s'],
    [{ schedule: 'rate(1 minute)', timeout: '60' }, '< 1, 2 x 300 s'],
    [{ schedule: 'rate(5 minutes)', timeout: '900' }, '< 1, 5 x 300 s'],
    [{ schedule: 'rate(1 hour)' }, '< 1, 14 x 300 s'],
    [{ schedule: 'rate(23 hours)' }, '< 1, 278 x 300 s'],
    [{ schedule: 'rate(1 day)' }, '< 1, 25 x 3600 s'],
    [{ schedule: 'rate(3 days)' }, '< 1, 73 x 3600 s'],
    [{ schedule: 'cron(0 12 * * ? *)' }, '< 1, 25 x 3600 s'],
    [{ schedule: 'cron(0 12 * * ? *)', timeZone: 'Europe/Berlin' }, '< 1, 26 x 3600 s'],
    [{ schedule: 'cron(0/5 * * * ? *)', timeZone: 'Europe/Berlin' }, '< 1, 3 x 300 s'],
    [{ schedule: 'cron(0 9 ? * MON-FRI *)' }, '< 1, 73 x 3600 s'],
  ])('with %j fires soon after a missing run', (context, fires) => {
    expect(rule(alarmsOf(fullTemplateOf(context)).Silence!)).toBe(fires);
  });

  it.each(['off', 'rate(7 days)', 'cron(0 9 ? * MON *)', 'cron(0 9 1 1 ? *)'])(
    'is no alarm with the schedule %s',
    (schedule) => {
      expect(alarmsOf(fullTemplateOf({ schedule })).Silence).toBeUndefined();
    },
  );

  it('is no alarm with a schedule that runs once', () => {
    const stack = createStack(
      { monitoring: 'full' },
      { schedule: ScheduleExpression.at(new Date('2030-01-01T00:00:00Z')) },
    );
    expect(alarmsOf(Template.fromStack(stack)).Silence).toBeUndefined();
  });
});

describe('an alarm that is tuned', () => {
  const tuned = (alarms: AlarmTunings) =>
    alarmsOf(Template.fromStack(createStack({ monitoring: 'full' }, { alarms })));

  it.each<[AlarmTunings, AlarmName, string]>([
    [{ BytesQuota: { threshold: 95 } }, 'BytesQuota', '> 95, 3 of 4 x 300 s'],
    [{ BytesQuota: { periods: 6 } }, 'BytesQuota', '> 80, 6 x 300 s'],
    [{ BytesQuota: { periods: 6, outOf: 12 } }, 'BytesQuota', '> 80, 6 of 12 x 300 s'],
    [{ RefusedRecords: { outOf: 5 } }, 'RefusedRecords', '> 10, 3 of 5 x 300 s'],
    [{ DeliverySuccess: { threshold: 0.5, periods: 1, outOf: 1 } }, 'DeliverySuccess', '< 0.5, 1 x 300 s'],
    [{ EventsUndelivered: {} }, 'EventsUndelivered', '> 0, 1 x 300 s'],
  ])('by %j fires otherwise, and no other alarm does', (tunings, name, fires) => {
    // Act
    const { [name]: alarm, ...others } = tuned(tunings);

    // Assess
    expect(rule(alarm!)).toBe(fires);
    const { [name]: _, ...asEver } = alarmsOf(fullTemplateOf());
    expect(others).toEqual(asEver);
  });

  it.each<[AlarmTunings, AlarmName, string]>([
    [{ BytesQuota: { threshold: 95 } }, 'BytesQuota', ' takes more than 95 % of the bytes per second'],
    [{ FailedRequests: { threshold: 50 } }, 'FailedRequests', 'More than 50 % of the requests to '],
    [{ FailedRequests: { outOf: 6 } }, 'FailedRequests', ' fail as a whole in 15 of 30 minutes: '],
    [{ FailedRequests: { periods: 1 } }, 'FailedRequests', ' fail as a whole for 5 minutes: '],
    [{ RefusedRecords: { threshold: 25 } }, 'RefusedRecords', 'refuses more than 25 % of the records'],
    [{ FunctionThrottles: { periods: 6 } }, 'FunctionThrottles', ' for 30 minutes; events are late'],
    [{ FunctionThrottles: { periods: 1 } }, 'FunctionThrottles', ' for 5 minutes; events are late'],
    [{ WorkQueueStuck: { outOf: 8 } }, 'WorkQueueStuck', 'and in 30 of 40 minutes none was done'],
    [{ Silence: { periods: 5 } }, 'Silence', 'No event reached Firehose for 25 minutes'],
  ])('by %j describes it', (tunings, name, text) => {
    expect(JSON.stringify(tuned(tunings)[name]!.AlarmDescription)).toContain(text);
  });

  it.each(directPutAlarms)('by %s: false is left out, and no other alarm is', (name) => {
    const alarms = tuned({ [name]: false });
    const { [name]: _, ...others } = alarmsOf(fullTemplateOf());
    expect(alarms).toEqual(others);
  });

  it.each<[object, string]>([
    [{ Silense: false }, 'Silense is not known: expected one of Silence, FunctionErrors, '],
    [{ toString: { threshold: 1 } }, 'toString is not known: expected one of '],
    [{ BytesQuota: { periods: 5, outOf: 4 } }, 'BytesQuota has periods 5 outOf 4: expected whole numbers'],
    [{ DeadLetters: { outOf: 0 } }, 'DeadLetters has periods 1 outOf 0: expected whole numbers from 1'],
    [{ DeadLetters: { periods: 1.5 } }, 'DeadLetters has periods 1.5 outOf 1.5: expected whole numbers'],
    [
      { BytesQuota: { threshold: Number.NaN } },
      'BytesQuota.threshold is NaN: expected a number, for example 80',
    ],
    [{ BytesQuota: { threshold: Infinity } }, 'BytesQuota.threshold is Infinity: expected a number'],
  ])('by %j is refused, by the path of the construct', (alarms, message) => {
    const create = () => createStack({ monitoring: 'full' }, { alarms });
    expect(create).toThrow(PropError);
    expect(create).toThrow(`FirehoseEventProducer/Producer/Alarms: alarms.${message}`);
  });
});

describe('the topic of the alarms', () => {
  it('is missing by default', () => {
    for (const { AlarmActions, OKActions } of Object.values(alarmsOf(fullTemplateOf()))) {
      expect([AlarmActions, OKActions]).toEqual([undefined, undefined]);
    }
    fullTemplateOf().resourceCountIs('AWS::SNS::Topic', 0);
  });

  it('mails to the address of the context when an alarm fires, and when it is over', () => {
    // Act
    const template = fullTemplateOf({ alarmEmail: 'you@example.com' });

    // Assess
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'you@example.com',
      TopicArn: { Ref: topic },
    });
    for (const { AlarmActions, OKActions } of Object.values(alarmsOf(template))) {
      expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    }
  });

  it('lets only alarms of this account publish, over TLS', () => {
    // Act
    const template = fullTemplateOf({ alarmEmail: 'you@example.com' });

    // Assess
    const topic = { Ref: Object.keys(template.findResources('AWS::SNS::Topic'))[0] };
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      Topics: [topic],
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sns:Publish',
            Resource: topic,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: topic,
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ],
      },
    });
  });

  it('is the prop alarmTopic of the construct', () => {
    // Prepare
    const stack = createStack({ monitoring: 'full', alarmEmail: 'you@example.com' });
    const topic = new Topic(stack, 'OtherTopic', { enforceSSL: true });

    // Act
    new EventProducer(stack, 'Second', { alarmTopic: topic });

    // Assess
    const arn = stack.resolve(topic.topicArn);
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'FirehoseEventProducer-Second-Silence',
      AlarmActions: [arn],
      OKActions: [arn],
    });
  });
});
