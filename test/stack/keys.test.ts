import { Fn, Stack } from 'aws-cdk-lib';
import { DeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { InvalidContextError } from '../../lib/stack/context.ts';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { createApp, type Properties, propertiesOf, statementsOf } from './constructs.ts';
import { createStack, synthOf } from './synth.ts';

const ids = {
  own: '11111111-1111-1111-1111-111111111111',
  stream: '22222222-2222-2222-2222-222222222222',
  bucket: 'mrk-33333333333333333333333333333333',
};

const arnOf = (id: keyof typeof ids) => `arn:aws:kms:eu-west-1:111122223333:key/${ids[id]}`;

const kmsStatements = (stack: Stack, role: RegExp) =>
  statementsOf(stack, role).filter(({ Action }) => JSON.stringify(Action).includes('kms:'));

const ofProducer = /ProducerFunctionRole/;
const ofProver = /ProverRole/;

const forCallers = (key: unknown) => [
  { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key },
];

/** On the objects of a bucket, by their own ARN and by that of the bucket, which S3 bucket keys have. */
const onObjects = (action: string | string[], key: unknown, bucket: unknown, objects: unknown) => ({
  Effect: 'Allow',
  Action: action,
  Resource: key,
  Condition: { StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket, objects] } },
});

describe('encryptionKey', () => {
  const { stack, template } = synthOf({ encryptionKey: arnOf('own') });
  const bucketArn = { 'Fn::GetAtt': [expect.stringContaining('StreamBucket'), 'Arn'] };
  const objects = (keys: string) => ({ 'Fn::Join': ['', [bucketArn, `/${keys}`]] });

  it('encrypts the created stream, and its bucket with an S3 bucket key', () => {
    template.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: arnOf('own') },
    });
    expect(propertiesOf(stack, 'AWS::S3::Bucket', /StreamBucket/).BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arnOf('own') },
        },
      ],
    });
  });

  it('may be used by each role as it needs it', () => {
    // Act
    const delivery = propertiesOf(stack, 'AWS::IAM::Role', /DeliveryRole/).Policies[0].PolicyDocument
      .Statement;

    // Assess
    expect(delivery.at(-1)).toEqual(
      onObjects(['kms:Decrypt', 'kms:GenerateDataKey'], arnOf('own'), bucketArn, objects('*')),
    );
    expect(kmsStatements(stack, ofProducer)).toEqual(forCallers(arnOf('own')));
    expect(kmsStatements(stack, ofProver)).toEqual([
      onObjects('kms:Decrypt', arnOf('own'), bucketArn, objects('events/*')),
    ]);
  });

  it('adds no resource', () => {
    const idsOf = (context = {}) => Object.keys(synthOf(context).template.toJSON().Resources);
    expect(idsOf({ encryptionKey: arnOf('own') })).toEqual(idsOf());
  });
});

describe('streamKey and bucketKey', () => {
  it('may be used by the function that needs each', () => {
    // Act
    const { stack } = synthOf({
      deliveryStreamName: 'my-stream',
      bucketName: 'my-bucket',
      streamKey: arnOf('stream'),
      bucketKey: arnOf('bucket'),
    });

    // Assess
    const inBucket = (path: string) => ({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::my-bucket${path}`]],
    });
    expect(kmsStatements(stack, ofProducer)).toEqual(forCallers(arnOf('stream')));
    expect(kmsStatements(stack, ofProver)).toEqual([
      onObjects('kms:Decrypt', arnOf('bucket'), inBucket(''), inBucket('/????/??/??/??/*')),
    ]);
  });

  it('may be keys of the app, or have an imported ARN', () => {
    // Prepare
    const app = createApp();
    const other = new Stack(app, 'Other');
    const stack = new Stack(app, 'Own');
    const key = new Key(other, 'Key');
    const imported = Key.fromKeyArn(stack, 'Imported', Fn.importValue('KeyArn'));

    // Act
    createProducer(stack, { streamKey: key, bucketKey: imported });
    app.synth();

    // Assess
    expect(kmsStatements(stack, ofProducer)).toEqual(
      forCallers({ 'Fn::ImportValue': expect.stringContaining('Other:ExportsOutputFnGetAttKey') }),
    );
    expect(kmsStatements(stack, ofProver)).toMatchObject([{ Resource: { 'Fn::ImportValue': 'KeyArn' } }]);
  });

  it.each<[string, (stack: Stack) => Bucket]>([
    ['given', (stack) => new Bucket(stack, 'Bucket', { encryptionKey: new Key(stack, 'Key') })],
    ['made by itself', (stack) => new Bucket(stack, 'Bucket', { encryption: BucketEncryption.KMS })],
  ])('is found in a bucket of the app: its key, %s', (_, create) => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const bucket = create(stack);

    // Act
    createProducer(stack, { bucket });

    // Assess
    const key = stack.resolve(bucket.encryptionKey!.keyArn);
    expect(key).toEqual({ 'Fn::GetAtt': [expect.stringContaining('Key'), 'Arn'] });
    expect(kmsStatements(stack, ofProver)).toMatchObject([{ Action: 'kms:Decrypt', Resource: key }]);
  });

  it('are none without customer-managed keys', () => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const bucket = new Bucket(stack, 'Bucket', { encryption: BucketEncryption.KMS_MANAGED });

    // Act
    createProducer(stack, { bucket });

    // Assess
    expect([...kmsStatements(stack, ofProducer), ...kmsStatements(stack, ofProver)]).toEqual([]);
  });
});

function createProducer(stack: Stack, props: EventProducerProps): EventProducer {
  return new EventProducer(stack, 'Producer', {
    deliveryStream: DeliveryStream.fromDeliveryStreamName(stack, 'Stream', 'my-stream'),
    bucket: Bucket.fromBucketName(stack, 'MyBucket', 'my-bucket'),
    ...props,
  });
}

describe('a key that contradicts the rest', () => {
  it.each<[Record<string, string>, string]>([
    [
      { deliveryStreamName: 'my-stream', encryptionKey: arnOf('own') },
      `context encryptionKey is "${arnOf('own')}", but deliveryStreamName is "my-stream": name the keys that your stream and its bucket have, streamKey and bucketKey`,
    ],
    [
      { streamKey: arnOf('own') },
      `context streamKey is "${arnOf('own')}", but the created stream and its bucket have the key encryptionKey: set that, or your stream, for example -c deliveryStreamName=my-stream`,
    ],
    [
      { deliveryStreamName: 'my-stream', bucketKey: arnOf('own') },
      `context bucketKey is "${arnOf('own')}", but the bucket of your stream is not known: set it, for example -c bucketName=my-bucket`,
    ],
    [
      { encryptionKey: 'alias/my-key' },
      'context encryptionKey is "alias/my-key": expected the ARN of a KMS key, for example -c encryptionKey=arn:aws:kms:',
    ],
  ])('is refused in context: %j', (context, message) => {
    expect(() => createStack(context)).toThrow(InvalidContextError);
    expect(() => createStack(context)).toThrow(message);
  });

  it.each<[string, (key: Key) => Properties, string]>([
    [
      'encryptionKey with a stream',
      (key) => ({ encryptionKey: key }),
      'encryptionKey is set, but deliveryStream is set: ',
    ],
    [
      'streamKey without one',
      (key) => ({ streamKey: key, deliveryStream: undefined, bucket: undefined }),
      'streamKey is set, but the created stream and its bucket have the key encryptionKey: ',
    ],
    [
      'bucketKey without a bucket',
      (key) => ({ bucketKey: key, bucket: undefined }),
      'bucketKey is set, but the bucket of',
    ],
    [
      'an ARN',
      () => ({ streamKey: arnOf('own') }),
      `streamKey is "${arnOf('own')}": expected a key, for example Key.fromKeyArn(this, 'Key', 'arn:…')`,
    ],
  ])('is refused as a prop: %s', (_, propsOf, message) => {
    // Prepare
    const stack = new Stack(createApp(), 'Own');
    const key = new Key(stack, 'Key');

    // Act
    const create = () => createProducer(stack, propsOf(key));

    // Assess
    expect(create).toThrow(
      expect.objectContaining({
        name: 'PropError',
        message: expect.stringContaining(`Own/Producer: ${message}`),
      }),
    );
  });
});
