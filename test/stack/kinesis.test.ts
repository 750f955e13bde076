import { type App, Duration, Stack } from 'aws-cdk-lib';
import { CfnStream, Stream, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { DeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { InvalidContextError } from '../../lib/stack/context.ts';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { PropError } from '../../lib/stack/prop-checks.ts';
import { createApp, propertiesOf, resourceOf, statementsOf, variablesOf } from './constructs.ts';
import { createStack, synthOf } from './synth.ts';

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-1111-1111-111111111111';
const [producer, prover] = [/ProducerFunction(?!Role|Logs)/, /ProverFunction/];
const ofProducer = /ProducerFunctionRole/;

describe('source kinesis', () => {
  const { stack, template } = synthOf({ source: 'kinesis' });

  it('sends to an encrypted Kinesis stream of one shard, which is deleted with the stack', () => {
    template.hasResource('AWS::Kinesis::Stream', {
      DeletionPolicy: 'Delete',
      Properties: {
        ShardCount: 1,
        RetentionPeriodHours: 24,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      },
    });
    expect(variablesOf(stack, producer)).toMatchObject({
      TARGET: 'kinesis',
      DELIVERY_STREAM_NAME: { Ref: expect.stringContaining('KinesisStream') },
      KINESIS_USD_PER_GB: expect.stringMatching(/^0\.000587/),
    });
    expect(variablesOf(stack, producer)).not.toHaveProperty('FIREHOSE_USD_PER_GB');
    expect(variablesOf(stack, prover)).toMatchObject({
      TARGET: 'kinesis',
      DELIVERY_STREAM_NAME: variablesOf(stack, producer).DELIVERY_STREAM_NAME,
      LOST_AFTER_HOURS: '25',
    });
    expect(resourceOf(stack, ofProducer, 'kinesis:PutRecords')).toEqual(
      stack.resolve(stack.producer.kinesisStream!.streamArn),
    );
  });

  it('lets Firehose read just that stream, without an encryption of its own', () => {
    // Act
    const deliveryStream = propertiesOf(stack, 'AWS::KinesisFirehose::DeliveryStream', /./);
    const policies = propertiesOf(stack, 'AWS::IAM::Role', /DeliveryRole/).Policies;

    // Assess
    const streamArn = stack.resolve(stack.producer.kinesisStream!.streamArn);
    expect(deliveryStream).toMatchObject({
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: { KinesisStreamARN: streamArn },
    });
    expect(deliveryStream).not.toHaveProperty('DeliveryStreamEncryptionConfigurationInput');
    expect(policies.at(-1).PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: [
          'kinesis:DescribeStream',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        Resource: streamArn,
      },
    ]);
  });

  it('sends nothing before Firehose reads: the function, and by it the schedule, depend on the delivery stream', () => {
    // Prepare
    const [deliveryStream] = Object.keys(template.findResources('AWS::KinesisFirehose::DeliveryStream'));
    const functions = template.findResources('AWS::Lambda::Function');
    const [id] = Object.keys(functions).filter((key) => producer.test(key));

    // Assess
    expect(functions[id!]!.DependsOn).toContain(deliveryStream);
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Target: { Arn: { 'Fn::GetAtt': [id, 'Arn'] } },
    });
  });

  it('replaces the delivery stream, and keeps the bucket and all else as it was', () => {
    // Prepare
    const of = (context: Record<string, string>) => synthOf(context).template.toJSON().Resources;
    const [before, after] = [of({}), of({ source: 'kinesis' })];
    const kinds = (ids: string[], resources: typeof before) => ids.map((id) => resources[id].Type);

    // Act
    const removed = Object.keys(before).filter((id) => !(id in after));
    const added = Object.keys(after).filter((id) => !(id in before));
    const changed = Object.keys(before).filter(
      (id) => id in after && JSON.stringify(before[id]) !== JSON.stringify(after[id]),
    );

    // Assess
    expect(kinds(removed, before)).toEqual(['AWS::KinesisFirehose::DeliveryStream']);
    expect(kinds(added, after)).toEqual(['AWS::Kinesis::Stream', 'AWS::KinesisFirehose::DeliveryStream']);
    expect(new Set(kinds(changed, after))).toEqual(
      new Set([
        'AWS::IAM::Role',
        'AWS::IAM::Policy',
        'AWS::Lambda::Function',
        'AWS::Lambda::EventSourceMapping',
        'AWS::Scheduler::Schedule',
        'AWS::CloudWatch::Alarm',
      ]),
    );
  });

  it.each([
    [{ shards: '4' }, { ShardCount: 4 }, 'kinesis', 'the Kinesis stream (4 shards) costs about $44 a month'],
    [
      { onDemand: 'on' },
      { StreamModeDetails: { StreamMode: 'ON_DEMAND' } },
      'kinesis-on-demand',
      'the Kinesis stream (on demand) costs about $29 a month',
    ],
    [{}, { ShardCount: 1 }, 'kinesis', 'the Kinesis stream (1 shard) costs about $11 a month'],
  ])('with %j says what it costs', (context, properties, target, cost) => {
    // Act
    const { stack, template } = synthOf({ source: 'kinesis', ...context });

    // Assess
    template.hasResourceProperties('AWS::Kinesis::Stream', properties);
    expect(variablesOf(stack, producer).TARGET).toBe(target);
    const { metadata } = stack.producer.node;
    expect(metadata.filter(({ type }) => type === 'aws:cdk:info').map(({ data }) => data)).toContainEqual(
      expect.stringContaining(cost),
    );
  });

  it('encrypts the Kinesis stream with encryptionKey, which each role may use for it alone', () => {
    // Act
    const { stack } = synthOf({ source: 'kinesis', encryptionKey: keyArn });

    // Assess
    const streamArn = stack.resolve(stack.producer.kinesisStream!.streamArn);
    const forStream = (action: string) => ({
      Effect: 'Allow',
      Action: action,
      Resource: keyArn,
      Condition: { StringEquals: { 'kms:EncryptionContext:aws:kinesis:arn': streamArn } },
    });
    expect(propertiesOf(stack, 'AWS::Kinesis::Stream', /./).StreamEncryption.KeyId).toBe(keyArn);
    expect(
      propertiesOf(stack, 'AWS::IAM::Role', /DeliveryRole/).Policies.at(-1).PolicyDocument.Statement,
    ).toContainEqual(forStream('kms:Decrypt'));
    expect(statementsOf(stack, ofProducer)).toContainEqual(forStream('kms:GenerateDataKey'));
  });

  it('leaves no trace in a stack without it, whose names test/stack/names.json has', () => {
    const text = JSON.stringify(synthOf().template.toJSON()).replaceAll('AWS::KinesisFirehose::', '');
    expect(text.match(/kinesis|Kinesis|"TARGET"/)).toBeNull();
  });

  it('is named in texts: Firehose retries as long as it keeps records', () => {
    const text = JSON.stringify(template.toJSON());
    expect(template.toJSON().Description).toBe('Pushes UUID events to an Amazon Kinesis stream.');
    expect(text).toContain('Firehose retries until they expire');
    expect(text).not.toContain('Firehose retries for 24 hours');
  });

  it('has the output KinesisStreamName, and that of the delivery stream', () => {
    expect(Object.keys(template.toJSON().Outputs)).toEqual(
      expect.arrayContaining(['DeliveryStreamName', 'KinesisStreamName']),
    );
  });
});

describe('kinesisStreamName', () => {
  const arn = (stack: Stack) =>
    stack.resolve(stack.formatArn({ service: 'kinesis', resource: 'stream', resourceName: 'my-stream' }));

  it('alone sends, and proves nothing', () => {
    // Act
    const { stack, template } = synthOf({ kinesisStreamName: 'my-stream', onDemand: 'on' });

    // Assess
    expect(variablesOf(stack, producer)).toMatchObject({
      TARGET: 'kinesis-on-demand',
      DELIVERY_STREAM_NAME: 'my-stream',
      KINESIS_USD_PER_GB: '0.08',
    });
    expect(resourceOf(stack, ofProducer, 'kinesis:PutRecords')).toEqual(arn(stack));
    expect(stack.producer.prover).toBeUndefined();
    template.resourceCountIs('AWS::KinesisFirehose::DeliveryStream', 0);
    expect(Object.keys(template.toJSON().Outputs)).toContain('KinesisStreamName');
    expect(Object.keys(template.toJSON().Outputs)).not.toContain('DeliveryStreamName');
    expect(() => stack.producer.deliveryStream).toThrow(
      'there is no deliveryStream, since kinesisStream is set: use kinesisStream',
    );
  });

  it('with a bucket proves, as long as the stream keeps records', () => {
    // Act
    const { stack } = synthOf({
      kinesisStreamName: 'my-stream',
      kinesisRetention: '168',
      bucketName: 'my-bucket',
      prefix: 'raw/',
      streamKey: keyArn,
    });

    // Assess
    expect(variablesOf(stack, prover)).toMatchObject({
      TARGET: 'kinesis',
      DELIVERY_STREAM_NAME: 'my-stream',
      LOST_AFTER_HOURS: '169',
      PREFIX: 'raw/!{timestamp:yyyy/MM/dd/HH}/',
      SHARED: 'true',
    });
    expect(statementsOf(stack, ofProducer)).toContainEqual({
      Effect: 'Allow',
      Action: 'kms:GenerateDataKey',
      Resource: keyArn,
      Condition: { StringEquals: { 'kms:EncryptionContext:aws:kinesis:arn': arn(stack) } },
    });
  });

  it.each([
    [
      { source: 'kinesis', lostAfter: '24' },
      'lostAfter is 24 hours, but events may still land for 25, an hour more than the Kinesis stream keeps them: leave lostAfter out',
    ],
    [
      { kinesisStreamName: 'my-stream', bucketName: 'my-bucket', kinesisRetention: '48', lostAfter: '30' },
      'lostAfter is 30 hours, but events may still land for 49, ',
    ],
  ])('refuses that events are lost before they can be: %j', (context, message) => {
    expect(() => createStack(context)).toThrow(PropError);
    expect(() => createStack(context)).toThrow(message);
  });
});

describe('a combination of Kinesis settings in context is refused:', () => {
  it.each<[Record<string, string>, string]>([
    [
      { source: 'kinesis', deliveryStreamName: 'my-stream' },
      'source is "kinesis", but deliveryStreamName is "my-stream": only a created delivery stream gets a source. Leave one of them out',
    ],
    [
      { source: 'kinesis', kinesisStreamName: 'my-stream' },
      'source is "kinesis", but kinesisStreamName is "my-stream": only a created delivery stream gets a source. Leave one of them out',
    ],
    [
      { deliveryStreamName: 'one', kinesisStreamName: 'two' },
      'kinesisStreamName is "two", but deliveryStreamName is "one": events are sent to one stream. Leave one of them out',
    ],
    [
      { shards: '2' },
      'shards is "2", but no Kinesis stream is created: leave it out, or set the source, for example -c source=kinesis',
    ],
    [
      { shards: '2', kinesisStreamName: 'my-stream' },
      'shards is "2", but kinesisStreamName is "my-stream": no Kinesis stream is created. Leave one of them out',
    ],
    [
      { source: 'kinesis', shards: '2', onDemand: 'on' },
      'shards is "2", but onDemand is "on": a stream on demand has as many shards as it needs. Leave one of them out',
    ],
    [
      { onDemand: 'on' },
      'onDemand is "on", but events are sent to no Kinesis stream: leave it out, or set the source, for example -c source=kinesis',
    ],
    [
      { kinesisRetention: '48' },
      'kinesisRetention is "48", but events are sent to no Kinesis stream: leave it out, or set your stream, for example -c kinesisStreamName=my-stream',
    ],
    [
      { source: 'kinesis', kinesisRetention: '48' },
      'kinesisRetention is "48", but the created Kinesis stream keeps records for 24 hours: leave it out, or ',
    ],
    [
      { kinesisStreamName: 'my-stream', prefix: 'raw/' },
      'prefix is "raw/", but the bucket of your stream is not known',
    ],
    [
      { kinesisStreamName: 'my-stream', encryptionKey: keyArn },
      `encryptionKey is "${keyArn}", but kinesisStreamName is "my-stream": name the keys`,
    ],
    [
      { kinesisStreamName: 'my-stream', lake: 'on' },
      'lake is "on", but kinesisStreamName is "my-stream": only',
    ],
    [{ source: 'msk' }, 'source is "msk": expected kinesis, for example -c source=kinesis'],
    [
      { kinesisStreamName: 'my stream' },
      'kinesisStreamName is "my stream": expected the name of a Kinesis stream',
    ],
    [
      { kinesisStream: 'my-stream' },
      'kinesisStream is not a context key: use its name, for example -c kinesisStreamName=',
    ],
  ])('%j', (context, message) => {
    expect(() => createStack(context)).toThrow(InvalidContextError);
    expect(() => createStack(context)).toThrow(`context ${message}`);
    const problems = message.includes(' but ') ? /\n/ : /(?!)/;
    expect(() => createStack(context)).not.toThrow(problems);
  });
});

function refusalOf(stack: Stack, props: EventProducerProps): string {
  try {
    new EventProducer(stack, 'Producer', props);
  } catch (error) {
    expect(error).toBeInstanceOf(PropError);
    return (error as Error).message;
  }
  return expect.unreachable('should be refused');
}

describe('a Kinesis stream of the app', () => {
  it('gives its retention, mode and key', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const encryptionKey = new Key(stack, 'Key');
    const kinesisStream = new Stream(stack, 'Stream', {
      retentionPeriod: Duration.hours(72),
      streamMode: StreamMode.ON_DEMAND,
      encryptionKey,
    });

    // Act
    const { kinesisStream: used } = new EventProducer(stack, 'Producer', {
      kinesisStream,
      bucket: new Bucket(stack, 'Bucket'),
    });

    // Assess
    expect(used).toBe(kinesisStream);
    expect(variablesOf(stack, prover)).toMatchObject({
      TARGET: 'kinesis-on-demand',
      LOST_AFTER_HOURS: '73',
    });
    expect(resourceOf(stack, ofProducer, 'kinesis:PutRecords')).toEqual(
      stack.resolve(kinesisStream.streamArn),
    );
    expect(resourceOf(stack, ofProducer, 'kms:GenerateDataKey')).toEqual(stack.resolve(encryptionKey.keyArn));
  });

  it("needs no key if that is AWS's", () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const l1 = new CfnStream(stack, 'L1', {
      shardCount: 2,
      streamEncryption: { encryptionType: 'KMS', keyId: 'alias/aws/kinesis' },
    });

    // Act
    new EventProducer(stack, 'Producer', {
      kinesisStream: Stream.fromStreamArn(stack, 'Stream', l1.attrArn),
    });
    new EventProducer(stack, 'Other', { kinesisStream: new Stream(stack, 'L2') });

    // Assess
    expect(JSON.stringify(statementsOf(stack, ofProducer))).not.toContain('kms:');
    expect(JSON.stringify(statementsOf(stack, /OtherFunctionRole/))).not.toContain('kms:');
  });

  it('is refused if it contradicts props, each named', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const kinesisStream = new Stream(stack, 'Stream', {
      streamMode: StreamMode.PROVISIONED,
      encryptionKey: new Key(stack, 'Key'),
    });

    // Act
    const refusal = refusalOf(stack, {
      kinesisStream,
      kinesisRetention: Duration.hours(48),
      onDemand: true,
      streamKey: new Key(stack, 'Other'),
    });

    // Assess
    expect(refusal.split('\n')).toEqual([
      'Own/Producer: kinesisRetention is 48 hours, but kinesisStream keeps records for 24: leave kinesisRetention out',
      'onDemand is true, but kinesisStream is provisioned: leave onDemand out',
      'streamKey is set, but kinesisStream has another key: leave streamKey out',
    ]);
  });

  it.each<[string, (stack: Stack) => Stream | ReturnType<typeof Stream.fromStreamArn>]>([
    [
      'an ARN',
      (stack) =>
        Stream.fromStreamArn(stack, 'Stream', 'arn:aws:kinesis:us-east-1:111122223333:stream/my-stream'),
    ],
    [
      'a construct',
      (stack) => {
        const env = { account: '111122223333', region: 'us-east-1' };
        return new Stream(new Stack(stack.node.root as App, 'Other', { env }), 'Stream', {
          streamName: 'my-stream',
        });
      },
    ],
  ])('is refused in another region: %s', (_, create) => {
    const env = { account: '111122223333', region: 'eu-west-1' };
    const stack = new Stack(createApp(), 'Own', { env });
    expect(refusalOf(stack, { kinesisStream: create(stack) })).toContain(
      'kinesisStream is in the region us-east-1, but the functions call the stream in the stack',
    );
  });

  it.each<[string, (stack: Stack) => EventProducerProps, string]>([
    ['another source', () => ({ source: 'msk' as 'kinesis' }), `source is "msk": expected 'kinesis'`],
    [
      'a text',
      () => ({ kinesisStream: 'my-stream' as never }),
      'kinesisStream is "my-stream": expected a Kinesis stream, for example Stream.fromStreamArn(',
    ],
    [
      'a delivery stream beside it',
      (stack) => ({
        kinesisStream: new Stream(stack, 'Kinesis'),
        deliveryStream: DeliveryStream.fromDeliveryStreamName(stack, 'Stream', 'my-stream'),
      }),
      'kinesisStream is set, but deliveryStream is set: events are sent to one stream. Leave one of them out',
    ],
  ])('is refused as a prop: %s', (_, propsIn, message) => {
    const stack = new Stack(createApp(), 'Own');
    expect(refusalOf(stack, propsIn(stack))).toContain(message);
  });
});
