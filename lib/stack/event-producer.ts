import { Duration, type RemovalPolicy, Size, Stack, Validations } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environmentVariables, type RecordFormat } from '../../lambda/contract/settings.ts';
import { type Prices, withOwnPrices } from '../aws/prices.ts';
import { BucketDeliveryStream } from './bucket-delivery-stream.ts';
import { Alarms } from './monitoring/alarms.ts';
import { ProducerDashboard } from './monitoring/dashboard.ts';
import { producerMetrics } from './monitoring/metrics.ts';
import { ProducerFunction } from './producer-function.ts';

/** How often the producer runs when nobody says otherwise. */
export const defaultScheduleExpression = 'rate(5 minutes)';

/** Deliveries of a message after which it becomes a dead letter: AWS's advice is five at least. */
const maxReceiveCount = 5;

/** The longest that any delivery stream may buffer, see the quotas page of Amazon Data Firehose. */
const longestBufferingInterval = Duration.seconds(900);

/** Properties of an {@link EventProducer}. */
export interface EventProducerProps {
  /**
   * An existing delivery stream to push to. With the record format `gzip` it must compress nothing itself.
   *
   * @default - a Direct PUT stream to a bucket of its own is created
   */
  readonly deliveryStream?: IDeliveryStream;

  /**
   * Events of a scheduled run, and of an invocation whose payload names none. From 1 to `maxCount`.
   *
   * @default 100
   */
  readonly count?: number;

  /**
   * Most events that a payload may ask for: a guard against a typo. From 1 to 1,000,000,000,000.
   *
   * @default 1_000_000_000
   */
  readonly maxCount?: number;

  /**
   * Events of a slice: a larger run is cut into slices, which go to the work queue. From 1,000 to 100,000,000.
   *
   * @default 1_000_000
   */
  readonly eventsPerSlice?: number;

  /**
   * Steady rate of runs whose payload names none. A steady run is never cut into slices. From 1 to 1,000,000.
   *
   * @default - as fast as the stream takes the events
   */
  readonly eventsPerSecond?: number;

  /**
   * Invocations that work off the work queue side by side. From 2 to 1,000.
   *
   * @default 4
   */
  readonly maxConcurrency?: number;

  /**
   * How many events a record carries, and in what shape: `ndjson`, `single` or `gzip`. The compression of the
   * created stream and the extension of its objects follow it.
   *
   * @default 'ndjson'
   */
  readonly recordFormat?: RecordFormat;

  /**
   * When the producer runs by itself: a rate or a cron expression, with its time zone.
   *
   * @default ScheduleExpression.rate(Duration.minutes(5))
   */
  readonly schedule?: ScheduleExpression;

  /**
   * Whether there is a schedule at all.
   *
   * @default true
   */
  readonly scheduleEnabled?: boolean;

  /**
   * Requests in flight. From 1 to 64.
   *
   * @default 8
   */
  readonly concurrency?: number;

  /**
   * Size of a request in bytes, as base64 inside JSON. From 65,536 to 4,000,000.
   *
   * @default 1_048_576
   */
  readonly maxRequestBytes?: number;

  /**
   * How often a record is sent before an invocation leaves it to a later one, the first time included. From 1 to 100.
   *
   * @default 20
   */
  readonly maxAttempts?: number;

  /**
   * Memory of the function; its share of a processor grows with it.
   *
   * @default Size.mebibytes(512)
   */
  readonly memorySize?: Size;

  /**
   * Time that an invocation may take, at most 15 minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Prices of another region, or of a contract, for the report's estimate and for the dashboard. Each from 0 to 1,000.
   *
   * @default - the list prices of us-east-1
   */
  readonly prices?: Partial<
    Pick<Prices, 'firehoseUsdPerGb' | 'lambdaUsdPerGbSecond' | 'lambdaUsdPerRequest'>
  >;

  /**
   * How long the created stream buffers before it writes an object. From 0 to 900 seconds.
   *
   * @default Duration.seconds(60)
   */
  readonly bufferingInterval?: Duration;

  /**
   * How much the created stream buffers, uncompressed, before it writes an object. From 1 to 128 MiB.
   *
   * @default Size.mebibytes(64)
   */
  readonly bufferingSize?: Size;

  /**
   * When the objects in the created bucket expire: they are synthetic.
   *
   * @default Duration.days(30)
   */
  readonly objectExpiration?: Duration;

  /**
   * What becomes of the created bucket, objects and all, when the stack is destroyed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long the logs of the function and of the created stream are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Who is told when an alarm fires, and when it is over. Its policy has to let `cloudwatch.amazonaws.com` publish, and so
   * has the policy of its key, if it is encrypted.
   *
   * @default - alarms tell nobody
   */
  readonly alarmTopic?: ITopic;
}

/**
 * A Lambda function that pushes UUID events to a delivery stream, on a schedule and on demand, with the delivery
 * stream and its bucket unless there is one already.
 */
export class EventProducer extends Construct {
  /** The function; invoke it with `{"count": N}`. */
  readonly function: NodejsFunction;

  /** The stream that the function pushes to: the one given, or the one created. */
  readonly deliveryStream: IDeliveryStream;

  /** The bucket that the created stream delivers to; missing when the stream was given. */
  readonly bucket?: IBucket;

  /** Slices that wait for an invocation. */
  readonly workQueue: Queue;

  /** Payloads that nobody will work on any more, unless they are redriven to the work queue. */
  readonly deadLetterQueue: Queue;

  /** The schedule; missing when `scheduleEnabled` is false. */
  readonly schedule?: Schedule;

  /** What wakes somebody. */
  readonly alarms: Alarms;

  /** What shows how the producer does. */
  readonly dashboard: Dashboard;

  /** @throws Error naming the prop, its value and its bounds, if a number is out of them. */
  constructor(scope: Construct, id: string, props: EventProducerProps = {}) {
    super(scope, id);
    const count = props.count ?? environmentVariables.defaultCount.default;
    const recordFormat = props.recordFormat ?? environmentVariables.recordFormat.default;

    const prices = withOwnPrices(props.prices ?? {}, 'prices.');
    const bufferingInterval = props.bufferingInterval ?? Duration.seconds(60);

    if (props.deliveryStream) {
      this.deliveryStream = props.deliveryStream;
    } else {
      const { deliveryStream, bucket } = new BucketDeliveryStream(this, 'Stream', {
        ...props,
        recordFormat,
        bufferingInterval,
      });
      this.deliveryStream = deliveryStream;
      this.bucket = bucket;
    }
    const timeout = props.timeout ?? Duration.minutes(5);
    const memorySize = props.memorySize ?? Size.mebibytes(512);
    this.deadLetterQueue = this.createDeadLetterQueue();
    this.workQueue = new Queue(this, 'WorkQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // Six times the function's timeout, see the Lambda guide on SQS event source mappings.
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
    this.function = new ProducerFunction(this, 'Function', {
      ...props,
      count,
      recordFormat,
      timeout,
      memorySize,
      prices,
      deliveryStream: this.deliveryStream,
      workQueue: this.workQueue,
      deadLetterQueue: this.deadLetterQueue,
    }).function;
    const schedule =
      (props.scheduleEnabled ?? true)
        ? (props.schedule ?? ScheduleExpression.expression(defaultScheduleExpression))
        : undefined;
    if (schedule) {
      this.schedule = this.createSchedule(count, schedule);
    }
    const metrics = producerMetrics(this);
    const namePrefix = this.physicalName();
    this.alarms = new Alarms(this, 'Alarms', {
      producer: this,
      metrics,
      namePrefix,
      timeout,
      // How long a stream buffers that is somebody else's is not known.
      bufferingInterval: props.deliveryStream ? longestBufferingInterval : bufferingInterval,
      ...(schedule && { schedule }),
      ...(props.alarmTopic && { topic: props.alarmTopic }),
    });
    this.dashboard = new ProducerDashboard(this, 'Dashboard', {
      // Dashboards have no region: those of one account share their names.
      name: `${namePrefix}-${Stack.of(this).region}`,
      metrics,
      alarms: this.alarms,
      timeout,
      memorySize,
      prices,
    }).dashboard;
  }

  /** Names a person can read in a mail, and no two producers share: the stack's, and where in the stack this is. */
  private physicalName(): string {
    const stack = Stack.of(this);
    return `${stack.stackName}${this.node.path.slice(stack.node.path.length).replaceAll('/', '-')}`;
  }

  /** One for all: whatever ends there is a payload of the function, so that redriving it to the work queue repeats it. */
  private createDeadLetterQueue(): Queue {
    const queue = new Queue(this, 'DeadLetterQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This queue is a dead-letter queue itself.',
    });
    return queue;
  }

  private createSchedule(count: number, schedule: ScheduleExpression): Schedule {
    // The target's own grant would also allow every version and alias of the function.
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        schedule: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: [this.function.functionArn],
            }),
            new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetterQueue.queueArn] }),
          ],
        }),
      },
    });
    return new Schedule(this, 'Schedule', {
      description: `Pushes ${count} events to Firehose.`,
      schedule,
      target: new LambdaInvoke(this.function, {
        // The scheduled time names the run: the same for every attempt, so that a retry sends the same UUIDs.
        input: ScheduleTargetInput.fromObject({ count, runId: ContextAttribute.scheduledTime }),
        deadLetterQueue: this.deadLetterQueue,
        role: role.withoutPolicyUpdates(),
      }),
    });
  }
}
