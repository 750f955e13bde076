import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type Grant,
  type IGrantable,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
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
import { claimsUnsentMetric, proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import { defaultSchedule, type MonitoringLevel, settings } from '../../lambda/contract/settings.ts';
import { InvalidTemplateError } from '../../lambda/template/errors.ts';
import { type CheckedTemplate, checkTemplate } from '../template/check-template.ts';
import {
  BucketDeliveryStream,
  type BucketDeliveryStreamProps,
  defaultObjectExpiration,
} from './bucket-delivery-stream.ts';
import { Lake, type LakeOptions } from './lake.ts';
import { Alarms, type AlarmTunings } from './monitoring/alarms.ts';
import { ProducerDashboard } from './monitoring/dashboard.ts';
import { ownMetric, producerMetrics } from './monitoring/metrics.ts';
import { proofMetrics } from './monitoring/proof-metrics.ts';
import { ProducerFunction, type ProducerFunctionOptions } from './producer-function.ts';
import { type ProofOptions, provenDestination } from './proof-props.ts';
import { PropError, requiredSetting, secondsOf } from './prop-checks.ts';
import { ProverFunction, proverTimeout } from './prover-function.ts';

/** Deliveries of a message after which it moves to the dead-letter queue: AWS recommends at least five. */
const maxReceiveCount = 5;

/**
 * Properties of an {@link EventProducer}.
 *
 * @example
 * ```ts
 * import { RemovalPolicy } from 'aws-cdk-lib';
 * import type { EventProducerProps } from 'firehose-event-producer';
 *
 * export const props: EventProducerProps = {
 *   count: 5_000,
 *   eventTemplate: '{"id":"{{random.uuid}}","sensor":{{random.number(50)}}}',
 *   removalPolicy: RemovalPolicy.DESTROY,
 * };
 * ```
 */
export interface EventProducerProps
  extends ProducerFunctionOptions,
    BucketDeliveryStreamProps,
    ProofOptions,
    LakeOptions {
  /**
   * What the events look like: the text of a template, one line or a JSON object of several, with expressions such as
   * `{{random.number(50)}}`. docs/events.md has the functions.
   *
   * @default - the event of the lesson, `{"{{random.uuid}}":"test-{{date.utc("YYYY-MM-DD HH:mm:ss")}}"}`
   */
  readonly eventTemplate?: string;

  /**
   * An existing delivery stream to push to. With the record format `gzip` it must compress nothing itself.
   *
   * @default - a Direct PUT stream to a bucket of its own is created
   */
  readonly deliveryStream?: IDeliveryStream;

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
   * What the producer is watched with: `full`, `alarms` or `off`.
   *
   * @default 'full'
   */
  readonly monitoring?: MonitoringLevel;

  /**
   * Alarms that have other thresholds or periods, or that are left out, by name:
   * `{ BytesQuota: { threshold: 95 }, Silence: false }`.
   *
   * @default - every alarm as described in docs/operating.md
   */
  readonly alarms?: AlarmTunings;

  /**
   * Who is told when an alarm fires, and when it is over. Its policy has to let `cloudwatch.amazonaws.com` publish, and
   * so has the policy of its key, if it is encrypted.
   *
   * @default - alarms tell nobody
   */
  readonly alarmTopic?: ITopic;
}

/**
 * A Lambda function that pushes UUID events to a delivery stream, on a schedule and on demand, with the delivery stream
 * and its bucket unless there is one already.
 *
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { EventProducer } from 'firehose-event-producer';
 *
 * const stack = new Stack(new App(), 'Events');
 * new EventProducer(stack, 'Producer', { count: 10 });
 * ```
 */
export class EventProducer extends Construct {
  /** The function; invoke it with `{"count": N}`. */
  readonly function: LambdaFunction;

  /** The stream that the function pushes to: the one given, or the one created. */
  readonly deliveryStream: IDeliveryStream;

  /** The bucket that the created stream delivers to; missing when the stream was given. */
  readonly bucket?: IBucket;

  /** What proves that events reached the bucket; missing without `proof`. */
  readonly prover?: ProverFunction;

  /** The table of the events, and what asks it; missing unless `lake` is true. */
  readonly lake?: Lake;

  /** Slices that wait for an invocation. */
  readonly workQueue: Queue;

  /** Payloads that were given up, until they are redriven to the work queue. */
  readonly deadLetterQueue: Queue;

  /** The schedule; missing when `scheduleEnabled` is false. */
  readonly schedule?: Schedule;

  /** The alarms; missing when `monitoring` is off. */
  readonly alarms?: Alarms;

  /** What shows how the producer does; missing unless `monitoring` is full. */
  readonly dashboard?: Dashboard;

  /** Events of a run whose payload names none. */
  readonly count: number;

  /** The template of the events; missing when that is the default one. */
  readonly eventTemplate?: string;

  /** @throws PropError naming this construct, the prop, its value and what was expected, if one doesn't fit. */
  constructor(scope: Construct, id: string, props: EventProducerProps = {}) {
    super(scope, id);
    const { monitoring = 'full' } = props;
    const timeoutSeconds = requiredSetting(this, 'timeout', secondsOf(props.timeout));
    if (props.deliveryStream) {
      this.deliveryStream = props.deliveryStream;
    } else {
      const { deliveryStream, bucket } = new BucketDeliveryStream(this, 'Stream', props);
      this.deliveryStream = deliveryStream;
      this.bucket = bucket;
    }
    const destination = provenDestination(this, props, this.bucket);
    this.deadLetterQueue = this.#createDeadLetterQueue();
    this.workQueue = new Queue(this, 'WorkQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Shorter than the dead-letter queue's: a message that moves there keeps its age.
      retentionPeriod: Duration.days(4),
      // Six times the function's timeout, see the Lambda guide on SQS event source mappings.
      visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
    const template = ownTemplate(this, props.eventTemplate);
    if (template) {
      this.eventTemplate = template.template.source;
    }
    const producer = new ProducerFunction(this, 'Function', {
      ...props,
      ...(template && { template }),
      publishMetrics: monitoring !== 'off',
      deliveryStream: this.deliveryStream,
      workQueue: this.workQueue,
      deadLetterQueue: this.deadLetterQueue,
    });
    this.function = producer.function;
    this.count = producer.count;
    if (destination) {
      this.prover = new ProverFunction(this, 'Prover', {
        ...destination,
        ...(template && { template }),
        publishMetrics: monitoring !== 'off',
        deliveryStream: this.deliveryStream,
        deadLetterQueue: this.deadLetterQueue,
        ...(props.lostAfter && { lostAfter: props.lostAfter }),
        ...(props.logRetention && { logRetention: props.logRetention }),
      });
      producer.leaveClaims(this.prover.proofQueue, this.prover.firstLook);
    }
    if (props.lake) {
      this.lake = this.#createLake(props, template);
    }
    const schedule =
      (props.scheduleEnabled ?? true)
        ? (props.schedule ?? ScheduleExpression.expression(defaultSchedule))
        : undefined;
    if (schedule) {
      this.schedule = this.#createSchedule(schedule);
    }
    if (monitoring === 'off') {
      for (const prop of ['alarms', 'alarmTopic'] as const) {
        if (props[prop]) {
          throw new PropError(this, `${prop} is set, but monitoring is 'off': leave one of them out`);
        }
      }
      return;
    }
    const metrics = producerMetrics(this);
    const namePrefix = this.#physicalName();
    const proof = this.prover && proofMetrics(this, this.prover);
    this.alarms = new Alarms(this, 'Alarms', {
      watched: this,
      metrics,
      ...(this.prover &&
        proof && {
          proof: {
            watched: this.prover,
            metrics: proof,
            bufferingInterval: this.prover.bufferingInterval,
            lostAfter: this.prover.lostAfter,
            timeout: proverTimeout,
          },
        }),
      namePrefix,
      timeout: producer.timeout,
      bufferingInterval: this.#longestBuffering(props),
      ...(schedule && { schedule }),
      ...(props.alarmTopic && { topic: props.alarmTopic }),
      ...(props.alarms && { tunings: props.alarms }),
    });
    if (monitoring === 'full') {
      this.dashboard = new ProducerDashboard(this, 'Dashboard', {
        // Dashboards have no region: those of one account share their names.
        name: `${namePrefix}-${Stack.of(this).region}`,
        metrics,
        ...(proof && { proof }),
        alarms: this.alarms,
        timeout: producer.timeout,
        memorySize: producer.memorySize,
        prices: producer.prices,
      }).dashboard;
    }
  }

  /** Lets somebody invoke the function. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.function.grantInvokeLatestVersion(grantee);
  }

  /**
   * A metric that the function publishes, by its name in CloudWatch; without data when `monitoring` is off.
   *
   * @default - average over 5 minutes
   */
  metric(metricName: string, options?: MetricOptions): Metric {
    return ownMetric(this.deliveryStream, metricName, options);
  }

  /** Events that invocations were asked for. @default - sum over 5 minutes */
  metricEventsRequested(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.eventsRequested.name, { statistic: 'Sum', ...options });
  }

  /** Events that Firehose acknowledged. @default - sum over 5 minutes */
  metricEventsDelivered(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.eventsDelivered.name, { statistic: 'Sum', ...options });
  }

  /** Events that the work queue took, for a later invocation. @default - sum over 5 minutes */
  metricEventsQueued(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.eventsQueued.name, { statistic: 'Sum', ...options });
  }

  /** Events that are neither delivered nor queued. @default - sum over 5 minutes */
  metricEventsUndelivered(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.eventsUndelivered.name, { statistic: 'Sum', ...options });
  }

  /** Events that may be in the stream more than once. @default - sum over 5 minutes */
  metricEventsUncertain(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.eventsUncertain.name, { statistic: 'Sum', ...options });
  }

  /** Requests that failed as a whole: no response, or none that can be used. @default - sum over 5 minutes */
  metricRequestsFailed(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.requestsFailed.name, { statistic: 'Sum', ...options });
  }

  /** Claims that the proof queue did not take: nobody proves their events. @default - sum over 5 minutes */
  metricClaimsUnsent(options?: MetricOptions): Metric {
    return this.metric(claimsUnsentMetric.name, { statistic: 'Sum', ...options });
  }

  /** Events that were found in the bucket, each counted once: the good events of an SLO. @default - sum over 5 minutes */
  metricEventsProven(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.eventsProven.name, { statistic: 'Sum', ...options });
  }

  /** Events that are proven or lost: all events of an SLO. @default - sum over 5 minutes */
  metricEventsSettled(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.eventsSettled.name, { statistic: 'Sum', ...options });
  }

  /** Events that were not in the bucket when it was looked at first. @default - sum over 5 minutes */
  metricEventsLate(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.eventsLate.name, { statistic: 'Sum', ...options });
  }

  /** Events that are in the bucket more than once. @default - sum over 5 minutes */
  metricEventsDuplicated(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.eventsDuplicated.name, { statistic: 'Sum', ...options });
  }

  /** Events that are not in the bucket, `lostAfter` after they were sent. @default - sum over 5 minutes */
  metricEventsLost(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.eventsLost.name, { statistic: 'Sum', ...options });
  }

  /** Lines in the bucket that are not what was sent. @default - sum over 5 minutes */
  metricLinesCorrupt(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.linesCorrupt.name, { statistic: 'Sum', ...options });
  }

  /** From the end of sending to the proof, in milliseconds. @default - average over 5 minutes */
  metricTimeToProof(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.timeToProofMs.name, options);
  }

  /** From the generation of events to their object in the bucket, in milliseconds. @default - average over 5 minutes */
  metricDeliveryLatency(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.latencyMs.name, options);
  }

  /** Age of the oldest claim that is not proven, of those looked at, in milliseconds. @default - average over 5 minutes */
  metricOldestClaimAge(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.oldestClaimAgeMs.name, options);
  }

  /** Claims that were looked at. @default - sum over 5 minutes */
  metricClaimsSeen(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.claimsSeen.name, { statistic: 'Sum', ...options });
  }

  /** Records that Firehose refused one by one, each time counted. @default - sum over 5 minutes */
  metricRecordsRefused(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.recordsRefused.name, { statistic: 'Sum', ...options });
  }

  /** Bytes that Firehose bills. @default - sum over 5 minutes */
  metricBilledBytes(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.billedBytes.name, { statistic: 'Sum', ...options });
  }

  /** How long a slice took, in milliseconds. @default - average over 5 minutes */
  metricDuration(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.durationMs.name, options);
  }

  /** Names a person can read in a mail, and no two producers share: the stack's, and where in the stack this is. */
  #physicalName(): string {
    const stack = Stack.of(this);
    return `${stack.stackName}${this.node.path.slice(stack.node.path.length).replaceAll('/', '-')}`;
  }

  /** How long a stream buffers that is somebody else's is not known, unless somebody says so. */
  #longestBuffering({ deliveryStream, bufferingInterval }: EventProducerProps): Duration {
    const { max, default: own } = settings.bufferingInterval;
    return bufferingInterval ?? Duration.seconds(deliveryStream ? max : own);
  }

  /** One for all: whatever ends there is a payload of the function, so that redriving it to the work queue repeats it. */
  #createDeadLetterQueue(): Queue {
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

  #createLake(props: EventProducerProps, template: CheckedTemplate | undefined): Lake {
    if (!this.bucket) {
      throw new PropError(
        this,
        'lake is true, but deliveryStream is set: the table knows how the created stream names its objects. Leave one of them out',
      );
    }
    return new Lake(this, 'Lake', {
      bucket: this.bucket,
      ...(template && { template }),
      namePrefix: this.#physicalName(),
      objectExpiration: props.objectExpiration ?? defaultObjectExpiration,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...(props.lakeScanLimit && { lakeScanLimit: props.lakeScanLimit }),
    });
  }

  #createSchedule(schedule: ScheduleExpression): Schedule {
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
      description: `Pushes ${this.count} events to Firehose.`,
      schedule,
      target: new LambdaInvoke(this.function, {
        // The scheduled time names the run: the same for every attempt, so that a retry sends the same UUIDs.
        input: ScheduleTargetInput.fromObject({ count: this.count, runId: ContextAttribute.scheduledTime }),
        deadLetterQueue: this.deadLetterQueue,
        role: role.withoutPolicyUpdates(),
      }),
    });
  }
}

/**
 * The template of events that are not the default ones.
 *
 * @throws PropError naming what is wrong with it, and where.
 */
function ownTemplate(scope: Construct, source: string | undefined): CheckedTemplate | undefined {
  if (source === undefined) {
    return undefined;
  }
  try {
    const checked = checkTemplate(source);
    return checked.isDefault ? undefined : checked;
  } catch (error) {
    if (error instanceof InvalidTemplateError) {
      throw new PropError(scope, `eventTemplate cannot be used:\n${error.message}`);
    }
    throw error;
  }
}
