import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IStream, Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct, IConstruct } from 'constructs';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import type { Target } from '../../../lambda/contract/targets.ts';
import { variables } from '../../../lambda/contract/variables.ts';
import { hoursPerMonth } from '../../aws/billing.ts';
import type { Prices } from '../../aws/prices.ts';
import { kinesisKeyStatements } from '../access/key-access.ts';

/** Properties of a created Kinesis stream. */
export interface KinesisSourceOptions {
  /**
   * `kinesis`: events are sent to a created Kinesis stream, from which the created delivery stream reads. It costs about
   * US$ 11 a month and shard, or US$ 29 on demand. Changing it replaces the delivery stream, and keeps the bucket.
   *
   * @default - events are sent to the delivery stream itself (Direct PUT)
   */
  readonly source?: 'kinesis';

  /** Shards of the created Kinesis stream: each takes 1 MB and 1,000 records a second. From 1 to 10,000. @default 1 */
  readonly shards?: number;

  /**
   * Whether the Kinesis stream has the capacity mode *on demand*: that of the created one, and how an existing one is billed.
   *
   * @default - false, or the mode of `kinesisStream`, if that is a construct that knows it
   */
  readonly onDemand?: boolean;
}

/** Properties of an existing Kinesis stream. */
export interface KinesisStreamOptions {
  /**
   * An existing Kinesis stream to send to, in the stack's account and region. With `bucket`, and `prefix` if it is not
   * Firehose's own, events are proven that something reads from it into S3.
   *
   * @default - none
   */
  readonly kinesisStream?: IStream;

  /**
   * Time for which `kinesisStream` keeps records: until then, events may still land. From 24 to 8,760 hours.
   *
   * @default - that of `kinesisStream`, if that is a construct that knows it, else Duration.hours(24)
   */
  readonly kinesisRetention?: Duration;
}

/** The stream that events are sent to. */
export interface TargetStream {
  readonly target: Target;
  readonly name: string;
  readonly arn: string;
}

/** Of both functions. */
export function streamVariables({ target, name }: TargetStream): Record<string, string> {
  return {
    [variables.deliveryStreamName]: name,
    ...(target !== 'firehose' && { [variables.target]: target }),
  };
}

export function targetStreamOf(
  deliveryStream: IDeliveryStream | undefined,
  kinesisStream: IStream | undefined,
  onDemand = false,
): TargetStream {
  return kinesisStream
    ? {
        target: onDemand ? 'kinesis-on-demand' : 'kinesis',
        name: kinesisStream.streamName,
        arn: kinesisStream.streamArn,
      }
    : {
        target: 'firehose',
        name: deliveryStream!.deliveryStreamName,
        arn: deliveryStream!.deliveryStreamArn,
      };
}

/** Makes an encrypted Kinesis stream that keeps records for 24 hours, and is deleted with the stack. */
export function createKinesisStream(
  scope: Construct,
  id: string,
  {
    onDemand,
    shards = settings.shards.default,
    encryptionKey,
  }: KinesisSourceOptions & { readonly encryptionKey?: IKey },
): Stream {
  const stream = new Stream(scope, id, {
    ...(onDemand ? { streamMode: StreamMode.ON_DEMAND } : { shardCount: shards }),
    ...(encryptionKey
      ? { encryption: StreamEncryption.KMS, encryptionKey }
      : { encryption: StreamEncryption.MANAGED }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  if (encryptionKey) {
    Validations.of(stream).acknowledge({
      id: 'AwsSolutions-KDS3',
      reason: 'The customer-managed key is a setting, without which the stream has the key of AWS.',
    });
  }
  return stream;
}

/** Permissions of a delivery stream whose source a Kinesis stream is. */
export function readStatements({ streamArn, encryptionKey }: IStream): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [
        'kinesis:DescribeStream',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      resources: [streamArn],
    }),
    ...kinesisKeyStatements(encryptionKey?.keyArn, 'kms:Decrypt', streamArn),
  ];
}

/** Acknowledges cdk-nag's finding on a delivery stream without an encryption of its own. */
export function acknowledgeSource(deliveryStream: IConstruct): void {
  Validations.of(deliveryStream).acknowledge({
    id: 'AwsSolutions-KDF1',
    reason:
      'Firehose refuses encryption of its own if the source is a Kinesis stream, which is encrypted itself.',
  });
}

/** For the synth: what a created Kinesis stream costs, beside what is sent to it. */
export function describeCost(
  { onDemand, shards = settings.shards.default }: KinesisSourceOptions,
  { kinesisOnDemandUsdPerHour, kinesisUsdPerShardHour }: Prices,
): string {
  const usdPerHour = onDemand ? kinesisOnDemandUsdPerHour : shards * kinesisUsdPerShardHour;
  const capacity = onDemand ? 'on demand' : `${shards} ${shards === 1 ? 'shard' : 'shards'}`;
  return `the Kinesis stream (${capacity}) costs about $${Math.round(usdPerHour * hoursPerMonth)} a month, also without events`;
}
