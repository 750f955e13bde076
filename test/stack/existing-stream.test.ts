import { type App, Aws, Duration, Fn, Stack, TimeZone } from 'aws-cdk-lib';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import {
  type CfnDeliveryStream,
  Compression,
  DeliveryStream,
  HttpEndpoint,
  KinesisStreamSource,
  S3Bucket,
  type S3BucketProps,
  StreamEncryption,
} from 'aws-cdk-lib/aws-kinesisfirehose';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { createApp, resourceOf, variablesOf } from './constructs.ts';

/** A stream of the app to a bucket of the app. */
function createStream({
  encryption,
  ...props
}: S3BucketProps & { encryption?: (stack: Stack) => StreamEncryption } = {}) {
  const stack = new Stack(createApp(), 'Own');
  const bucket = new Bucket(stack, 'Bucket');
  const deliveryStream = new DeliveryStream(stack, 'Stream', {
    destination: new S3Bucket(bucket, props),
    ...(encryption && { encryption: encryption(stack) }),
  });
  return { stack, bucket, deliveryStream };
}

const prover = /ProverFunction/;

function refusalOf(stack: Stack, props: EventProducerProps): string {
  try {
    new EventProducer(stack, 'Producer', props);
  } catch (error) {
    expect((error as Error).name).toBe('PropError');
    return (error as Error).message;
  }
  return expect.unreachable('should be refused');
}

describe('a stream of the app', () => {
  it.each<[string, S3BucketProps, object]>([
    ['no settings', {}, { PREFIX: '!{timestamp:yyyy/MM/dd/HH}/', BUFFERING_SECONDS: '300' }],
    ['a prefix', { dataOutputPrefix: 'raw/' }, { PREFIX: 'raw/!{timestamp:yyyy/MM/dd/HH}/' }],
    ['a time zone', { timeZone: TimeZone.ASIA_TOKYO }, { PREFIX_TIME_ZONE: 'Asia/Tokyo' }],
    ['buffering', { bufferingInterval: Duration.seconds(900) }, { BUFFERING_SECONDS: '900' }],
    ['ZIP', { compression: Compression.ZIP }, { SHARED: 'true' }],
    ['Snappy', { compression: Compression.SNAPPY }, { SHARED: 'true' }],
  ])('gives the prover what it knows: %s', (_, settings, expected) => {
    // Prepare
    const { stack, bucket, deliveryStream } = createStream(settings);

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream, bucket });

    // Assess
    expect(variablesOf(stack, prover)).toMatchObject(expected);
  });

  it.each([
    ['Lambda', { MATCH: 'id' }],
    ['AppendDelimiterToRecord', { MATCH: 'bytes' }],
  ])('lets the prover compare ids only if a processor may change the bytes: %s', (type, expected) => {
    // Prepare
    const { stack, bucket, deliveryStream } = createStream({});
    const l1 = deliveryStream.node.defaultChild as CfnDeliveryStream;
    l1.extendedS3DestinationConfiguration = {
      ...(l1.extendedS3DestinationConfiguration as CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty),
      processingConfiguration: { enabled: true, processors: [{ type }] },
    };

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream, bucket });

    // Assess
    expect({ MATCH: 'bytes', ...variablesOf(stack, prover) }).toMatchObject(expected);
  });

  it('needs its prefix as text if that is a token', () => {
    // Prepare
    const dataOutputPrefix = `${Aws.ACCOUNT_ID}/`;
    const { stack, bucket, deliveryStream } = createStream({ dataOutputPrefix });

    // Act
    const refusal = refusalOf(stack, { deliveryStream, bucket });
    new EventProducer(stack, 'Canary', { deliveryStream, bucket, prefix: '111122223333/' });

    // Assess
    expect(refusal).toContain('the prefix of deliveryStream is a token');
    expect(variablesOf(stack, /CanaryProverFunction/)).toMatchObject({
      PREFIX: '111122223333/!{timestamp:yyyy/MM/dd/HH}/',
    });
  });

  it('gives each function its key: of the stream, and of the objects that it encrypts itself', () => {
    // Prepare
    const keys: Key[] = [];
    const { stack, bucket, deliveryStream } = createStream({
      encryption: (scope) => {
        keys.push(new Key(scope, 'StreamKey'));
        return StreamEncryption.customerManagedKey(keys[0]);
      },
    });
    const l1 = deliveryStream.node.defaultChild as CfnDeliveryStream;
    keys.push(new Key(stack, 'ObjectKey'));
    l1.extendedS3DestinationConfiguration = {
      ...(l1.extendedS3DestinationConfiguration as CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty),
      encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: keys[1]!.keyArn } },
    };

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream, bucket });

    // Assess
    const [streamKey, objectKey] = keys.map(({ keyArn }) => stack.resolve(keyArn));
    expect(resourceOf(stack, /ProducerFunctionRole/, 'kms:Decrypt', 'kms:GenerateDataKey')).toEqual(
      streamKey,
    );
    expect(resourceOf(stack, /ProverRole/, 'kms:Decrypt')).toEqual(objectKey);
  });

  it('gives its bucket to be proven if proof is true, and else sends only', () => {
    // Prepare
    const { stack, bucket, deliveryStream } = createStream({ dataOutputPrefix: 'raw/' });

    // Act
    const proven = new EventProducer(stack, 'Producer', { deliveryStream, proof: true });
    const unproven = new EventProducer(stack, 'Other', { deliveryStream });

    // Assess
    expect(variablesOf(stack, /ProducerProverFunction/).BUCKET_NAME).toEqual(
      stack.resolve(bucket.bucketName),
    );
    expect([proven.prefix, unproven.prover]).toEqual(['raw/!{timestamp:yyyy/MM/dd/HH}/', undefined]);
  });

  it('may be in another stack, and say the same as the props', () => {
    // Prepare
    const {
      stack: other,
      bucket,
      deliveryStream,
    } = createStream({
      dataOutputPrefix: 'raw/',
      timeZone: TimeZone.ASIA_TOKYO,
    });
    const stack = new Stack(other.node.root, 'Another');

    // Act
    new EventProducer(stack, 'Producer', {
      deliveryStream,
      bucket,
      prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/',
      prefixTimeZone: TimeZone.ASIA_TOKYO,
      bufferingInterval: Duration.minutes(5),
    });

    // Assess
    expect(variablesOf(stack, prover)).toMatchObject({ PREFIX: 'raw/!{timestamp:yyyy/MM/dd/HH}/' });
  });
});

describe('a stream of the app is refused', () => {
  it.each<[string, S3BucketProps, EventProducerProps, string]>([
    [
      'prefix',
      { dataOutputPrefix: 'raw/' },
      { prefix: 'data/' },
      'prefix is "data/!{timestamp:yyyy/MM/dd/HH}/", but that of deliveryStream is "raw/!{timestamp:yyyy/MM/dd/HH}/": leave prefix out',
    ],
    [
      'time zone',
      {},
      { prefixTimeZone: TimeZone.ASIA_TOKYO },
      'prefixTimeZone is "Asia/Tokyo", but that of deliveryStream is "UTC": leave prefixTimeZone out',
    ],
    [
      'buffering',
      {},
      { bufferingInterval: Duration.seconds(60) },
      'bufferingInterval is 60, but that of deliveryStream is 300: leave bufferingInterval out',
    ],
    [
      'gzip records into compression',
      { compression: Compression.GZIP },
      { recordFormat: 'gzip' },
      'recordFormat is "gzip", but deliveryStream compresses (GZIP): leave recordFormat out, or let the stream compress nothing',
    ],
  ])('if it contradicts a prop: %s', (_, settings, props, message) => {
    const { stack, bucket, deliveryStream } = createStream(settings);
    expect(refusalOf(stack, { deliveryStream, bucket, ...props })).toBe(`Own/Producer: ${message}`);
  });

  it('if it contradicts several props, each named', () => {
    // Prepare
    const { stack, deliveryStream } = createStream({
      encryption: (scope) => StreamEncryption.customerManagedKey(new Key(scope, 'Key')),
    });
    const bucket = new Bucket(stack, 'Other');
    const streamKey = new Key(stack, 'OtherKey');

    // Act
    const refusal = refusalOf(stack, { deliveryStream, bucket, streamKey });

    // Assess
    expect(refusal.split('\n')).toEqual([
      'Own/Producer: bucket is Own/Other, but deliveryStream delivers to Own/Bucket: leave one of them out',
      'streamKey is set, but deliveryStream has another key: leave streamKey out',
    ]);
  });

  it('if its source is another stream', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const deliveryStream = new DeliveryStream(stack, 'Stream', {
      destination: new S3Bucket(new Bucket(stack, 'Bucket')),
      source: new KinesisStreamSource(new Stream(stack, 'Source')),
    });

    // Act
    const refusal = refusalOf(stack, { deliveryStream });

    // Assess
    expect(refusal).toContain('deliveryStream has the type KinesisStreamAsSource: expected DirectPut');
  });

  it('if it converts events, and they are to be proven', () => {
    // Prepare
    const { stack, bucket, deliveryStream } = createStream();
    const l1 = deliveryStream.node.defaultChild as CfnDeliveryStream;
    l1.extendedS3DestinationConfiguration = {
      ...(l1.extendedS3DestinationConfiguration as CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty),
      dataFormatConversionConfiguration: { enabled: true },
    };

    // Act
    new EventProducer(stack, 'Unproven', { deliveryStream, bucket, proof: false });
    const refusal = refusalOf(stack, { deliveryStream, bucket });

    // Assess
    expect(refusal).toContain('deliveryStream converts the record format (Parquet or ORC)');
  });

  it('if it delivers to no bucket, and events are to be proven', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const bucket = new Bucket(stack, 'Bucket');
    const deliveryStream = new DeliveryStream(stack, 'Stream', {
      destination: new HttpEndpoint({ endpointConfig: { url: 'https://example.com' } }),
    });

    // Act
    const refusal = refusalOf(stack, { deliveryStream, bucket });

    // Assess
    expect(refusal).toContain('bucket is set, but deliveryStream delivers to no bucket');
  });
});

describe('a stream of another place', () => {
  const [account, otherAccount] = ['111122223333', '444455556666'];
  const own = { env: { account, region: 'eu-west-1' } };
  const imported = (arn: string) => (stack: Stack) =>
    DeliveryStream.fromDeliveryStreamArn(stack, 'Stream', arn);
  const streamIn = (region: string, accountId: string) => (stack: Stack) => {
    const env = { account: accountId, region };
    const other = new Stack(stack.node.root as App, 'Other', { env });
    return new DeliveryStream(other, 'Stream', {
      deliveryStreamName: 'my-stream',
      destination: new S3Bucket(new Bucket(other, 'Bucket', { bucketName: 'my-bucket' })),
    });
  };

  it.each([
    [
      'an ARN',
      imported(`arn:aws:firehose:us-east-1:${account}:deliverystream/my-stream`),
      'region us-east-1',
    ],
    [
      'an ARN of the same region',
      imported(`arn:aws:firehose:eu-west-1:${otherAccount}:deliverystream/my-stream`),
      `account ${otherAccount}`,
    ],
    ['a construct', streamIn('us-east-1', account), 'region us-east-1'],
    ['a construct of another account', streamIn('eu-west-1', otherAccount), `account ${otherAccount}`],
  ])('is refused: %s', (_, create, place) => {
    const stack = new Stack(createApp(), 'Own', own);
    expect(refusalOf(stack, { deliveryStream: create(stack) })).toContain(
      `deliveryStream is in the ${place}, but the functions call the stream in the stack's, `,
    );
  });

  it.each([
    `arn:aws:firehose:eu-west-1:${account}:deliverystream/my-stream`,
    Fn.importValue('StreamArn'),
    Fn.sub('arn:aws:firehose:'.concat('$', '{AWS::Region}:', account, ':deliverystream/my-stream')),
  ])('is not %s', (arn) => {
    const stack = new Stack(createApp(), 'Own', own);
    new EventProducer(stack, 'Producer', { deliveryStream: imported(arn)(stack) });
    expect(warningsOf(stack)).toEqual([]);
  });

  it('is a warning if the place of the stack is not known', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const arn = `arn:aws:firehose:us-east-1:${account}:deliverystream/my-stream`;

    // Act
    new EventProducer(stack, 'Producer', { deliveryStream: imported(arn)(stack) });

    // Assess
    expect(warningsOf(stack)).toEqual([
      expect.stringContaining(
        "the region us-east-1, but the functions call the stream in the stack's, which is not known yet",
      ),
      expect.stringContaining(`the account ${account}`),
    ]);
  });
});

const warningsOf = (stack: Stack) =>
  stack.node
    .findChild('Producer')
    .node.metadata.filter(({ type }) => type === 'aws:cdk:warning')
    .map(({ data }) => data);
