import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environmentVariables, type RecordFormat } from '../../lambda/contract/settings.ts';
import type { Prices } from '../aws/prices.ts';
import { bundling } from './bundling.ts';
import type { EventProducerProps } from './event-producer.ts';
import { metricNamespace, serviceName } from './monitoring/metrics.ts';

/** Properties of a {@link ProducerFunction}, documented at {@link EventProducerProps}. */
export interface ProducerFunctionProps
  extends Pick<
    EventProducerProps,
    | 'maxCount'
    | 'eventsPerSlice'
    | 'eventsPerSecond'
    | 'maxConcurrency'
    | 'concurrency'
    | 'maxRequestBytes'
    | 'maxAttempts'
    | 'logRetention'
  > {
  /** Events of an invocation whose payload names none. */
  readonly count: number;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** Memory of the function. */
  readonly memorySize: Size;
  /** What Firehose and Lambda charge. */
  readonly prices: Prices;
  /** Time that an invocation may take. */
  readonly timeout: Duration;
  /** The stream that the function pushes to. */
  readonly deliveryStream: IDeliveryStream;
  /** The queue that the function hands slices to, and works off. */
  readonly workQueue: IQueue;
  /** Where asynchronous invocations go that failed three times. */
  readonly deadLetterQueue: IQueue;
}

/** The Lambda function, with a log group and a role of its own. */
export class ProducerFunction extends Construct {
  /** The function. */
  readonly function: NodejsFunction;

  /**
   * @throws Error naming the prop, its value and its bounds, if a number is out of them, or if the requests in flight
   * do not fit into the memory.
   */
  constructor(scope: Construct, id: string, props: ProducerFunctionProps) {
    super(scope, id);
    checkMemory(props);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Not the managed AWSLambdaBasicExecutionRole: that one may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    role.addToPolicy(
      new PolicyStatement({
        actions: ['firehose:PutRecordBatch'],
        resources: [props.deliveryStream.deliveryStreamArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.workQueue.queueArn] }),
    );

    const { firehoseUsdPerGb, lambdaUsdPerGbSecond } = props.prices;
    const { alias, mainFields, ...bundlingProps } = bundling;
    this.function = new NodejsFunction(this, 'Function', {
      description:
        `Pushes UUID events to Firehose. Test event: {} for ${props.count} events, {"count": 5000}, ` +
        '{"count": 5000, "eventsPerSecond": 100}, or a slice: {"runId": "run-1", "from": 0, "to": 5000}',
      entry: fileURLToPath(new URL('../../lambda/producer/handler.ts', import.meta.url)),
      depsLockFilePath: fileURLToPath(new URL('../../package-lock.json', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize.toMebibytes(),
      timeout: props.timeout,
      role,
      logGroup,
      deadLetterQueue: props.deadLetterQueue,
      environment: {
        ...numericVariables(props),
        [environmentVariables.deliveryStreamName.name]: props.deliveryStream.deliveryStreamName,
        [environmentVariables.workQueueUrl.name]: props.workQueue.queueUrl,
        [environmentVariables.recordFormat.name]: props.recordFormat,
        [environmentVariables.firehoseUsdPerGb.name]: String(firehoseUsdPerGb),
        [environmentVariables.lambdaUsdPerGbSecond.name]: String(lambdaUsdPerGbSecond),
        POWERTOOLS_METRICS_NAMESPACE: metricNamespace,
        POWERTOOLS_SERVICE_NAME: serviceName,
        // Little of a request outlives its answer: a small young generation is collected sooner, at no cost in speed.
        NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1',
      },
      bundling: {
        format: OutputFormat.ESM,
        // The SDK too: emulators run the function without the runtime's own, and what was tested is what runs.
        bundleAwsSDK: true,
        ...bundlingProps,
        mainFields: [...mainFields],
        esbuildArgs: { '--alias': Object.entries(alias).map(([from, to]) => `${from}=${to}`) },
      },
    });
    this.function.addEventSource(
      new SqsEventSource(props.workQueue, {
        batchSize: 10,
        maxConcurrency: checkNumber('maxConcurrency', props.maxConcurrency ?? 4, {
          min: 2,
          max: 1_000,
          example: 4,
        }),
        reportBatchItemFailures: true,
      }),
    );
  }
}

/** The numeric environment variables, each checked against the bounds that the function itself will check. */
function numericVariables(props: ProducerFunctionProps): Record<string, string> {
  const {
    defaultCount,
    maxCount,
    eventsPerSlice,
    eventsPerSecond,
    concurrency,
    maxRequestBytes,
    maxAttempts,
  } = environmentVariables;
  const max = props.maxCount ?? maxCount.default;
  const checks = [
    { prop: 'maxCount', value: max, variable: maxCount },
    { prop: 'count', value: props.count, variable: { ...defaultCount, max } },
    { prop: 'eventsPerSlice', value: props.eventsPerSlice, variable: eventsPerSlice },
    { prop: 'eventsPerSecond', value: props.eventsPerSecond, variable: eventsPerSecond },
    { prop: 'concurrency', value: props.concurrency, variable: concurrency },
    { prop: 'maxRequestBytes', value: props.maxRequestBytes, variable: maxRequestBytes },
    { prop: 'maxAttempts', value: props.maxAttempts, variable: maxAttempts },
  ];
  return Object.fromEntries(
    checks.flatMap(({ prop, value, variable }) => {
      const number = value ?? ('default' in variable ? variable.default : undefined);
      const example = 'default' in variable ? variable.default : variable.example;
      return number === undefined
        ? []
        : [[variable.name, String(checkNumber(prop, number, { ...variable, example }))]];
    }),
  );
}

/** Room for what runs beside the requests: Node, the SDK, the code. */
const baseMemory = Size.mebibytes(128);

/** Copies of a request in memory at the same time: its records, its base64, its JSON, what the socket holds. */
const copiesOfRequest = 4;

function checkMemory(props: ProducerFunctionProps): void {
  const { memorySize } = props;
  const concurrency = props.concurrency ?? environmentVariables.concurrency.default;
  const maxRequestBytes = props.maxRequestBytes ?? environmentVariables.maxRequestBytes.default;
  const neededMiB =
    baseMemory.toMebibytes() + Math.ceil((copiesOfRequest * concurrency * maxRequestBytes) / 1_048_576);
  if (memorySize.toMebibytes() < neededMiB) {
    throw new Error(
      `memorySize is ${memorySize.toMebibytes()} MiB, and ${concurrency} requests at once (concurrency) of ` +
        `${maxRequestBytes} bytes (maxRequestBytes) need ${neededMiB} MiB: raise memorySize or lower one of the others`,
    );
  }
}

/** The value, or an error that names the prop, the value and what was expected. */
function checkNumber(
  prop: string,
  value: number,
  { min, max, example }: { readonly min: number; readonly max: number; readonly example: number },
): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(
      `${prop} is ${value}: expected a whole number from ${min} to ${max}, for example ${example}`,
    );
  }
  return value;
}
