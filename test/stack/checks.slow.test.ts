import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { DeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { EventProducer } from '../../lib/stack/event-producer.ts';
import { createApp } from './synth.ts';

/** The parts of stacks in few combinations: the checks take seconds, and .ci/run checks each variant. */
const checkedVariants = [
  {},
  {
    recordFormat: 'gzip',
    eventTemplate: 'docs/events/orders.csv',
    lake: 'on',
    removalPolicy: 'destroy',
    alarmEmail: 'you@example.com',
    encryptionKey: 'arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-1111-1111-111111111111',
  },
  { monitoring: 'off', proof: 'off', schedule: 'off' },
  {
    source: 'kinesis',
    monitoring: 'full',
    encryptionKey: 'arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-1111-1111-111111111111',
  },
  { source: 'kinesis', onDemand: 'on' },
  { kinesisStreamName: 'my-stream', bucketName: 'my-bucket', prefix: 'raw/', monitoring: 'full' },
  {
    deliveryStreamName: 'my-stream',
    bucketName: 'my-bucket',
    prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/',
    streamKey: 'arn:aws:kms:eu-west-1:111122223333:key/22222222-2222-2222-2222-222222222222',
    bucketKey: 'arn:aws:kms:eu-west-1:111122223333:key/mrk-33333333333333333333333333333333',
  },
];

describe.each(checkedVariants)('the stack with context %j', (context) => {
  it('has no finding of cdk-nag, of the template validator or of the CDK', () => {
    // Act: synth throws on the first finding that is not acknowledged
    const assembly = createApp(context).app.synth();

    // Assess
    const { messages } = assembly.getStackByName('FirehoseEventProducer');
    expect(messages.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});

describe('a producer in a VPC', () => {
  it('has no finding of cdk-nag but the acknowledged one', () => {
    // Prepare
    const { app, stack } = createApp();
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['eu-west-1a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    });
    const deliveryStream = DeliveryStream.fromDeliveryStreamName(stack, 'Existing', 'my-stream');

    // Act
    new EventProducer(stack, 'InVpc', { deliveryStream, vpc });

    // Assess
    expect(() => app.synth()).not.toThrow();
  });
});

describe('cdk-nag', () => {
  it('finds an unencrypted bucket in the stack', () => {
    // Prepare
    const { app, stack } = createApp();
    new Bucket(stack, 'Open');

    // Act
    const synth = () => app.synth();

    // Assess
    expect(synth).toThrow('AwsSolutions-S10');
  });
});
