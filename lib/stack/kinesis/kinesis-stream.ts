import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IStream, Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import type { Target } from '../../../lambda/contract/targets.ts';
import { variables } from '../../../lambda/contract/variables.ts';
import { hoursPerMonth } from '../../aws/billing.ts';
import { type Prices, usdPerHourOf } from '../../aws/prices.ts';
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
  onDemand: boolean | undefined,
): TargetStream {
  if (kinesisStream) {
    const { streamName: name, streamArn: arn } = kinesisStream;
    return { target: onDemand ? 'kinesis-on-demand' : 'kinesis', name, arn };
  }
  const { deliveryStreamName: name, deliveryStreamArn: arn } = deliveryStream!;
  return { target: 'firehose', name, arn };
}

/** Makes an encrypted Kinesis stream that keeps records for 24 hours, and is deleted with the stack. */
export function createKinesisStream(
  scope: Construct,
  id: string,
  { onDemand, shards, encryptionKey }: KinesisSourceOptions & { readonly encryptionKey?: IKey },
): Stream {
  const stream = new Stream(scope, id, {
    ...(onDemand ? { streamMode: StreamMode.ON_DEMAND } : { shardCount: shards ?? settings.shards.default }),
    ...(encryptionKey ? { encryptionKey } : { encryption: StreamEncryption.MANAGED }),
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

/** For the synth: what a created Kinesis stream costs, also without events. */
export function describeCost(
  { target }: TargetStream,
  { shards = settings.shards.default }: KinesisSourceOptions,
  prices: Prices,
): string {
  const capacity = target === 'kinesis' ? `${shards} ${shards === 1 ? 'shard' : 'shards'}` : 'on demand';
  const usdPerMonth = Math.round(usdPerHourOf(target, shards, prices) * hoursPerMonth);
  return `the Kinesis stream (${capacity}) costs about $${usdPerMonth} a month, also without events`;
}
