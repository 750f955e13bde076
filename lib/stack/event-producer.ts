import { Annotations, Duration, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib';
import type { Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type Grant,
  type IGrantable,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  defaultSchedule,
  type MonitoringLevel,
  monitoringLevels,
  settings,
} from '../../lambda/contract/deployment-settings.ts';
import { claimsUnsentMetric, proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import { workMaxReceives } from '../../lambda/contract/slice.ts';
import { targets } from '../../lambda/contract/targets.ts';
import { publishedMetricsVariable } from '../../lambda/contract/variables.ts';
import { InvalidTemplateError } from '../../lambda/template/errors.ts';
import { type CheckedTemplate, checkTemplate } from '../template/check-template.ts';
import type { NetworkOptions } from './access/network.ts';
import {
  BucketDeliveryStream,
  type BucketDeliveryStreamProps,
  defaultObjectExpiration,
} from './bucket-delivery-stream.ts';
import { withKinesisSettings } from './existing/kinesis-construct.ts';
import { withStreamSettings } from './existing/stream-construct.ts';
import {
  describeCost,
  type KinesisStreamOptions,
  type TargetStream,
  targetStreamOf,
} from './kinesis/kinesis-stream.ts';
import { Lake, type LakeOptions } from './lake.ts';
import { type AlarmOptions, Alarms } from './monitoring/alarms.ts';
import { ProducerDashboard } from './monitoring/dashboard.ts';
import { saveLogQueries } from './monitoring/log-queries.ts';
import { ownMetric, producerMetrics, proofMetrics } from './monitoring/metrics.ts';
import { producersMetadataKey } from './outputs.ts';
import { ProducerFunction, type ProducerFunctionOptions } from './producer-function.ts';
import { checkKinds, combinationProblems, PropError, requiredSetting, secondsOf } from './prop-checks.ts';
import { destinationOf, longestBuffering, type ProofOptions, ProverFunction } from './prover-function.ts';

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
    KinesisStreamOptions,
    ProofOptions,
    LakeOptions,
    NetworkOptions,
    AlarmOptions {
  /**
   * The template of the events: text of one line, or a JSON object of several, with expressions such as
   * `{{random.number(50)}}`. docs/events.md lists the functions.
   *
   * @default - `{"{{random.uuid}}":"test-{{date.utc("YYYY-MM-DD HH:mm:ss")}}"}`
   */
  readonly eventTemplate?: string;

  /**
   * An existing delivery stream to push to (Direct PUT), in the stack's account and region. With the record format `gzip` it must
   * compress nothing itself. If it is a construct of the app, its settings are the defaults of `prefix`, `prefixTimeZone`,
   * `bufferingInterval`, `streamKey` and `bucketKey`, and with `proof` its bucket that of `bucket`.
   *
   * @default - a delivery stream and its bucket are created
   */
  readonly deliveryStream?: IDeliveryStream;

  /**
   * The schedule of runs: a rate or a cron expression, with its time zone.
   *
   * @default ScheduleExpression.rate(Duration.minutes(5))
   */
  readonly schedule?: ScheduleExpression;

  /** Whether there is a schedule. @default true */
  readonly scheduleEnabled?: boolean;

  /** How much monitoring is created: `essential`, `full` or `off`. @default 'essential' */
  readonly monitoring?: MonitoringLevel;
}

/**
 * A Lambda function that pushes UUID events to a delivery stream or a Kinesis stream, on a schedule and on demand, with the
 * delivery stream and its bucket unless an existing stream is given.
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
  /**
   * The stack's name and the construct's path in it, such as `MyStack/Producer`: the dimension `Producer` of its metrics, and
   * the start of the ids of its scheduled runs.
   */
  readonly producerName: string;

  /** The function; invoke it with `{"count": N}`. */
  readonly function: LambdaFunction;

  /** The Kinesis stream that the function pushes to: the existing one, or that of `source`; `undefined` without one. */
  readonly kinesisStream?: IStream;

  /** The bucket that the created stream delivers to; `undefined` with an existing stream. */
  readonly bucket?: IBucket;

  /** Prefix of the objects, with Firehose's expressions; `undefined` if the bucket is not known. */
  readonly prefix?: string;

  /** The prover, which reads the bucket; `undefined` without `proof`. */
  readonly prover?: ProverFunction;

  /** The table of the events, and its workgroup; `undefined` unless `lake` is true. */
  readonly lake?: Lake;

  /** Slices that wait for an invocation. */
  readonly workQueue: Queue;

  /** Payloads that were given up, until they are redriven to the work queue. */
  readonly deadLetterQueue: Queue;

  /** The schedule; `undefined` when `scheduleEnabled` is false. */
  readonly schedule?: Schedule;

  /** The alarms; `undefined` when `monitoring` is off. */
  readonly alarms?: Alarms;

  /** The dashboard; `undefined` unless `monitoring` is full. */
  readonly dashboard?: Dashboard;

  /** Events of a run whose payload has no count. */
  readonly count: number;

  /** The template of the events; `undefined` if that is the default one. */
  readonly eventTemplate?: string;

  readonly #deliveryStream: IDeliveryStream | undefined;
  readonly #stream: TargetStream;

  /** @throws PropError with the path of the construct, the prop, its value and what was expected, if a prop is invalid. */
  constructor(scope: Construct, id: string, given: EventProducerProps = {}) {
    super(scope, id);
    this.producerName = Stack.of(this).stackName + producerPathOf(this);
    checkKinds(this, given);
    const props = withKinesisSettings(this, withStreamSettings(this, given));
    this.#checkCombination(props);
    const { monitoring = monitoringLevels[0], scheduleEnabled = true } = props;
    const timeoutSeconds = requiredSetting(this, 'timeout', secondsOf(props.timeout));
    const isExisting = props.deliveryStream !== undefined || props.kinesisStream !== undefined;
    const created = isExisting ? undefined : new BucketDeliveryStream(this, 'Stream', props);
    this.#deliveryStream = props.deliveryStream ?? created?.deliveryStream;
    this.kinesisStream = props.kinesisStream ?? created?.kinesisStream;
    this.bucket = created?.bucket;
    this.#stream = targetStreamOf(this.#deliveryStream, this.kinesisStream, props.onDemand);
    const destination = destinationOf(this, props, this.bucket);
    this.prefix = destination?.prefix;
    this.deadLetterQueue = this.#createDeadLetterQueue();
    this.workQueue = new Queue(this, 'WorkQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Shorter than the dead-letter queue's: a message that moves there keeps its age.
      retentionPeriod: Duration.days(4),
      // Six times the function's timeout, see the Lambda guide on SQS event source mappings.
      visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: workMaxReceives },
    });
    const template = customTemplate(this, props.eventTemplate);
    this.eventTemplate = template?.template.source;
    const common = {
      producerName: this.producerName,
      template,
      logRetention: props.logRetention,
      stream: this.#stream,
      deadLetterQueue: this.deadLetterQueue,
      network: props,
    };
    const producer = new ProducerFunction(this, 'Function', {
      ...props,
      ...common,
      streamKey: props.streamKey ?? props.encryptionKey,
      destination,
      workQueue: this.workQueue,
    });
    this.function = producer.function;
    if (created?.kinesisStream) {
      // Firehose reads a Kinesis stream from its own creation on: earlier records never arrive.
      this.function.node.addDependency(created.deliveryStream);
      Annotations.of(this).addInfoV2(
        'firehose-event-producer:kinesis',
        describeCost(this.#stream, props, producer.prices),
      );
    }
    this.#describe(Stack.of(this));
    this.count = producer.count;
    if (destination && props.proof !== false) {
      this.prover = new ProverFunction(this, 'Prover', {
        ...destination,
        ...common,
        lostAfter: props.lostAfter,
        kinesisRetention: props.kinesisRetention,
        match: props.match,
      });
      producer.leaveClaims(this.prover.proofQueue, this.prover.firstLook);
    }
    if (props.lake && this.bucket) {
      this.lake = new Lake(this, 'Lake', {
        bucket: this.bucket,
        template,
        namePrefix: this.#physicalName(rootStackOf(this)),
        objectExpiration: props.objectExpiration ?? defaultObjectExpiration,
        removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
        lakeScanLimit: props.lakeScanLimit,
      });
    }
    const schedule = props.schedule ?? ScheduleExpression.expression(defaultSchedule);
    this.schedule = scheduleEnabled ? this.#createSchedule(schedule) : undefined;
    saveLogQueries(this, this.#physicalName(), this.function, this.prover?.function);
    if (monitoring === 'off') {
      this.#publishOnly([]);
      return;
    }
    const { max: foreignBuffering, default: ownBuffering } = settings.bufferingInterval;
    const watched = {
      function: this.function,
      stream: this.#stream,
      deliveryStream: this.#deliveryStream,
      kinesisStream: this.kinesisStream,
      bucket: this.bucket,
      producerName: this.producerName,
      workQueue: this.workQueue,
      deadLetterQueue: this.deadLetterQueue,
    };
    const metrics = producerMetrics(watched);
    const proof = this.prover && { prover: this.prover, metrics: proofMetrics(watched, this.prover) };
    this.alarms = new Alarms(this, 'Alarms', {
      alarms: props.alarms,
      alarmTopic: props.alarmTopic,
      namePrefix: this.#physicalName(),
      isEssential: monitoring === 'essential',
      watched: {
        producer: watched,
        metrics,
        proof,
        timeout: producer.timeout,
        // That of an existing stream is not known unless it is set.
        bufferingInterval: longestBuffering(
          props.bufferingInterval ?? Duration.seconds(isExisting ? foreignBuffering : ownBuffering),
          props.prefix,
        ),
        schedule: scheduleEnabled ? schedule : undefined,
      },
    });
    if (monitoring === 'essential') {
      this.#publishOnly(this.alarms.ownMetrics);
    }
    if (monitoring === 'full') {
      this.dashboard = new ProducerDashboard(this, 'Dashboard', {
        // Dashboards have no region: those of one account share their names.
        name: `${this.#physicalName()}-${Stack.of(this).region}`,
        metrics,
        proof: proof?.metrics,
        alarms: this.alarms,
        target: this.#stream.target,
        timeout: producer.timeout,
        memorySize: producer.memorySize,
        prices: producer.prices,
      }).dashboard;
    }
  }

  /**
   * The delivery stream: the existing one, or the created one.
   *
   * @throws PropError with `kinesisStream`: what reads it is not known.
   */
  get deliveryStream(): IDeliveryStream {
    if (!this.#deliveryStream) {
      throw new PropError(this, 'there is no deliveryStream, since kinesisStream is set: use kinesisStream');
    }
    return this.#deliveryStream;
  }

  /** Grants the right to invoke the function. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.function.grantInvokeLatestVersion(grantee);
  }

  /**
   * A metric that the functions publish, by its name in CloudWatch. All have data when `monitoring` is `full`; when it is
   * `essential`, those that an alarm watches, without zeros.
   *
   * @default - average over 5 minutes
   */
  metric(metricName: string, options?: MetricOptions): Metric {
    return ownMetric({ stream: this.#stream, producerName: this.producerName }, metricName, options);
  }

  #sum(metricName: string, options: MetricOptions | undefined): Metric {
    return this.metric(metricName, { statistic: 'Sum', ...options });
  }

  /** Events that payloads ask for. Needs `full`. @default - sum over 5 minutes */
  metricEventsRequested(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.eventsRequested.name, options);
  }

  /** Events that the stream acknowledged. From `essential` on. @default - sum over 5 minutes */
  metricEventsDelivered(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.eventsDelivered.name, options);
  }

  /** Events that the work queue took, for a later invocation. Needs `full`. @default - sum over 5 minutes */
  metricEventsQueued(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.eventsQueued.name, options);
  }

  /** Events that are neither delivered nor queued. Needs `full`. @default - sum over 5 minutes */
  metricEventsUndelivered(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.eventsUndelivered.name, options);
  }

  /** Events that may be in the stream more than once. Needs `full`. @default - sum over 5 minutes */
  metricEventsUncertain(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.eventsUncertain.name, options);
  }

  /** Requests that failed as a whole: no response, or none that can be used. Needs `full`. @default - sum over 5 minutes */
  metricRequestsFailed(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.requestsFailed.name, options);
  }

  /** Claims that the proof queue refused: their events are unproven. From `essential` on. @default - sum over 5 minutes */
  metricClaimsUnsent(options?: MetricOptions): Metric {
    return this.#sum(claimsUnsentMetric.name, options);
  }

  /** Events found in the bucket, each counted once: the good events of an SLO. Needs `full`. @default - sum over 5 minutes */
  metricEventsProven(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.eventsProven.name, options);
  }

  /** Events that are proven or lost: all events of an SLO. Needs `full`. @default - sum over 5 minutes */
  metricEventsSettled(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.eventsSettled.name, options);
  }

  /** Events that were not in the bucket at the first check. Needs `full`. @default - sum over 5 minutes */
  metricEventsLate(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.eventsLate.name, options);
  }

  /** Events that are in the bucket more than once. Needs `full`. @default - sum over 5 minutes */
  metricEventsDuplicated(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.eventsDuplicated.name, options);
  }

  /** Events that are not in the bucket, `lostAfter` after they were sent. Needs `full`. @default - sum over 5 minutes */
  metricEventsLost(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.eventsLost.name, options);
  }

  /** Lines in the bucket that are not what was sent. From `essential` on. @default - sum over 5 minutes */
  metricLinesCorrupt(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.linesCorrupt.name, options);
  }

  /** Time from the end of sending to the proof, in milliseconds. Needs `full`. @default - average over 5 minutes */
  metricTimeToProof(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.timeToProofMs.name, options);
  }

  /** Time from an event's generation to its object in the bucket, in milliseconds. Needs `full`. @default - average over 5 minutes */
  metricDeliveryLatency(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.latencyMs.name, options);
  }

  /** Age of the oldest checked claim without proof, in milliseconds. From `essential` on. @default - average over 5 minutes */
  metricOldestClaimAge(options?: MetricOptions): Metric {
    return this.metric(proverMetrics.oldestClaimAgeMs.name, options);
  }

  /** Claims that were checked. From `essential` on. @default - sum over 5 minutes */
  metricClaimsSeen(options?: MetricOptions): Metric {
    return this.#sum(proverMetrics.claimsSeen.name, options);
  }

  /** Records that the stream refused one by one, each time counted. Needs `full`. @default - sum over 5 minutes */
  metricRecordsRefused(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.recordsRefused.name, options);
  }

  /** Bytes that Firehose bills, or the Kinesis stream. Needs `full`. @default - sum over 5 minutes */
  metricBilledBytes(options?: MetricOptions): Metric {
    return this.#sum(reportMetrics.billedBytes.name, options);
  }

  /** Time that a slice took, in milliseconds. Needs `full`. @default - average over 5 minutes */
  metricDuration(options?: MetricOptions): Metric {
    return this.metric(reportMetrics.durationMs.name, options);
  }

  #publishOnly(metrics: readonly string[]): void {
    for (const lambda of [this.function, this.prover?.function]) {
      lambda?.addEnvironment(publishedMetricsVariable, metrics.join(' ') || 'none');
    }
  }

  /** Lets the commands find the producer by its stack. */
  #describe(stack: Stack): void {
    const { logicalId } = this.function.node.defaultChild as CfnFunction;
    const others = stack.templateOptions.metadata?.[producersMetadataKey];
    const own = { function: logicalId, eventTemplate: this.eventTemplate };
    stack.addMetadata(producersMetadataKey, { ...others, [producerPathOf(this).slice(1)]: own });
  }

  /** A readable name that no other producer has: the stack's name and the path within the stack. */
  #physicalName(stack = Stack.of(this)): string {
    return `${stack.stackName}${pathInStack(this, stack).replaceAll('/', '-')}`;
  }

  /** The only one: each message in it is a payload of the function, so that a redrive to the work queue repeats it. */
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

  /** @throws PropError if props contradict each other. */
  #checkCombination(props: EventProducerProps): void {
    const { prefix, prefixTimeZone } = props;
    const set = Object.entries(props).map(([name, value]) => [name, value && `${name} is set`]);
    const problems = combinationProblems(
      {
        ...Object.fromEntries(set),
        source: props.source && `source is '${props.source}'`,
        onDemand: props.onDemand && 'onDemand is true',
        prefix: prefix !== undefined && `prefix is "${prefix}"`,
        prefixTimeZone: prefixTimeZone && `prefixTimeZone is "${prefixTimeZone.timezoneName}"`,
        separator: props.separator === 'before' && "separator is 'before'",
        proof: props.proof && 'proof is true',
        lake: props.lake && 'lake is true',
        monitoring: props.monitoring === 'off' && "monitoring is 'off'",
      },
      {
        deliveryStream: "deliveryStream: DeliveryStream.fromDeliveryStreamName(this, 'Stream', 'my-stream')",
        source: "source: 'kinesis'",
        kinesisStream: "kinesisStream: Stream.fromStreamArn(this, 'Kinesis', 'arn:…')",
        bucket: "bucket: Bucket.fromBucketName(this, 'Bucket', 'my-bucket')",
      },
    );
    const ofVpc = (['subnets', 'securityGroups'] as const).filter((name) => props[name] && !props.vpc);
    problems.push(...ofVpc.map((name) => `${name} is set, but vpc is not: set it, or leave ${name} out`));
    if (problems.length > 0) {
      throw new PropError(this, problems.join('\n'));
    }
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
      description: `Pushes ${this.count} events to ${targets[this.#stream.target].title}.`,
      schedule,
      target: new LambdaInvoke(this.function, {
        // The producer and the scheduled time name the run: the same for every attempt, so that a retry sends the same UUIDs,
        // and others than another producer's.
        input: ScheduleTargetInput.fromObject({
          count: this.count,
          runId: `${this.producerName}/${ContextAttribute.scheduledTime}`,
        }),
        deadLetterQueue: this.deadLetterQueue,
        role: role.withoutPolicyUpdates(),
      }),
    });
  }
}

/** Begins with a slash. */
function pathInStack(scope: Construct, stack = Stack.of(scope)): string {
  return scope.node.path.slice(stack.node.path.length);
}

/** Not a nested stack: the name of such a one is not known at synth. */
function rootStackOf(scope: Construct): Stack {
  const stack = Stack.of(scope);
  return stack.nestedStackParent ? rootStackOf(stack.nestedStackParent) : stack;
}

/** Longest name of a producer: the id of a run has room for 256 characters, and a dimension for 255. */
const maxNameLength = 255 - ContextAttribute.scheduledTime.length;

/** Longest name of a stack, if it is not known yet. */
const maxStackNameLength = 128;

/** The path in the stack, in ASCII, as a dimension's value has to be. */
function producerPathOf(scope: Construct): string {
  const { stackName } = Stack.of(scope);
  const path = pathInStack(scope);
  const ascii = path.replaceAll(/[^ -~]/g, '-');
  const room = maxNameLength - (Token.isUnresolved(stackName) ? maxStackNameLength : stackName.length);
  const hash = `-${scope.node.addr}`;
  return ascii === path && path.length <= room ? path : ascii.slice(0, room - hash.length) + hash;
}

/** The template, checked; `undefined` if it is the default one. @throws PropError with its problems, and their places. */
function customTemplate(scope: Construct, source: string | undefined): CheckedTemplate | undefined {
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
