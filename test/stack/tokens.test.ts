import {
  type App,
  Aws,
  CfnParameter,
  Duration,
  Fn,
  NestedStack,
  Size,
  Stack,
  Stage,
  Token,
} from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { DeliveryStream, type IDeliveryStream, S3Bucket } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Bucket, CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { describe, expect, it } from 'vitest';
import { type SettingName, settings } from '../../lambda/contract/deployment-settings.ts';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { EventProducerStack } from '../../lib/stack/event-producer-stack.ts';
import { PropError } from '../../lib/stack/prop-checks.ts';
import { shareOf } from '../property-runs.ts';
import { createApp, propertiesOf, resourceOf, variablesOf } from './constructs.ts';

const account = '111122223333';
const europe = { env: { account, region: 'eu-west-1' } };
const prefix = 'raw/!{timestamp:yyyy/MM/dd/HH}/';

const named = (stack: Stack, name: string) => Bucket.fromBucketName(stack, 'Bucket', name);

/** Where the bucket of a producer in `stack` comes from; `other` is another stack of the app. */
const buckets: Record<string, (stack: Stack, other: Stack) => IBucket> = {
  'a name': (stack) => named(stack, 'my-bucket'),
  'an imported name': (stack) => named(stack, Fn.importValue('RawBucket')),
  'a name in SSM': (stack) => named(stack, StringParameter.valueForStringParameter(stack, '/bucket')),
  'a parameter': (stack) => named(stack, new CfnParameter(stack, 'Name').valueAsString),
  'a name with AWS::AccountId': (stack) => named(stack, `my-${Aws.ACCOUNT_ID}-raw`),
  "a name with the stack's account and region": (stack) =>
    named(stack, `my-${stack.account}-${stack.region}`),
  'a name by Fn::Sub': (stack) => named(stack, Fn.sub('raw-$'.concat('{AWS::Region}'))),
  'a name of pieces': (stack) => named(stack, Fn.select(1, Fn.split('/', Fn.importValue('Path')))),
  'an ARN': (stack) => Bucket.fromBucketArn(stack, 'Bucket', 'arn:aws:s3:::my-bucket'),
  'an imported ARN': (stack) => Bucket.fromBucketArn(stack, 'Bucket', Fn.importValue('RawBucketArn')),
  attributes: (stack) =>
    Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: Fn.importValue('RawBucket'), account }),
  'an L1': (stack) => Bucket.fromCfnBucket(new CfnBucket(stack, 'Bucket')),
  'an L2': (stack) => new Bucket(stack, 'Bucket'),
  'an L2 of another stack': (_, other) => new Bucket(other, 'Bucket'),
  'a named L2 of another stack': (_, other) => new Bucket(other, 'Bucket', { bucketName: 'my-bucket' }),
  'a name of another stack': (_, other) => named(other, Fn.importValue('RawBucket')),
};

const places = ['agnostic', 'Europe', 'nested', 'stage'] as const;

/** A stack for the producer, and another one of the same app. */
function stacksAt(place: (typeof places)[number]): { app: App; stack: Stack; other: Stack } {
  const app = createApp();
  const env = place === 'Europe' ? europe : {};
  const scope = place === 'stage' ? new Stage(app, 'Stage') : app;
  const outer = new Stack(scope, 'Own', env);
  const stack = place === 'nested' ? new NestedStack(outer, 'Nested') : outer;
  return { app, stack, other: new Stack(scope, 'Other', env) };
}

function inEachPlace<T>(makers: Readonly<Record<string, T>>) {
  const cases = Object.entries(makers).flatMap(([name, make]) =>
    places.map((place) => ({ name, place, make })),
  );
  return shareOf(cases);
}

const streamNamed = (stack: Stack, name: string) =>
  DeliveryStream.fromDeliveryStreamName(stack, 'Stream', name);
const streamTo = (stack: Stack) =>
  new DeliveryStream(stack, 'Stream', {
    destination: new S3Bucket(named(stack, 'my-bucket'), {
      role: Role.fromRoleName(stack, 'Delivery', 'delivery', { mutable: false }),
    }),
  });

describe('a bucket given by', () => {
  it.each(inEachPlace(buckets))('$name is read by the prover of a producer ($place)', ({ place, make }) => {
    // Prepare
    const { app, stack, other } = stacksAt(place);
    const bucket = make(stack, other);

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream: streamNamed(stack, 'my-stream'), bucket, prefix });
    app.synth();

    // Assess
    expect(variablesOf(stack, /ProverFunction/).BUCKET_NAME).toEqual(stack.resolve(bucket.bucketName));
    expect(resourceOf(stack, /ProverRole/, 's3:GetObject')).toEqual(
      stack.resolve(bucket.arnForObjects('raw/*')),
    );
  });

  it('an L2 of another region is read there', () => {
    // Prepare
    const app = createApp();
    const elsewhere = { env: { account, region: 'us-east-1' }, crossRegionReferences: true };
    const bucket = new Bucket(new Stack(app, 'Other', elsewhere), 'Bucket', { bucketName: 'my-bucket' });
    const stack = new Stack(app, 'Own', { ...europe, crossRegionReferences: true });

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream: streamNamed(stack, 'my-stream'), bucket, prefix });
    app.synth();

    // Assess
    expect(resourceOf(stack, /ProverRole/, 's3:GetObject')).toEqual(
      stack.resolve(bucket.arnForObjects('raw/*')),
    );
  });
});

/** Where the stream of a producer in `stack` comes from; `other` is another stack of the app. */
const streams: Record<string, (stack: Stack, other: Stack) => IDeliveryStream> = {
  'an imported name': (stack) => streamNamed(stack, Fn.importValue('Stream')),
  'a parameter': (stack) => streamNamed(stack, new CfnParameter(stack, 'Name').valueAsString),
  'an imported ARN': (stack) =>
    DeliveryStream.fromDeliveryStreamArn(stack, 'Stream', Fn.importValue('StreamArn')),
  'an L2': (stack) => streamTo(stack),
  'an L2 of another stack': (_, other) => streamTo(other),
};

describe('a stream given by', () => {
  it.each(inEachPlace(streams))('$name is what a producer sends to ($place)', ({ place, make }) => {
    // Prepare
    const { app, stack, other } = stacksAt(place);
    const deliveryStream = make(stack, other);

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream, alarmTopic: new Topic(other, 'Topic') });
    app.synth();

    // Assess
    expect(variablesOf(stack, /ProducerFunction/).DELIVERY_STREAM_NAME).toEqual(
      stack.resolve(deliveryStream.deliveryStreamName),
    );
    expect(resourceOf(stack, /ProducerFunctionRole/, 'firehose:PutRecordBatch')).toEqual(
      stack.resolve(deliveryStream.deliveryStreamArn),
    );
  });

  it('the imported ARN of a Kinesis stream is what a producer sends to', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const kinesisStream = Stream.fromStreamArn(stack, 'Stream', Fn.importValue('StreamArn'));

    // Act
    new EventProducer(stack, 'Producer', { kinesisStream });

    // Assess
    expect(variablesOf(stack, /ProducerFunction/).DELIVERY_STREAM_NAME).toEqual(
      stack.resolve(kinesisStream.streamName),
    );
    expect(resourceOf(stack, /ProducerFunctionRole/, 'kinesis:PutRecords')).toEqual({
      'Fn::ImportValue': 'StreamArn',
    });
  });

  it.each([{}, { deliveryStreamName: 'my-stream', bucketName: 'my-bucket' }])(
    "%j works in a region whose Firehose addresses the CDK doesn't know",
    (props) => {
      // Prepare
      const app = createApp();
      const env = { account, region: 'eusc-de-east-1' };

      // Act
      new EventProducerStack(app, 'Own', { ...props, env });

      // Assess
      expect(JSON.stringify(app.synth().getStackByName('Own').template)).not.toContain('FirehoseCidrBlock');
    },
  );
});

const number = Token.asNumber(Fn.importValue('Number'));
const text = Fn.importValue('Text');

describe('a token', () => {
  it.each<readonly [keyof EventProducerProps, unknown, string]>([
    ...Object.keys(settings)
      .filter((name) => !('unit' in settings[name as SettingName]))
      .map((name) => [name as SettingName, number, 'expected a whole number from '] as const),
    ['timeout', Duration.seconds(number), 'expected a Duration, for example Duration.minutes(5)'],
    ['bufferingInterval', Duration.minutes(number), 'expected a Duration'],
    ['lostAfter', Duration.hours(number), 'expected a Duration'],
    ['objectExpiration', Duration.days(number), 'expected a Duration'],
    ['memorySize', Size.mebibytes(number), 'expected a Size, for example Size.mebibytes(64)'],
    ['bufferingSize', Size.mebibytes(number), 'expected a Size'],
    ['lakeScanLimit', Size.gibibytes(number), 'expected a Size'],
    ['recordFormat', text, 'expected ndjson, single or gzip'],
    ['monitoring', text, 'expected essential, full or off'],
    ['removalPolicy', text, 'expected a RemovalPolicy'],
    ['logRetention', number, 'expected a RetentionDays'],
    ['eventTemplate', text, 'expected a text'],
    ['prefix', text, 'expected a text'],
    ['proof', Fn.conditionEquals('a', 'b'), 'expected true or false'],
    ['onDemand', Fn.conditionEquals('a', 'b'), 'expected true or false'],
    ['source', text, "expected 'kinesis'"],
    ['kinesisRetention', Duration.hours(number), 'expected a Duration'],
  ])('is refused as %s, which decides what the stack is', (name, value, expected) => {
    // Act
    const create = () => new EventProducer(new Stack(createApp(), 'Own'), 'Producer', { [name]: value });

    // Assess
    expect(create).toThrow(PropError);
    expect(create).toThrow(`${name} is a token, whose value is known only at deployment: ${expected}`);
  });

  it.each<[EventProducerProps, string]>([
    [{ prices: { firehoseUsdPerGb: number } }, 'prices.firehoseUsdPerGb is '],
    [{ alarms: { FunctionErrors: { threshold: number } } }, 'alarms.FunctionErrors.threshold is a token'],
    [{ alarms: { FunctionErrors: { periods: number } } }, 'alarms.FunctionErrors has periods '],
  ])('is refused in %j', (props, message) => {
    const create = () => new EventProducer(new Stack(createApp(), 'Own'), 'Producer', props);
    expect(create).toThrow(PropError);
    expect(create).toThrow(message);
  });

  it('is accepted in the schedule and the topic', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const alarmTopic = Topic.fromTopicArn(stack, 'Topic', Fn.importValue('TopicArn'));

    // Act
    new EventProducer(stack, 'Producer', {
      schedule: ScheduleExpression.expression(text),
      alarmTopic,
      monitoring: 'full',
    });

    // Assess
    expect(propertiesOf(stack, 'AWS::CloudWatch::Alarm', /FunctionErrors/)).toMatchObject({
      AlarmActions: [{ 'Fn::ImportValue': 'TopicArn' }],
    });
    expect(propertiesOf(stack, 'AWS::Scheduler::Schedule', /Schedule/).ScheduleExpression).toEqual({
      'Fn::ImportValue': 'Text',
    });
  });
});

describe('a table in a nested stack', () => {
  it('is named after the outer stack, whose name is no token', () => {
    // Prepare
    const { stack } = stacksAt('nested');

    // Act
    new EventProducer(stack, 'Producer', { lake: true });

    // Assess
    expect(propertiesOf(stack, 'AWS::Glue::Database', /Database/).DatabaseInput.Name).toBe(
      'own_nested_producer',
    );
    expect(propertiesOf(stack, 'AWS::Athena::WorkGroup', /WorkGroup/).Name).toBe('Own-Nested-Producer');
  });
});
