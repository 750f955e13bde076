import { claimsUnsentMetric, serviceDimension, streamDimension } from '../../../lambda/contract/metrics.ts';
import { variables } from '../../../lambda/contract/settings.ts';
import type { Pacer } from '../../../lambda/producer/delivery/pacer.ts';
import { type Environment, parseEnvironment } from '../../../lambda/producer/invocation/environment.ts';
import type { Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import { addReport } from '../../../lambda/producer/observer.ts';
import { keyPrefixAt } from '../../../lambda/prover/objects/key-prefix.ts';
import type { Quota } from '../../../lib/aws/quotas.ts';
import { frequencyOf } from '../../../lib/aws/schedule.ts';
import { type BucketFaults, SimulatedBucket } from '../aws/bucket.ts';
import { CloudWatch, type MetricName } from '../aws/cloudwatch.ts';
import { type Admission, type FirehoseFaults, SimulatedFirehose } from '../aws/firehose.ts';
import { calmQueue, type QueueFaults } from '../aws/queue-port.ts';
import {
  type Ended,
  type InvocationWorld,
  type LambdaFaults,
  type LambdaSettings,
  SimulatedLambda,
} from './lambda.ts';
import { createPacer, createProducer } from './producer.ts';
import { SimulatedProver } from './prover.ts';
import {
  mappingOf,
  type Name,
  namesOf,
  proverSettingsOf,
  queueUrl,
  type TemplateJson,
  valuesOf,
} from './template.ts';
import { World } from './world.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const minuteMs = 60_000;

/** AWS's own metrics can be read a minute or two after the minute that they are about. */
const metricDelayMs = minuteMs;

/** Who puts into the stream beside the producer, whose invocations count from 1. */
const elsewhere = 0;

const dimensions = { 'AWS/Firehose': streamDimension, 'AWS/Lambda': 'FunctionName', 'AWS/SQS': 'QueueName' };

/**
 * A deployed stack in a simulated world, made from its template: the code of the producer and of the prover, the schedule,
 * the queues, the stream and the bucket are at work, and publish the metrics that AWS and the functions would. What may
 * break can be broken and fixed in mid-run.
 */
export class Deployment {
  /** Where the metrics go. */
  readonly cloudWatch: CloudWatch;
  /** The function, the work queue and the dead letters. */
  readonly lambda: SimulatedLambda;
  /** How Lambda and the queue misbehave. */
  readonly lambdaFaults: Mutable<LambdaFaults> = {
    kill: 0,
    deliverTwice: 0,
    queueFails: 0,
    queueDelayMs: 100,
  };
  /** How the stream misbehaves. */
  readonly firehoseFaults: Mutable<FirehoseFaults>;
  /** How the proof queue misbehaves towards the producer. */
  readonly proofQueueFaults: Mutable<QueueFaults> = { ...calmQueue };
  /** How the bucket misbehaves. */
  readonly bucketFaults: Mutable<BucketFaults> = {};
  /** The prover and the proof queue. */
  readonly prover: SimulatedProver;
  /** Whether the schedule invokes the function. */
  scheduleIsOn = true;
  /** Whether Firehose can write to the bucket. */
  bucketIsWritable = true;
  readonly #world = new World(1);
  readonly #names: Readonly<Record<Name, string>>;
  readonly #environment: Environment;
  readonly #ownMetrics: Omit<MetricName, 'MetricName'>;
  readonly #settings: Mutable<LambdaSettings>;
  readonly #maxConcurrency: number;
  readonly #bufferingMs: number;
  readonly #limits: Quota;
  readonly #firehose: SimulatedFirehose;
  readonly #pacers: Pacer[] = [];
  #incoming = { bytes: 0, records: 0, requests: 0, recordsRefused: 0 };
  #messagesDeleted = 0;
  /** When the oldest record came that is not in the bucket yet. */
  #oldestMs: number | undefined;
  /** What is in the producer's records that are not in the bucket yet. */
  #buffered: Buffer[] = [];
  #objects = 0;
  readonly #bucket: SimulatedBucket;
  readonly #prefix: string;

  readonly #claims: boolean;

  /**
   * @param limits Quotas of the stream, of which only that in bytes makes it refuse records.
   * @param claims Whether anything is claimed: a world of many millions of events takes a while to prove.
   */
  constructor({ Outputs, Resources }: TemplateJson, limits: Quota, claims = true) {
    this.#claims = claims;
    const propertiesOf = (type: string) =>
      Object.values<TemplateJson>(Resources).find(({ Type }) => Type === type)!.Properties;
    const now = this.#world.now;
    this.#names = namesOf(Outputs);
    const { Timeout, MemorySize, Environment } = Resources[this.#names.function].Properties;
    const values = valuesOf(Environment);
    this.#environment = parseEnvironment({
      ...values,
      [variables.workQueueUrl]: queueUrl,
      [variables.proofQueueUrl]: queueUrl,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
    });
    this.#ownMetrics = {
      Namespace: values.POWERTOOLS_METRICS_NAMESPACE!,
      Dimensions: [
        { Name: serviceDimension, Value: values.POWERTOOLS_SERVICE_NAME },
        { Name: streamDimension, Value: this.#names.stream },
      ],
    };
    const mapping = mappingOf(Resources, this.#names.function);
    const workQueue = Resources[this.#names.workQueue].Properties;
    this.#maxConcurrency = mapping.ScalingConfig.MaximumConcurrency;
    this.#settings = {
      timeoutMs: 1_000 * Timeout,
      visibilityTimeoutMs: 1_000 * workQueue.VisibilityTimeout,
      maxReceiveCount: workQueue.RedrivePolicy.maxReceiveCount,
      maxConcurrency: this.#maxConcurrency,
      batchSize: mapping.BatchSize,
    };
    const { ExtendedS3DestinationConfiguration } = Resources[this.#names.stream].Properties;
    this.#bufferingMs = 1_000 * ExtendedS3DestinationConfiguration.BufferingHints.IntervalInSeconds;
    this.#prefix = ExtendedS3DestinationConfiguration.Prefix;
    this.#limits = limits;
    const quota = [limits.bytes, limits.bytes, 0] as const;
    this.firehoseFaults = { throttle: 0, error: 0, loseResponse: 0, stall: 0, latencyMs: 50, quota };

    this.cloudWatch = new CloudWatch(now, metricDelayMs);
    this.#firehose = new SimulatedFirehose(
      this.#world,
      this.firehoseFaults,
      this.#environment.recordFormat,
      (admission) => this.#take(admission),
    );
    this.lambda = new SimulatedLambda(
      this.#world,
      this.#settings,
      this.lambdaFaults,
      (invocation) => this.#start(invocation),
      {
        onEnded: (ended) => this.#publishInvocation(ended),
        onThrottled: () => this.#publish('AWS/Lambda', this.#names.function, 'Throttles', 1),
        onDeleted: (messages) => {
          this.#messagesDeleted += messages;
        },
      },
    );
    this.#bucket = new SimulatedBucket(this.#world, this.bucketFaults);
    const proverSettings = proverSettingsOf(Resources, this.#names, this.#environment.proof!.delaySeconds);
    this.prover = new SimulatedProver(this.#world, proverSettings, {
      bucket: this.#bucket,
      queueFaults: this.proofQueueFaults,
      isThrottled: () => this.lambdaFaults.throttled ?? false,
      bury: (body) => this.lambda.deadLetters.push(JSON.parse(body)),
      metrics: { addMetric: (name, _unit, value) => this.#publishOwn(name, value) },
      onEnded: (failed, startedMs) =>
        this.#publish('AWS/Lambda', this.#names.prover, 'Errors', failed ? 1 : 0, startedMs),
    });
    const { ScheduleExpression, Target } = propertiesOf('AWS::Scheduler::Schedule');
    this.#every(minuteMs, () => this.#publishMinute());
    this.#every(minuteMs * frequencyOf(ScheduleExpression)!.longestGapMinutes, () => {
      const scheduledTime = new Date(now()).toISOString();
      const payload = JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', scheduledTime));
      // Scheduler is precise to the minute.
      this.#world.after(this.#world.random() * minuteMs, () => {
        if (this.scheduleIsOn) {
          this.lambda.invokeAsync(payload);
        }
      });
    });
  }

  /** The clock, in milliseconds since 1970. */
  get nowMs(): number {
    return this.#world.now();
  }

  /** Lets time pass. */
  async pass(minutes: number): Promise<void> {
    const endMs = this.nowMs + minutes * minuteMs;
    await this.#world.run(() => this.nowMs >= endMs, Number.POSITIVE_INFINITY);
  }

  /** Switches the event source mapping of the work queue on or off. */
  setTrigger(enabled: boolean): void {
    this.#settings.maxConcurrency = enabled ? this.#maxConcurrency : 0;
    this.lambda.processWaiting();
  }

  /** Lets somebody else put a request into the stream, every second for so many minutes. The bucket does not keep it. */
  putFromElsewhere(minutes: number, records: number, recordBytes: number): void {
    const batch = Array.from({ length: records }, () => ({
      from: 0,
      to: 1,
      data: Buffer.alloc(recordBytes),
    }));
    for (let second = 0; second < 60 * minutes; second += 1) {
      this.#world.after(1_000 * second, () => {
        this.#firehose.put(batch, new AbortController().signal, elsewhere);
      });
    }
  }

  #every(durationMs: number, happen: () => void): void {
    this.#world.after(durationMs, () => {
      happen();
      this.#every(durationMs, happen);
    });
  }

  /** An invocation in the container that was free last: its pacer remembers the stream. */
  #start(invocation: InvocationWorld): Invoke {
    const pacer = this.#pacers.pop() ?? createPacer(this.#environment, this.#world);
    const invoke = createProducer(
      this.#environment,
      this.#world,
      invocation,
      (batch, signal) => this.#firehose.put(batch, signal, invocation.invocation),
      pacer,
      this.#claims
        ? {
            sendMessages: this.prover.connect(),
            onUnsent: () => this.#publishOwn(claimsUnsentMetric.name, 1),
          }
        : undefined,
    );
    return (payload, context) => invoke(payload, context).finally(() => this.#pacers.push(pacer));
  }

  #take({ bytes, records, recordsRefused, data, sender }: Admission): void {
    if (sender !== elsewhere) {
      this.#buffered.push(...data);
    }
    this.#incoming.bytes += bytes;
    this.#incoming.records += records;
    this.#incoming.requests += records > 0 ? 1 : 0;
    this.#incoming.recordsRefused += recordsRefused;
    if (records > 0 && this.#oldestMs === undefined) {
      this.#oldestMs = this.nowMs;
      this.#world.after(this.#bufferingMs, () => this.#writeObject());
    }
  }

  /** Writes what is buffered to the bucket; if that fails, tries again later. */
  #writeObject(): void {
    const { stream } = this.#names;
    this.#publish(
      'AWS/Firehose',
      stream,
      'DeliveryToS3.DataFreshness',
      (this.nowMs - this.#oldestMs!) / 1_000,
    );
    this.#publish('AWS/Firehose', stream, 'DeliveryToS3.Success', this.bucketIsWritable ? 1 : 0);
    if (this.bucketIsWritable) {
      this.#objects += 1;
      // The hour in the key is that of the oldest record.
      this.#bucket.put(`${keyPrefixAt(this.#prefix, this.#oldestMs!)}${this.#objects}.gz`, this.#buffered);
      this.#buffered = [];
      this.#oldestMs = undefined;
    } else {
      this.#world.after(this.#bufferingMs, () => this.#writeObject());
    }
  }

  /** Lambda stamps its metrics with the start of the invocation, and publishes them at its end. */
  #publishInvocation({ result, reports, killed, times: [startedMs, endedMs] }: Ended): void {
    this.#publish('AWS/Lambda', this.#names.function, 'Errors', result ? 0 : 1, startedMs);
    this.#publish('AWS/Lambda', this.#names.function, 'Duration', endedMs - startedMs, startedMs);
    for (const report of killed ? [] : reports) {
      addReport(report, {
        addMetric: (name, _unit, value) => this.#publishOwn(name, value),
      });
    }
  }

  /** Publishes what is counted by the minute. */
  #publishMinute(): void {
    const { stream, workQueue, proofQueue, deadLetterQueue } = this.#names;
    const startMs = this.nowMs - minuteMs;
    const happened = {
      IncomingBytes: this.#incoming.bytes,
      IncomingRecords: this.#incoming.records,
      IncomingPutRequests: this.#incoming.requests,
      ThrottledRecords: this.#incoming.recordsRefused,
    };
    // Firehose says nothing of what didn't happen.
    for (const [name, value] of Object.entries(happened).filter(([, value]) => value > 0)) {
      this.#publish('AWS/Firehose', stream, name, value, startMs);
    }
    this.#publish('AWS/Firehose', stream, 'BytesPerSecondLimit', this.#limits.bytes, startMs);
    this.#publish('AWS/Firehose', stream, 'RecordsPerSecondLimit', this.#limits.records, startMs);
    this.#publish('AWS/Firehose', stream, 'PutRequestsPerSecondLimit', this.#limits.requests, startMs);
    this.#incoming = { bytes: 0, records: 0, requests: 0, recordsRefused: 0 };

    const waiting = 'ApproximateNumberOfMessagesVisible';
    this.#publish('AWS/SQS', workQueue, waiting, this.lambda.visibleMessages, startMs);
    this.#publish('AWS/SQS', workQueue, 'NumberOfMessagesDeleted', this.#messagesDeleted, startMs);
    this.#publish('AWS/SQS', proofQueue, waiting, this.prover.visibleMessages, startMs);
    this.#publish('AWS/SQS', deadLetterQueue, waiting, this.lambda.deadLetters.length, startMs);
    this.#messagesDeleted = 0;
  }

  /** Publishes what the code of a function itself says. */
  #publishOwn(MetricName: string, value: number): void {
    this.cloudWatch.put({ ...this.#ownMetrics, MetricName }, value);
  }

  #publish(
    Namespace: keyof typeof dimensions,
    resource: string,
    MetricName: string,
    value: number,
    timestampMs?: number,
  ): void {
    const Dimensions = [{ Name: dimensions[Namespace], Value: resource }];
    this.cloudWatch.put({ Namespace, MetricName, Dimensions }, value, timestampMs);
  }
}
