import { Duration, Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import type { Match } from '../../lambda/contract/claim.ts';
import { defaultRecordFormat } from '../../lambda/contract/record-format.ts';
import { type ProducerSettings, producerSettings } from '../../lambda/contract/settings.ts';
import { targets } from '../../lambda/contract/targets.ts';
import { variables } from '../../lambda/contract/variables.ts';
import { type Prices, usdPerGbOf, withOwnPrices } from '../aws/prices.ts';
import { kinesisKeyStatements, streamKeyStatements } from './access/key-access.ts';
import type { BucketDeliveryStreamProps } from './bucket-delivery-stream.ts';
import { createBundledFunction, type FunctionProps } from './bundled-function.ts';
import { streamVariables, type TargetStream } from './kinesis/kinesis-stream.ts';
import { checkedSetting, mebibytesOf, PropError, requiredSetting, secondsOf } from './prop-checks.ts';
import { type Destination, placeVariables } from './prover-function.ts';

/** Properties of the producer's function. */
export interface ProducerFunctionOptions extends Pick<BucketDeliveryStreamProps, 'recordFormat'> {
  /**
   * The customer-managed key of `deliveryStream` or `kinesisStream`: its callers need it.
   *
   * @default - the key of that stream, if that is a construct that knows it
   */
  readonly streamKey?: IKey;

  /**
   * Where a record has line breaks: after each event, or also before the first one. With `before`, a record of an existing stream
   * stays apart from a neighbour's without a line break; after one with a line break is a blank line.
   *
   * @default 'after'
   */
  readonly separator?: 'after' | 'before';

  /**
   * Events of a scheduled run, and of an invocation whose payload has no count. From 1 to `maxCount`.
   *
   * @default 100
   */
  readonly count?: number;

  /**
   * Upper bound of the events of a payload: a guard against typos. From 1 to 1,000,000,000,000.
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
   * Steady rate of runs whose payload has none. A steady run is never cut into slices. From 1 to 1,000,000.
   *
   * @default - as fast as the stream takes the events
   */
  readonly eventsPerSecond?: number;

  /**
   * Invocations that process the work queue at the same time. One invocation fills a stream with Firehose's default
   * quota; more help if the quota was raised. From 2 to 1,000.
   *
   * @default 2
   */
  readonly maxConcurrency?: number;

  /** Requests in flight at the same time. From 1 to 64. @default 8 */
  readonly concurrency?: number;

  /** Largest request in bytes, as base64 inside JSON. From 65,536 to 4,000,000. @default 4_000_000 */
  readonly maxRequestBytes?: number;

  /**
   * Attempts to send a record, the first one included, before it is left to a later invocation. From 1 to 100.
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

  /** Time that an invocation may take. From 3 seconds to 15 minutes. @default Duration.minutes(5) */
  readonly timeout?: Duration;

  /**
   * Prices of another region, or of a contract, for the report's estimate and for the dashboard. Each from 0 to 1,000.
   *
   * @default - the list prices of us-east-1
   */
  readonly prices?: Partial<
    Pick<Prices, Extract<keyof Prices, `${'firehose' | 'kinesis' | 'lambda'}${string}`>>
  >;
}

interface ProducerFunctionProps extends ProducerFunctionOptions, FunctionProps {
  readonly stream: TargetStream;
  /** @default - not known */
  readonly destination: Destination | undefined;
  readonly match?: Match | undefined;
  readonly workQueue: IQueue;
  readonly deadLetterQueue: IQueue;
}

/** The producer's function with its log group, its role and its trigger. */
export class ProducerFunction extends Construct {
  readonly function: LambdaFunction;
  /** Events of a run whose payload has no count. */
  readonly count: number;
  readonly timeout: Duration;
  readonly memorySize: Size;
  readonly prices: Prices;

  /** @throws PropError if a number is out of its bounds, or if the requests in flight do not fit into the memory. */
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
    const { target, arn } = props.stream;
    const { service, title } = targets[target];
    const isFirehose = service === 'firehose';
    const keyArn = props.streamKey?.keyArn;
    this.function = createBundledFunction(this, {
      code: { room: 'producer', service },
      template: props.template,
      description:
        `Pushes UUID events to ${title}. Test event: {} for ${this.count} events, {"count": 5000}, ` +
        '{"count": 5000, "eventsPerSecond": 100}, or a slice: {"runId": "run-1", "from": 0, "to": 5000}',
      memorySize: this.memorySize,
      timeout: this.timeout,
      deadLetterQueue: props.deadLetterQueue,
      environment: {
        ...variablesOf(values),
        ...streamVariables(props.stream),
        ...(props.destination && placeVariables(props.destination)),
        ...((props.destination?.isShared ?? true) && { [variables.isShared]: 'true' }),
        ...(props.match && { [variables.match]: props.match }),
        [variables.workQueueUrl]: props.workQueue.queueUrl,
        [variables.recordFormat]: props.recordFormat ?? defaultRecordFormat,
        ...(props.separator && { [variables.separator]: props.separator }),
        [isFirehose ? variables.firehoseUsdPerGb : variables.kinesisUsdPerGb]: String(
          usdPerGbOf(target, this.prices),
        ),
        [variables.lambdaUsdPerGbSecond]: String(this.prices.lambdaUsdPerGbSecond),
      },
      statements: [
        new PolicyStatement({
          actions: [isFirehose ? 'firehose:PutRecordBatch' : 'kinesis:PutRecords'],
          resources: [arn],
        }),
        ...(isFirehose
          ? streamKeyStatements(keyArn)
          : kinesisKeyStatements(keyArn, 'kms:GenerateDataKey', arn)),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.workQueue.queueArn] }),
      ],
      producerName: props.producerName,
      logRetention: props.logRetention,
      network: props.network,
    });
    this.function.addEventSource(
      new SqsEventSource(props.workQueue, {
        batchSize: 10,
        maxConcurrency: requiredSetting(this, 'maxConcurrency', props.maxConcurrency),
        reportBatchItemFailures: true,
      }),
    );
  }

  /** Lets the function send claims to the prover. @param delay Time until the first check of a claim. */
  leaveClaims(proofQueue: IQueue, delay: Duration): void {
    this.function.addEnvironment(variables.proofQueueUrl, proofQueue.queueUrl);
    this.function.addEnvironment(variables.proofDelaySeconds, String(delay.toSeconds()));
    this.function.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [proofQueue.queueArn] }),
    );
  }
}

/** The settings of the function's environment, checked against the bounds that the function itself checks. */
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

/** Memory for Node, the SDK and the code. */
const baseMemoryMiB = 128;

/** Copies of a request in memory at the same time: its records, its base64, its JSON, the socket's buffer. */
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
      `memorySize is ${memoryMiB} MiB, but ${concurrency} concurrent requests (concurrency) of ` +
        `${maxRequestBytes} bytes (maxRequestBytes) need ${neededMiB} MiB: raise memorySize or lower one of the others`,
    );
  }
}
