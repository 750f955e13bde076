import type { Claim } from '../../../lambda/contract/claim.ts';
import {
  claimsUnsentMetric,
  producerDimension,
  serviceDimension,
  streamDimension,
} from '../../../lambda/contract/metrics.ts';
import { publishedMetricsVariable, variables } from '../../../lambda/contract/variables.ts';
import type { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import { type Environment, parseEnvironment } from '../../../lambda/producer/invocation/environment.ts';
import type { Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import { addReport } from '../../../lambda/producer/observer.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { addMetrics, newCorruptions } from '../../../lambda/prover/metrics.ts';
import { createKeyPrefixes } from '../../../lambda/prover/objects/key-prefix.ts';
import { type MetricSink, publishOnly } from '../../../lambda/runtime/metric-sink.ts';
import { madeForOf } from '../../../lambda/template/deployed.ts';
import type { Quota } from '../../../lib/aws/quotas.ts';
import { frequencyOf } from '../../../lib/aws/schedule.ts';
import { type BucketFaults, SimulatedBucket } from '../aws/bucket.ts';
import { CloudWatch, type MetricName } from '../aws/cloudwatch.ts';
import { type Admission, type FirehoseFaults, SimulatedFirehose } from '../aws/firehose.ts';
import { calmQueue, type QueueFaults, QueuePort, QueueTraffic } from '../aws/queue-port.ts';
import { type Ended, type InvocationWorld, type LambdaFaults, SimulatedLambda } from './lambda.ts';
import { createPacer, createProducer } from './producer.ts';
import { type ProverFaults, SimulatedProver } from './prover.ts';
import {
  type Name,
  namesOf,
  proverEnvironmentOf,
  queueSettingsOf,
  queueUrl,
  type TemplateJson,
  valuesOf,
} from './template.ts';
import { World } from './world.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const minuteMs = 60_000;

/** AWS's own metrics can be read a minute or two after the minute that they are about. */
const metricDelayMs = minuteMs;

/** The stream's metrics of a minute without records. */
const nothingHappened = { IncomingBytes: 0, IncomingRecords: 0, IncomingPutRequests: 0, ThrottledRecords: 0 };

/** Sender of the requests that are not the producer's. */
const elsewhere = 0;

const dimensions = { 'AWS/Firehose': streamDimension, 'AWS/Lambda': 'FunctionName', 'AWS/SQS': 'QueueName' };

export interface Faults {
  readonly firehose: Mutable<FirehoseFaults>;
  readonly lambda: Mutable<LambdaFaults>;
  /** Faults of the proof queue towards the producer. */
  readonly claims: Mutable<QueueFaults>;
  readonly prover: Mutable<ProverFaults>;
  readonly bucket: Mutable<BucketFaults>;
  readonly stack: {
    scheduleIsOn: boolean;
    bucketIsWritable: boolean;
    /** Changes the data of an object that lands; `undefined` deletes it. */
    changeObject: (chunks: Buffer[]) => Buffer[] | undefined;
  };
}

/**
 * A deployed stack in a simulated world, made from its template: the producer, the prover, the schedule, the queues, the
 * stream and the bucket work, and publish the metrics of AWS and of the functions. Faults can begin and end in mid-run.
 */
export class Deployment {
  /** What the template's level of monitoring publishes. */
  readonly cloudWatch: CloudWatch;
  /** What the level `full` would publish. */
  readonly fullCloudWatch: CloudWatch;
  readonly lambda: SimulatedLambda;
  readonly prover: SimulatedProver;
  readonly faults: Readonly<Faults>;
  readonly #world = new World(1);
  readonly #names: Readonly<Record<Name, string>>;
  readonly #environment: Environment;
  readonly #ownMetrics: Omit<MetricName, 'MetricName'>;
  readonly #ownSink: MetricSink;
  readonly #bufferingMs: number;
  readonly #limits: Quota;
  readonly #firehose: SimulatedFirehose;
  readonly #pacers: StreamPacer[] = [];
  readonly #claimPort: QueuePort;
  readonly #bucket: SimulatedBucket;
  readonly #prefix: string;
  readonly #claims: boolean;
  #happened = { ...nothingHappened };
  #messagesDeleted = 0;
  /** The producer's records that no object has yet. */
  #buffer: { readonly oldestMs: number; readonly chunks: Buffer[] } | undefined;

  /**
   * @param limits Quotas of the stream. Only the one in bytes makes it refuse records.
   * @param claims Whether the producer makes claims: proving many millions of events takes a while.
   */
  constructor({ Outputs, Resources }: TemplateJson, limits: Quota, claims = true) {
    this.#claims = claims;
    const { now } = this.#world;
    const names = namesOf(Outputs);
    this.#names = names;
    const { MemorySize, Environment } = Resources[names.function].Properties;
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
        { Name: streamDimension, Value: names.stream },
        { Name: producerDimension, Value: values[variables.producerName] },
      ],
    };
    const proverEnvironment = proverEnvironmentOf(Resources[names.prover]);
    // A stream of others is not in the template.
    const destination = Resources[names.stream]?.Properties.ExtendedS3DestinationConfiguration;
    const { bufferingSeconds } = proverEnvironment;
    this.#bufferingMs = 1_000 * (destination?.BufferingHints.IntervalInSeconds ?? bufferingSeconds);
    this.#prefix = destination?.Prefix ?? proverEnvironment.prefix;
    this.#limits = limits;
    this.faults = {
      firehose: {
        ...{ throttle: 0, html: 0, stall: 0, latencyMs: 50, forbiddenAfterMs: Number.POSITIVE_INFINITY },
        quota: { bytesPerSecond: limits.bytes },
      },
      lambda: {
        ...{ kill: 0, deliverTwice: 0, throttled: false },
        ...{ queueDelayMs: 100, queueFails: 0, queueHangs: false },
      },
      claims: { ...calmQueue },
      prover: { kill: 0, deliverTwice: 0, fails: 0, queueDelayMs: 0, throttled: false },
      bucket: { latencyMs: 200, fails: 0, denied: [0, 0] },
      stack: { scheduleIsOn: true, bucketIsWritable: true, changeObject: (chunks) => chunks },
    };

    this.cloudWatch = new CloudWatch(now, metricDelayMs);
    this.fullCloudWatch = new CloudWatch(now, metricDelayMs);
    const sinkTo = (cloudWatch: CloudWatch): MetricSink => ({
      addMetric: (MetricName, _, value) => cloudWatch.put({ ...this.#ownMetrics, MetricName }, value),
    });
    const published = publishOnly(values[publishedMetricsVariable], sinkTo(this.cloudWatch));
    const all = sinkTo(this.fullCloudWatch);
    this.#ownSink = {
      addMetric: (...metric) => {
        published.addMetric(...metric);
        all.addMetric(...metric);
      },
    };
    this.#firehose = new SimulatedFirehose(
      this.#world,
      this.faults.firehose,
      this.#environment.recordFormat,
      (admission) => this.#take(admission),
    );
    this.lambda = new SimulatedLambda(
      this.#world,
      queueSettingsOf(Resources, names.function, names.workQueue),
      this.faults.lambda,
      (invocation) => this.#start(invocation),
      {
        onEnded: (ended) => this.#publishInvocation(ended),
        onThrottled: () => this.#publish('AWS/Lambda', names.function, 'Throttles', 1),
        onDeleted: () => {
          this.#messagesDeleted += 1;
        },
      },
    );
    this.#bucket = new SimulatedBucket(this.#world, this.faults.bucket);
    const proverSettings = {
      ...queueSettingsOf(Resources, names.prover, names.proofQueue),
      delayMs: 1_000 * this.#environment.proof!.delaySeconds,
    };
    this.prover = new SimulatedProver(this.#world, proverSettings, this.faults.prover, {
      deployed: () => ({ createReader: createDefaultReader, madeFor: madeForOf(this.#environment) }),
      environment: proverEnvironment,
      connectBucket: this.#bucket.connect,
      onDeadLetter: ({ body }) => this.lambda.deadLetters.push(JSON.parse(body)),
      onChecked: (claims, { isAllRead }, comparison) =>
        addMetrics(claims, isAllRead, newCorruptions(claims, comparison), this.#ownSink),
      onEnded: (failed, startedMs) =>
        this.#publish('AWS/Lambda', names.prover, 'Errors', failed ? 1 : 0, startedMs),
    });
    this.#claimPort = new QueuePort(this.#world, this.faults.claims, this.prover.queue.send);
    const { ScheduleExpression, Target } = Object.values<TemplateJson>(Resources).find(
      ({ Type }) => Type === 'AWS::Scheduler::Schedule',
    )!.Properties;
    this.#every(minuteMs, () => this.#publishMinute());
    this.#every(minuteMs * frequencyOf(ScheduleExpression)!.longestGapMinutes, () => {
      const scheduledTime = new Date(now()).toISOString();
      const payload = JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', scheduledTime));
      // Scheduler is precise to the minute.
      this.#world.after(this.#world.random() * minuteMs, () => {
        if (this.faults.stack.scheduleIsOn) {
          this.lambda.invokeAsync(payload);
        }
      });
    });
  }

  get nowMs(): number {
    return this.#world.now();
  }

  async pass(minutes: number): Promise<void> {
    const endMs = this.nowMs + minutes * minuteMs;
    await this.#world.run(() => this.nowMs >= endMs, Number.POSITIVE_INFINITY);
  }

  redrive(): void {
    for (const payload of this.lambda.deadLetters.splice(0)) {
      this.lambda.queue.send({ body: JSON.stringify(payload) });
    }
  }

  /** Puts a request of another program into the stream every second. The bucket does not keep it. */
  putFromElsewhere(minutes: number, records: number, recordBytes: number): void {
    const data = Buffer.alloc(recordBytes);
    const batch = Array.from({ length: records }, () => ({ from: 0, to: 1, data }));
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

  /** Starts an invocation in the container that was free last: its pacer remembers the stream. */
  #start(invocation: InvocationWorld): Invoke {
    const pacer = this.#pacers.pop() ?? createPacer(this.#environment, this.#world);
    const claims = {
      sendMessages: this.#claimPort.connect(new QueueTraffic<Claim>()),
      onUnsent: (unsent: readonly Claim[]) =>
        this.#ownSink.addMetric(claimsUnsentMetric.name, claimsUnsentMetric.unit, unsent.length),
    };
    const invoke = createProducer(this.#environment, this.#world, invocation, {
      putRecords: (batch, signal) => this.#firehose.put(batch, signal, invocation.invocation),
      pacer,
      ...(this.#claims && { claims }),
    });
    return (payload, context) => invoke(payload, context).finally(() => this.#pacers.push(pacer));
  }

  #take({ stored, storedBytes, recordsRefused, sender }: Admission): void {
    const records = stored.length;
    this.#happened.IncomingBytes += storedBytes;
    this.#happened.IncomingRecords += records;
    this.#happened.IncomingPutRequests += records > 0 ? 1 : 0;
    this.#happened.ThrottledRecords += recordsRefused;
    if (records === 0) {
      return;
    }
    if (!this.#buffer) {
      const buffer = { oldestMs: this.nowMs, chunks: [] };
      this.#buffer = buffer;
      this.#world.after(this.#bufferingMs, () => {
        this.#buffer = undefined;
        this.#writeObject(buffer.oldestMs, buffer.chunks);
      });
    }
    if (sender !== elsewhere) {
      this.#buffer.chunks.push(...stored);
    }
  }

  #writeObject(oldestMs: number, records: Buffer[]): void {
    const { stream } = this.#names;
    const { bucketIsWritable, changeObject } = this.faults.stack;
    const { nowMs } = this;
    this.#publish('AWS/Firehose', stream, 'DeliveryToS3.DataFreshness', (nowMs - oldestMs) / 1_000);
    this.#publish('AWS/Firehose', stream, 'DeliveryToS3.Success', bucketIsWritable ? 1 : 0);
    if (!bucketIsWritable) {
      this.#world.after(this.#bufferingMs, () => this.#writeObject(oldestMs, records));
      return;
    }
    const chunks = changeObject(records);
    if (chunks) {
      // The hour in the key is that of the oldest record.
      const key = `${createKeyPrefixes({ prefix: this.#prefix })(oldestMs)[0]}${oldestMs}.gz`;
      const times = { landedMs: nowMs, listedMs: nowMs, deletedMs: Number.POSITIVE_INFINITY };
      this.#bucket.objects.push({ key, ...times, chunks });
    }
  }

  /** Lambda stamps its metrics with the start of the invocation, and publishes them at its end. */
  #publishInvocation({ result, works, killed, times: [startedMs, endedMs] }: Ended): void {
    this.#publish('AWS/Lambda', this.#names.function, 'Errors', result ? 0 : 1, startedMs);
    this.#publish('AWS/Lambda', this.#names.function, 'Duration', endedMs - startedMs, startedMs);
    for (const report of killed ? [] : works.flatMap(({ reports }) => reports)) {
      addReport(report, this.#ownSink);
    }
  }

  #publishMinute(): void {
    const { stream, workQueue, proofQueue, deadLetterQueue } = this.#names;
    const startMs = this.nowMs - minuteMs;
    // Firehose publishes no zeros.
    for (const [name, value] of Object.entries(this.#happened).filter(([, value]) => value > 0)) {
      this.#publish('AWS/Firehose', stream, name, value, startMs);
    }
    this.#publish('AWS/Firehose', stream, 'BytesPerSecondLimit', this.#limits.bytes, startMs);
    this.#publish('AWS/Firehose', stream, 'RecordsPerSecondLimit', this.#limits.records, startMs);
    this.#publish('AWS/Firehose', stream, 'PutRequestsPerSecondLimit', this.#limits.requests, startMs);
    this.#happened = { ...nothingHappened };

    const waiting = 'ApproximateNumberOfMessagesVisible';
    this.#publish('AWS/SQS', workQueue, waiting, this.lambda.queue.visible, startMs);
    this.#publish('AWS/SQS', workQueue, 'NumberOfMessagesDeleted', this.#messagesDeleted, startMs);
    this.#publish('AWS/SQS', proofQueue, waiting, this.prover.queue.visible, startMs);
    this.#publish('AWS/SQS', deadLetterQueue, waiting, this.lambda.deadLetters.length, startMs);
    this.#messagesDeleted = 0;
  }

  #publish(
    Namespace: keyof typeof dimensions,
    resource: string,
    MetricName: string,
    value: number,
    timestampMs?: number,
  ): void {
    const Dimensions = [{ Name: dimensions[Namespace], Value: resource }];
    for (const cloudWatch of [this.cloudWatch, this.fullCloudWatch]) {
      cloudWatch.put({ Namespace, MetricName, Dimensions }, value, timestampMs);
    }
  }
}
