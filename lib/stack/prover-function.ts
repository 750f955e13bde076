import { Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { claimMaxReceives, claimRetentionDays } from '../../lambda/contract/claim.ts';
import { proverVariables } from '../../lambda/contract/settings.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { createBundledFunction } from './bundled-function.ts';
import { keyPattern } from './key-prefix.ts';
import { hoursOf, requiredSetting } from './prop-checks.ts';

/** What a user may say of the prover. */
export interface ProverFunctionOptions {
  /**
   * When an event that is not in the bucket is lost: it goes to the dead-letter queue, as a payload that sends it again.
   * Firehose tries for 24 hours, so with less than 25 an event may be sent again that still lands. From 1 to 72 hours.
   *
   * @default Duration.hours(25)
   */
  readonly lostAfter?: Duration;

  /**
   * How long the logs of each function are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

/** Properties of a {@link ProverFunction}. */
export interface ProverFunctionProps extends ProverFunctionOptions {
  /** What the events look like. @default - the default template */
  readonly template?: CheckedTemplate;
  /** Whether the function publishes metrics of its own. */
  readonly publishMetrics: boolean;
  /** The stream whose events are proven. */
  readonly deliveryStream: IDeliveryStream;
  /** The bucket that the stream delivers to. */
  readonly bucket: IBucket;
  /** What the keys of delivered objects start with, expressions included. */
  readonly prefix: string;
  /** What the keys of undeliverable records start with, up to the first expression. @default - nobody knows */
  readonly errorPrefix?: string;
  /** How long the stream buffers. */
  readonly bufferingInterval: Duration;
  /** Whether others write to the bucket, too: their lines are not corrupt. */
  readonly isShared: boolean;
  /** Where payloads of lost events go, and claims that make no sense. */
  readonly deadLetterQueue: IQueue;
}

/** Memory of the prover: a heavy reader, whose share of a processor grows with it. */
const memorySize = Size.mebibytes(512);

/** Time that an invocation of the prover may take. */
export const proverTimeout = Duration.minutes(5);

/** Messages of a batch: an object is read once for all claims of one, and a large run leaves many at about the same time. */
const batchSize = 100;

/** How long a batch is collected: Lambda wants a window for more than ten messages. */
const batchingWindow = Duration.seconds(5);

/** What Firehose takes to write an object, at most times, beside buffering. */
const landingTime = Duration.seconds(15);

/** The longest delay of a message. */
const longestDelaySeconds = 900;

/** The Lambda function that reads the bucket and compares, with its queue of claims, its log group and its role. */
export class ProverFunction extends Construct {
  /** The function. */
  readonly function: LambdaFunction;

  /** Claims that wait to be proven. */
  readonly proofQueue: Queue;

  /** How long a claim waits until it is looked at first. */
  readonly firstLook: Duration;

  /** How long the stream buffers. */
  readonly bufferingInterval: Duration;

  /** When an event that is not in the bucket is lost. */
  readonly lostAfter: Duration;

  /**
   * @throws PropError naming the prop, its value and its bounds, if a number is out of them.
   * @internal
   */
  constructor(scope: Construct, id: string, props: ProverFunctionProps) {
    super(scope, id);
    const { bucket, deadLetterQueue, errorPrefix } = props;
    const lostAfterHours = requiredSetting(this, 'lostAfter', hoursOf(props.lostAfter));
    this.lostAfter = Duration.hours(lostAfterHours);
    this.bufferingInterval = props.bufferingInterval;
    this.firstLook = Duration.seconds(
      Math.min(longestDelaySeconds, props.bufferingInterval.plus(landingTime).toSeconds()),
    );
    this.proofQueue = new Queue(this, 'ProofQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Shorter than the dead-letter queue's.
      retentionPeriod: Duration.days(claimRetentionDays),
      // Not six times the timeout: claims of an invocation that was killed have to be looked at again before an alarm fires.
      visibilityTimeout: proverTimeout.plus(Duration.minutes(1)),
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: claimMaxReceives },
    });
    const objects = keyPattern(props.prefix);
    this.function = createBundledFunction(this, {
      room: 'prover',
      ...(props.template && { template: props.template }),
      description: 'Proves that events reached the bucket. It is invoked by its queue of claims alone.',
      memorySize,
      timeout: proverTimeout,
      environment: {
        [proverVariables.deliveryStreamName]: props.deliveryStream.deliveryStreamName,
        [proverVariables.bucketName]: bucket.bucketName,
        [proverVariables.prefix]: props.prefix,
        ...(errorPrefix !== undefined && { [proverVariables.errorPrefix]: errorPrefix }),
        [proverVariables.bufferingSeconds]: String(props.bufferingInterval.toSeconds()),
        [proverVariables.isShared]: String(props.isShared),
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
            StringLike: {
              's3:prefix': [objects, ...(errorPrefix === undefined ? [] : [`${errorPrefix}*`])],
            },
          },
        }),
        new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(objects)] }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
      ],
      publishMetrics: props.publishMetrics,
      ...(props.logRetention && { logRetention: props.logRetention }),
    });
    const stack = Stack.of(this);
    const arn = bucket.node.defaultChild
      ? `<${stack.getLogicalId(bucket.node.defaultChild as CfnBucket)}.Arn>`
      : `arn:<AWS::Partition>:s3:::${bucket.bucketName}`;
    Validations.of(this.function.role!).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${arn}/${objects}]`,
      reason: "The prover reads the stream's objects, whose keys nobody knows beforehand, and no others.",
    });
    // This lets it change the visibility of its messages, too: that is how it looks at a claim again later.
    this.function.addEventSource(
      new SqsEventSource(this.proofQueue, {
        batchSize,
        maxBatchingWindow: batchingWindow,
        maxConcurrency: 2,
        reportBatchItemFailures: true,
      }),
    );
  }
}
