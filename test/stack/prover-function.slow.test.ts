import { TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { DeliveryStream, type IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { proverVariables } from '../../lambda/contract/variables.ts';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { createStack, synthOf, templateOf } from './synth.ts';

const ownPipeline = { deliveryStreamName: 'my-stream', bucketName: 'my-bucket' };
const raw = { ...ownPipeline, prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/' };

const partitioned = {
  ...ownPipeline,
  prefix: 'c=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy/MM/dd/HH}/',
  partition: 'customer=canary',
  prefixTimeZone: 'Asia/Calcutta',
  bufferingInterval: '120',
};

/** The properties of the one resource of a type whose logical id contains a text. */
function propertiesOf(type: string, id: string, context: Record<string, string> = {}) {
  const found = Object.entries(templateOf(context).findResources(type)).filter(([key]) => key.includes(id));
  expect(found).toHaveLength(1);
  return found[0]![1].Properties;
}

const prover = (context?: Record<string, string>) =>
  propertiesOf('AWS::Lambda::Function', 'ProverFunction', context);
const producer = (context?: Record<string, string>) =>
  propertiesOf('AWS::Lambda::Function', 'ProducerFunction', context);
const proofQueue = (context?: Record<string, string>) =>
  propertiesOf('AWS::SQS::Queue', 'ProofQueue', context);
const statements = (context?: Record<string, string>) =>
  propertiesOf('AWS::IAM::Policy', 'ProverRole', context).PolicyDocument.Statement;
const refTo = (id: string) => ({ Ref: expect.stringContaining(id) });
const arnOf = (id: string) => ({ 'Fn::GetAtt': [expect.stringContaining(id), 'Arn'] });
const foreignBucket = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::my-bucket']] };
const inForeignBucket = (keys: string) => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::my-bucket/${keys}`]],
});

describe('the prover', () => {
  it('runs on Node 24 and arm64 with 512 MiB and five minutes', () => {
    expect(prover()).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Timeout: 300,
      Handler: 'index.handler',
    });
  });

  it('knows its stream, its bucket, its queues and no shortened delays', () => {
    expect(prover().Environment.Variables).toEqual({
      DELIVERY_STREAM_NAME: refTo('DeliveryStream'),
      BUCKET_NAME: refTo('Bucket'),
      PREFIX: 'events/datehour=!{timestamp:yyyy-MM-dd-HH}/',
      ERROR_PREFIX: 'errors/',
      BUFFERING_SECONDS: '60',
      SHARED: 'false',
      LOST_AFTER_HOURS: '25',
      PROOF_QUEUE_URL: refTo('ProofQueue'),
      DEAD_LETTER_QUEUE_URL: refTo('DeadLetterQueue'),
      TIME_FACTOR: '1',
      POWERTOOLS_METRICS_NAMESPACE: 'FirehoseEventProducer',
      POWERTOOLS_SERVICE_NAME: 'firehose-event-producer',
      PRODUCER_NAME: 'FirehoseEventProducer/Producer',
      PUBLISHED_METRICS: 'EventsDelivered ClaimsUnsent ClaimsSeen OldestClaimAge LinesCorrupt',
      NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1',
    });
  });

  it('has a variable for each that it reads', () => {
    const contexts: Record<string, string>[] = [{ match: 'id' }, partitioned, { source: 'kinesis' }];
    const variables = contexts.flatMap((context) => Object.keys(prover(context).Environment.Variables));
    expect(variables).toEqual(expect.arrayContaining(Object.values(proverVariables)));
  });

  it('may read the objects of its stream, process its queue and leave dead letters, and nothing else', () => {
    expect(statements()).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arnOf('ProverLogs'),
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Condition: { StringLike: { 's3:prefix': ['events/*', 'errors/*'] } },
        Resource: arnOf('Bucket'),
      },
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: { 'Fn::Join': ['', [arnOf('Bucket'), '/events/*']] },
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('DeadLetterQueue') },
      {
        Effect: 'Allow',
        Action: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:ReceiveMessage',
        ],
        Resource: arnOf('ProofQueue'),
      },
    ]);
  });
});

describe('the producer', () => {
  it.each([
    [{}, '75'],
    [{ bufferingInterval: '0' }, '15'],
    [{ bufferingInterval: '900' }, '900'],
    [ownPipeline, '315'],
    [{ ...ownPipeline, bufferingInterval: '120' }, '135'],
  ])('with context %j leaves claims that wait %s s', (context, seconds) => {
    expect(producer(context).Environment.Variables).toMatchObject({
      PROOF_QUEUE_URL: refTo('ProofQueue'),
      PROOF_DELAY_SECONDS: seconds,
    });
  });
});

describe('the proof queue', () => {
  it('keeps a claim for longer than it lives, and shorter than the dead letters, to which hardly one moves', () => {
    expect(proofQueue()).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 7 * 24 * 60 * 60,
      RedrivePolicy: { maxReceiveCount: 1_000, deadLetterTargetArn: arnOf('DeadLetterQueue') },
    });
  });

  it('hides a claim for longer than the prover may take, and not so long that an alarm fires', () => {
    const { VisibilityTimeout } = proofQueue();
    expect(VisibilityTimeout).toBeGreaterThan(prover().Timeout + 5);
    expect(VisibilityTimeout).toBeLessThan(10 * 60);
  });

  it('is processed in large batches, two at a time, of which each claim can fail by itself', () => {
    expect(propertiesOf('AWS::Lambda::EventSourceMapping', 'ProofQueue')).toMatchObject({
      EventSourceArn: arnOf('ProofQueue'),
      FunctionName: refTo('ProverFunction'),
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });
});

describe('a pipeline of your own', () => {
  it('is proven without owning its stream or its bucket', () => {
    expect(prover(raw).Environment.Variables).toMatchObject({
      DELIVERY_STREAM_NAME: 'my-stream',
      BUCKET_NAME: 'my-bucket',
      PREFIX: 'raw/!{timestamp:yyyy/MM/dd/HH}/',
      BUFFERING_SECONDS: '300',
      SHARED: 'true',
    });
    expect(prover(raw).Environment.Variables).not.toHaveProperty('ERROR_PREFIX');
    expect(prover({ ...raw, match: 'id' }).Environment.Variables).toHaveProperty('MATCH', 'id');
  });

  it.each([
    [raw, 'raw/*'],
    // Firehose's own prefix, of which a policy knows the digits.
    [ownPipeline, '????/??/??/??/*'],
  ])('%j is read under its prefix only', (context, keys) => {
    expect(statements(context)).toEqual(
      expect.arrayContaining([
        {
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Condition: { StringLike: { 's3:prefix': [keys] } },
          Resource: foreignBucket,
        },
        { Effect: 'Allow', Action: 's3:GetObject', Resource: inForeignBucket(keys) },
      ]),
    );
  });

  it('knows the time zone and the partition of its prefix, and waits 1.5 times as long', () => {
    // Act
    const { Variables } = prover(partitioned).Environment;

    // Assess
    const place = {
      PREFIX: partitioned.prefix,
      PARTITION: 'customer=canary',
      PREFIX_TIME_ZONE: 'Asia/Calcutta',
    };
    expect(Variables).toMatchObject({ ...place, BUFFERING_SECONDS: '180' });
    expect(producer(partitioned).Environment.Variables).toMatchObject({
      ...place,
      PROOF_DELAY_SECONDS: '195',
    });
    expect(statements(partitioned)).toContainEqual({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: inForeignBucket('c=canary/*'),
    });
    const alarms = Object.values(
      templateOf({ ...partitioned, monitoring: 'full' }).findResources('AWS::CloudWatch::Alarm'),
    );
    const freshness = alarms.find(({ Properties }) => JSON.stringify(Properties).includes('DataFreshness'));
    expect(freshness?.Properties.Threshold).toBe(180 + 300);
  });

  it('waits 90 s at least with dynamic partitioning', () => {
    const prefix = '!{timestamp:yyyy/MM/dd/HH}/!{partitionKeyFromLambda:customer}/';
    const { Variables } = prover({ ...ownPipeline, prefix, bufferingInterval: '0' }).Environment;
    expect(Variables.BUFFERING_SECONDS).toBe('90');
  });

  it('warns of a prefix without a day', () => {
    const warnings = (prefix: string) =>
      Annotations.fromStack(synthOf({ ...ownPipeline, prefix }).stack).findWarning(
        '*',
        Match.stringLikeRegexp('many days'),
      );
    expect(warnings('a/!{timestamp:yyyy}/!{firehose:random-string}')).toHaveLength(1);
    expect(warnings('a/!{timestamp:yyyy-MM-dd}/')).toEqual([]);
  });

  it.each([
    ['Asia/Tokyo', 'Asia/Tokyo'],
    ['Asia/Kolkata', 'Asia/Calcutta'],
    ['Asia/Katmandu', 'Asia/Katmandu'],
  ])('shares the time zone %s with the created stream, which gets it as %s', (prefixTimeZone, custom) => {
    expect(prover({ prefixTimeZone }).Environment.Variables.PREFIX_TIME_ZONE).toBe(prefixTimeZone);
    templateOf({ prefixTimeZone }).hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      ExtendedS3DestinationConfiguration: { CustomTimeZone: custom },
    });
  });

  it.each([
    [undefined, '!{timestamp:yyyy/MM/dd/HH}/'],
    ['raw/', 'raw/!{timestamp:yyyy/MM/dd/HH}/'],
    ['raw', 'raw!{timestamp:yyyy/MM/dd/HH}/'],
    ['', '!{timestamp:yyyy/MM/dd/HH}/'],
    ['a/dt=!{timestamp:yyyy-MM-dd}/h=!{timestamp:HH}/', 'a/dt=!{timestamp:yyyy-MM-dd}/h=!{timestamp:HH}/'],
  ])('with prefix %j has keys that start with %j, as Firehose makes them', (prefix, expected) => {
    expect(
      prover({ ...ownPipeline, ...(prefix !== undefined && { prefix }) }).Environment.Variables.PREFIX,
    ).toBe(expected);
  });
});

/** Everything that proving adds, by what its name contains. */
const traces = /Prov(er|en)|Proof|PROOF|Claim/;

describe('proof', () => {
  it.each([{}, { deliveryStreamName: 'my-stream' }, ownPipeline])('=off leaves no trace: %j', (context) => {
    expect(JSON.stringify(templateOf({ ...context, proof: 'off' }).toJSON())).not.toMatch(traces);
  });

  it('=off says what becomes of claims that wait, and nothing else does', () => {
    const infos = (context: object) =>
      Annotations.fromStack(synthOf({ ...context }).stack).findInfo('*', Match.stringLikeRegexp('claims'));
    expect(infos({ proof: 'off' })[0]!.entry.data).toContain('are deleted with their queue');
    expect(infos({})).toEqual([]);
  });

  it('is off with a stream whose bucket is not known, and on by default otherwise', () => {
    const proven = (context: Record<string, string>) =>
      Object.keys(templateOf(context).findOutputs('ProofQueueUrl')).length === 1;
    const contexts: Record<string, string>[] = [{}, { proof: 'on' }, ownPipeline];
    expect(contexts.map(proven)).toEqual([true, true, true]);
    expect(proven({ deliveryStreamName: 'my-stream' })).toBe(false);
  });

  it.each<[(bucket: IBucket, stream: IDeliveryStream) => EventProducerProps, string]>([
    [(bucket) => ({ bucket }), 'bucket is set, but the created stream has its own bucket and prefix: '],
    [() => ({ prefix: 'raw/' }), 'prefix is "raw/", but the created stream has its own bucket and prefix: '],
    [
      (_, deliveryStream) => ({ deliveryStream, prefix: 'raw/' }),
      'prefix is "raw/", but the bucket of your stream is not known: ',
    ],
    [
      (bucket, deliveryStream) => ({ deliveryStream, bucket, prefix: '!{firehose:random-string}' }),
      'prefix is "!{firehose:random-string}": !{firehose:random-string} comes before the hour',
    ],
    [
      (bucket, deliveryStream) => ({ deliveryStream, bucket, partition: { a: 'b' } }),
      'partition is "a=b": expected partition keys of the prefix "", which has no !{partitionKeyFromQuery:a}',
    ],
    [() => ({ partition: { a: 'b,c' } }), 'partition is {"a":"b,c"}: expected partition keys and '],
    [
      () => ({ prefixTimeZone: TimeZone.of('EST') }),
      'prefixTimeZone is "EST": expected a TimeZone of UTC or ',
    ],
    [
      (_, deliveryStream) => ({ deliveryStream, proof: true }),
      'proof is true, but the bucket of your stream is not known: set it, for example bucket: Bucket.fromBucketName(',
    ],
  ])('is refused by the path of the construct when props contradict each other: %#', (propsOf, message) => {
    // Prepare
    const stack = createStack();
    const bucket = Bucket.fromBucketName(stack, 'MyBucket', 'my-bucket');
    const deliveryStream = DeliveryStream.fromDeliveryStreamName(stack, 'MyStream', 'my-stream');
    const props = propsOf(bucket, deliveryStream);

    // Act
    const create = () => new EventProducer(stack, 'Second', props);

    // Assess
    expect(create).toThrow(
      expect.objectContaining({
        name: 'PropError',
        message: expect.stringContaining(`FirehoseEventProducer/Second: ${message}`),
      }),
    );
  });
});
