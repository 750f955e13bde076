import { Duration, Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import {
  defaultRecordFormat,
  type ProducerSettings,
  producerSettings,
  type RecordFormat,
  variables,
} from '../../lambda/contract/settings.ts';
import { type Prices, withOwnPrices } from '../aws/prices.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { createBundledFunction } from './bundled-function.ts';
import { checkedSetting, mebibytesOf, PropError, requiredSetting, secondsOf } from './prop-checks.ts';

/** What a user may say of the function. */
export interface ProducerFunctionOptions {
  /**
   * Events of a scheduled run, and of an invocation whose payload names none. From 1 to `maxCount`.
   *
   * @default 100
   */
  readonly count?: number;

  /**
   * Most events that a payload may ask for: a guard against typos. From 1 to 1,000,000,000,000.
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
   * Invocations that process the work queue at the same time. One of them fills a stream with Firehose's default quota;
   * more help when the quota was raised. From 2 to 1,000.
   *
   * @default 2
   */
  readonly maxConcurrency?: number;

  /**
   * How many events a record carries, and in what shape: `ndjson`, `single` or `gzip`. The compression of the created
   * stream and the extension of its objects follow it.
   *
   * @default 'ndjson'
   */
  readonly recordFormat?: RecordFormat;

  /**
   * Requests in flight at the same time. From 1 to 64.
   *
   * @default 8
   */
  readonly concurrency?: number;

  /**
   * Largest request in bytes, as base64 inside JSON. From 65,536 to 4,000,000.
   *
   * @default 4_000_000
   */
  readonly maxRequestBytes?: number;

  /**
   * How often a record is sent before an invocation leaves it to a later one, the first time included. From 1 to 100.
   *
   * @default 20
   */
  readonly maxAttempts?: number;

  /**
   * Memory of the function; its share of a processor grows with it. From 128 to 10,240 MiB.
   *
   * @default Size.mebibytes(512)
   */
  readonly memorySize?: Size;

  /**
   * Time that an invocation may take. From 3 seconds to 15 minutes.
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
   * How long the function's logs are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

/** Properties of a {@link ProducerFunction}. */
export interface ProducerFunctionProps extends ProducerFunctionOptions {
  /** What its events look like. @default - the default template */
  readonly template?: CheckedTemplate;
  /** Whether the function publishes metrics of its own. */
  readonly publishMetrics: boolean;
  /** The stream that the function pushes to. */
  readonly deliveryStream: IDeliveryStream;
  /** The queue that the function hands slices to, and processes. */
  readonly workQueue: IQueue;
  /** Where asynchronous invocations go that failed three times. */
  readonly deadLetterQueue: IQueue;
}

/** The Lambda function, with a log group and a role of its own. */
export class ProducerFunction extends Construct {
  /** The function. */
  readonly function: LambdaFunction;

  /** Events of a run whose payload names none. */
  readonly count: number;

  /** Time that an invocation may take. */
  readonly timeout: Duration;

  /** Memory of the function. */
  readonly memorySize: Size;

  /** What Firehose and Lambda charge. */
  readonly prices: Prices;

  /**
   * @throws PropError naming the prop, its value and its bounds, if a number is out of them, or if the requests in flight
   * do not fit into the memory.
   */
  constructor(scope: Construct, id: string, props: ProducerFunctionProps) {
    super(scope, id);
    const values = settingsOf(this, props);
    const timeoutSeconds = requiredSetting(this, 'timeout', secondsOf(props.timeout));
    const memoryMiB = requiredSetting(this, 'memorySize', mebibytesOf(props.memorySize));
    checkMemory(this, memoryMiB, values);
    this.count = values.count;
    this.timeout = Duration.seconds(timeoutSeconds);
    this.memorySize = Size.mebibytes(memoryMiB);
    this.prices = pricesOf(this, props.prices);
    this.function = createBundledFunction(this, {
      room: 'producer',
      ...(props.template && { template: props.template }),
      description:
        `Pushes UUID events to Firehose. Test event: {} for ${this.count} events, {"count": 5000}, ` +
        '{"count": 5000, "eventsPerSecond": 100}, or a slice: {"runId": "run-1", "from": 0, "to": 5000}',
      memorySize: this.memorySize,
      timeout: this.timeout,
      deadLetterQueue: props.deadLetterQueue,
      environment: {
        ...variablesOf(values),
        [variables.deliveryStreamName]: props.deliveryStream.deliveryStreamName,
        [variables.workQueueUrl]: props.workQueue.queueUrl,
        [variables.recordFormat]: props.recordFormat ?? defaultRecordFormat,
        [variables.firehoseUsdPerGb]: String(this.prices.firehoseUsdPerGb),
        [variables.lambdaUsdPerGbSecond]: String(this.prices.lambdaUsdPerGbSecond),
      },
      statements: [
        new PolicyStatement({
          actions: ['firehose:PutRecordBatch'],
          resources: [props.deliveryStream.deliveryStreamArn],
        }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.workQueue.queueArn] }),
      ],
      publishMetrics: props.publishMetrics,
      ...(props.logRetention && { logRetention: props.logRetention }),
    });
    this.function.addEventSource(
      new SqsEventSource(props.workQueue, {
        batchSize: 10,
        maxConcurrency: requiredSetting(this, 'maxConcurrency', props.maxConcurrency),
        reportBatchItemFailures: true,
      }),
    );
  }

  /** Lets the function leave claims for the prover: how long each waits until it is looked at first, too. */
  leaveClaims(proofQueue: IQueue, delay: Duration): void {
    this.function.addEnvironment(variables.proofQueueUrl, proofQueue.queueUrl);
    this.function.addEnvironment(variables.proofDelaySeconds, String(delay.toSeconds()));
    this.function.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [proofQueue.queueArn] }),
    );
  }
}

/** The settings that the function knows, each checked against the bounds that the function itself will check. */
function settingsOf(scope: IConstruct, props: ProducerFunctionOptions): ProducerSettings {
  const maxCount = requiredSetting(scope, 'maxCount', props.maxCount);
  const names = Object.keys(producerSettings) as (keyof ProducerSettings)[];
  const values = names.map((name) => [
    name,
    checkedSetting(scope, name, props[name], name === 'count' ? { max: maxCount } : {}),
  ]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function variablesOf(values: ProducerSettings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      producerSettings[name as keyof ProducerSettings].variable,
      String(value),
    ]),
  );
}

function pricesOf(scope: IConstruct, own: ProducerFunctionOptions['prices'] = {}): Prices {
  try {
    return withOwnPrices(own, 'prices.');
  } catch (error) {
    throw new PropError(scope, (error as Error).message);
  }
}

/** Room for what runs beside the requests: Node, the SDK, the code. */
const baseMemoryMiB = 128;

/** Copies of a request in memory at the same time: its records, its base64, its JSON, what the socket holds. */
const copiesOfRequest = 4;

function checkMemory(
  scope: IConstruct,
  memoryMiB: number,
  { concurrency, maxRequestBytes }: ProducerSettings,
): void {
  const neededMiB = baseMemoryMiB + Math.ceil((copiesOfRequest * concurrency * maxRequestBytes) / 1_048_576);
  if (memoryMiB < neededMiB) {
    throw new PropError(
      scope,
      `memorySize is ${memoryMiB} MiB, and ${concurrency} requests at once (concurrency) of ` +
        `${maxRequestBytes} bytes (maxRequestBytes) need ${neededMiB} MiB: raise memorySize or lower one of the others`,
    );
  }
}
