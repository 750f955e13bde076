import { Annotations, Duration, Size, type TimeZone } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { claimMaxReceives, claimRetentionDays, type Match } from '../../lambda/contract/claim.ts';
import { foreignBufferingSeconds, partitionedBuffering } from '../../lambda/contract/deployment-settings.ts';
import {
  completeKeyPrefix,
  isPartitioned,
  type Partition,
  partitionText,
} from '../../lambda/contract/key-prefix.ts';
import { proverVariables } from '../../lambda/contract/variables.ts';
import { errorsFolder } from '../lake/layout.ts';
import { acknowledgeObjects } from './access/acknowledge-objects.ts';
import { bucketKeyStatements } from './access/key-access.ts';
import { eventsPrefix } from './bucket-delivery-stream.ts';
import { createBundledFunction, type FunctionProps } from './bundled-function.ts';
import { hasDay, keyPattern, keyPrefixProblem } from './key-prefix.ts';
import { streamVariables, type TargetStream } from './kinesis/kinesis-stream.ts';
import { hoursOf, PropError, requiredSetting, secondsOf } from './prop-checks.ts';

/** Properties of the proof that events reach the bucket. */
export interface ProofOptions {
  /**
   * Whether a second function, the prover, reads the bucket after each run and compares. If you turn it off, claims that wait are
   * deleted: their events are not proven.
   *
   * @default - true if the bucket is known: that of the created stream, or `bucket`
   */
  readonly proof?: boolean;

  /**
   * The bucket that `deliveryStream` delivers to, so that its events are proven. Others may write to it, too.
   *
   * @default - the bucket of the created stream; that of an existing stream is not known
   */
  readonly bucket?: IBucket;

  /**
   * The customer-managed key of the objects in `bucket`: the prover may decrypt with it.
   *
   * @default - the key of `deliveryStream` or of `bucket`, if they are constructs that know it
   */
  readonly bucketKey?: IKey;

  /**
   * Prefix of the objects in `bucket`, the same as that of `deliveryStream`. Expressions are those of Firehose:
   * `raw/!{timestamp:yyyy/MM/dd/HH}/`.
   *
   * @default '!{timestamp:yyyy/MM/dd/HH}/' - Firehose's own
   */
  readonly prefix?: string;

  /**
   * Partition keys in `prefix`, and the values that they have for the events: `{ customer: 'canary' }`. Needed for those
   * before the hour.
   *
   * @default - the prefix has no partition keys before the hour
   */
  readonly partition?: Readonly<Record<string, string>>;

  /**
   * By what an event is recognized: by all of its bytes, or by its UUID alone, in whatever text. Use `id` if the stream's transform
   * or a consumer changes the bytes; then no time is read, so there is no latency.
   *
   * @default 'bytes' - 'id' if `deliveryStream` is a construct that transforms records
   */
  readonly match?: 'bytes' | 'id';

  /**
   * Age at which an event that is not in the bucket is lost: it moves to the dead-letter queue, as a payload that sends it
   * again. Firehose retries for 24 hours, so with less than 25 an event may be sent again that still lands. From 1 to 72
   * hours. With a Kinesis stream not before an hour after its retention.
   *
   * @default Duration.hours(25) - an hour more than `kinesisRetention`
   */
  readonly lostAfter?: Duration;
}

/** The place to which a stream delivers. */
export interface Destination {
  readonly bucket: IBucket;
  /** ARN of the customer-managed key of its objects. @default - none */
  readonly keyArn: string | undefined;
  /** With Firehose's expressions. */
  readonly prefix: string;
  /** Time zone of the times in the prefix. @default - UTC */
  readonly prefixTimeZone?: TimeZone | undefined;
  /** Values of partition keys in the prefix. @default - not known */
  readonly partition?: Partition | undefined;
  /** Prefix of undeliverable records, up to the first expression. @default - not known */
  readonly errorPrefix?: string;
  /** Time that an event may wait in the stream, without failures. */
  readonly bufferingInterval: Duration;
  /** Whether others write to the bucket, too: their lines are not corrupt. */
  readonly isShared: boolean;
}

/**
 * The destination of the created stream, or of an existing one; `undefined` if it is not known.
 *
 * @throws PropError if the prefix or the buffering interval is invalid.
 */
export function destinationOf(
  scope: IConstruct,
  {
    bucket,
    bucketKey,
    prefix = '',
    prefixTimeZone,
    partition,
    proof,
    ...props
  }: ProofOptions & { readonly bufferingInterval?: Duration; readonly prefixTimeZone?: TimeZone },
  createdBucket: IBucket | undefined,
): Destination | undefined {
  const problem = keyPrefixProblem(prefix, partition);
  if (problem !== undefined) {
    throw new PropError(scope, problem);
  }
  if (!hasDay(prefix, partition)) {
    Annotations.of(scope).addWarningV2(
      'firehose-event-producer:manyObjects',
      `no day can be read from the start of prefix "${prefix}": each check lists the objects of many days`,
    );
  }
  const seconds = secondsOf(props.bufferingInterval) ?? (createdBucket ? undefined : foreignBufferingSeconds);
  const bufferingInterval = longestBuffering(
    Duration.seconds(requiredSetting(scope, 'bufferingInterval', seconds)),
    prefix,
  );
  if (proof === false) {
    Annotations.of(scope).addInfoV2(
      'firehose-event-producer:proofOff',
      'proof is off: claims that wait for their proof in a deployed stack are deleted with their queue',
    );
  }
  const place = { prefixTimeZone, bufferingInterval, isShared: createdBucket === undefined };
  if (createdBucket) {
    const keyArn = createdBucket.encryptionKey?.keyArn;
    return { ...place, bucket: createdBucket, keyArn, prefix: eventsPrefix, errorPrefix: errorsFolder };
  }
  const keyArn = (bucketKey ?? bucket?.encryptionKey)?.keyArn;
  return bucket && { ...place, bucket, keyArn, prefix: completeKeyPrefix(prefix), partition };
}

/** Time that an event may wait in a stream, without failures. */
export function longestBuffering(bufferingInterval: Duration, prefix = ''): Duration {
  return isPartitioned(prefix)
    ? Duration.seconds(
        Math.ceil(
          partitionedBuffering.factor *
            Math.max(partitionedBuffering.leastSeconds, bufferingInterval.toSeconds()),
        ),
      )
    : bufferingInterval;
}

/** Variables of both functions: where the objects are. */
export function placeVariables({
  bucket,
  prefix,
  prefixTimeZone,
  partition,
}: Destination): Record<string, string> {
  return {
    [proverVariables.bucketName]: bucket.bucketName,
    [proverVariables.prefix]: prefix,
    ...(prefixTimeZone && { [proverVariables.prefixTimeZone]: prefixTimeZone.timezoneName }),
    ...(partition && { [proverVariables.partition]: partitionText(partition) }),
  };
}

interface ProverFunctionProps extends FunctionProps, Destination {
  readonly lostAfter?: Duration | undefined;
  readonly kinesisRetention?: Duration | undefined;
  readonly match?: Match | undefined;
  /** The stream whose events are proven. */
  readonly stream: TargetStream;
  /** For payloads of lost events, and invalid claims. */
  readonly deadLetterQueue: IQueue;
}

const proverTimeout = Duration.minutes(5);

/** Time that Firehose mostly takes to write an object, beside buffering. */
const landingTime = Duration.seconds(15);

/** Largest delay of a message in SQS. */
const maxDelaySeconds = 900;

/** The Lambda function that reads the bucket and compares, with its queue of claims, its log group and its role. */
export class ProverFunction extends Construct {
  /** The function. */
  readonly function: LambdaFunction;

  /** Claims that wait for their proof. */
  readonly proofQueue: Queue;

  /** Time that a claim waits until it is first checked. */
  readonly firstLook: Duration;

  /** Time that an event may wait in the stream, without failures. */
  readonly bufferingInterval: Duration;

  /** Age at which an event that is not in the bucket is lost. */
  readonly lostAfter: Duration;

  /**
   * @throws PropError if a number is out of its bounds.
   * @internal
   */
  constructor(scope: Construct, id: string, props: ProverFunctionProps) {
    super(scope, id);
    const { bucket, deadLetterQueue, errorPrefix } = props;
    const lostAfterHours = lostAfterHoursOf(this, props);
    this.lostAfter = Duration.hours(lostAfterHours);
    this.bufferingInterval = props.bufferingInterval;
    this.firstLook = Duration.seconds(
      Math.min(maxDelaySeconds, props.bufferingInterval.plus(landingTime).toSeconds()),
    );
    this.proofQueue = new Queue(this, 'ProofQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Shorter than the dead-letter queue's.
      retentionPeriod: Duration.days(claimRetentionDays),
      // Not six times the timeout: claims of a killed invocation have to be checked again before an alarm fires.
      visibilityTimeout: proverTimeout.plus(Duration.minutes(1)),
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: claimMaxReceives },
    });
    const objects = keyPattern(props.prefix, props.partition);
    this.function = createBundledFunction(this, {
      code: { room: 'prover' },
      template: props.template,
      producerName: props.producerName,
      logRetention: props.logRetention,
      network: props.network,
      description: 'Proves that events reached the bucket. It is invoked by its queue of claims alone.',
      // It reads much: its share of a processor grows with its memory.
      memorySize: Size.mebibytes(512),
      timeout: proverTimeout,
      environment: {
        ...streamVariables(props.stream),
        ...placeVariables(props),
        ...(errorPrefix !== undefined && { [proverVariables.errorPrefix]: errorPrefix }),
        [proverVariables.bufferingSeconds]: String(props.bufferingInterval.toSeconds()),
        [proverVariables.isShared]: String(props.isShared),
        ...(props.match && { [proverVariables.match]: props.match }),
        [proverVariables.lostAfterHours]: String(lostAfterHours),
        [proverVariables.proofQueueUrl]: this.proofQueue.queueUrl,
        [proverVariables.deadLetterQueueUrl]: deadLetterQueue.queueUrl,
        [proverVariables.timeFactor]: '1',
      },
      statements: [
        new PolicyStatement({
          actions: ['s3:ListBucket'],
          resources: [bucket.bucketArn],
          conditions: {
            StringLike: { 's3:prefix': [objects, ...(errorPrefix === undefined ? [] : [`${errorPrefix}*`])] },
          },
        }),
        new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(objects)] }),
        ...bucketKeyStatements(props.keyArn, ['kms:Decrypt'], bucket, objects),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
      ],
    });
    acknowledgeObjects(
      this.function.role!,
      bucket,
      objects,
      'The prover reads the objects of the stream, whose keys Firehose chooses, and no others.',
    );
    // This also grants ChangeMessageVisibility, by which the prover postpones claims.
    this.function.addEventSource(
      new SqsEventSource(this.proofQueue, {
        // An object is read once for all claims of a batch, and a large run leaves many at about the same time.
        batchSize: 100,
        // Lambda requires a window for more than ten messages.
        maxBatchingWindow: Duration.seconds(5),
        maxConcurrency: 2,
        reportBatchItemFailures: true,
      }),
    );
  }
}

/**
 * Firehose may deliver as long as its Kinesis stream keeps records. With a long retention a claim ends before that, as unproven.
 *
 * @throws PropError if it is out of its bounds, or less than that.
 */
function lostAfterHoursOf(
  scope: IConstruct,
  { stream, kinesisRetention, lostAfter }: ProverFunctionProps,
): number {
  const hours = requiredSetting(scope, 'lostAfter', hoursOf(lostAfter));
  if (stream.target === 'firehose') {
    return hours;
  }
  const least = requiredSetting(scope, 'kinesisRetention', hoursOf(kinesisRetention)) + 1;
  if (lostAfter && hours < least) {
    throw new PropError(
      scope,
      `lostAfter is ${hours} hours, but events may still land for ${least}, an hour more than the Kinesis stream keeps them: ` +
        'leave lostAfter out',
    );
  }
  return lostAfter ? hours : least;
}
