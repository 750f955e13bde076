import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { environmentVariables, type RecordFormat } from '../lambda/environment-variables.ts';
import { bundling } from './bundling.ts';
import type { EventProducerProps } from './event-producer.ts';

/** Properties of a {@link ProducerFunction}, documented at {@link EventProducerProps}. */
export interface ProducerFunctionProps
  extends Pick<
    EventProducerProps,
    'maxCount' | 'concurrency' | 'maxRequestBytes' | 'maxAttempts' | 'memorySize' | 'timeout' | 'logRetention'
  > {
  /** Events of an invocation whose payload names none. */
  readonly count: number;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** The stream that the function pushes to. */
  readonly deliveryStream: IDeliveryStream;
}

/** The Lambda function, with a log group and a role of its own. */
export class ProducerFunction extends Construct {
  /** The function. */
  readonly function: NodejsFunction;

  /** @throws Error naming the prop, its value and its bounds, if a number is out of them. */
  constructor(scope: Construct, id: string, props: ProducerFunctionProps) {
    super(scope, id);
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

    const { alias, mainFields, ...bundlingProps } = bundling;
    this.function = new NodejsFunction(this, 'Function', {
      description:
        `Pushes UUID events to Firehose. Test event: {} for ${props.count} events, {"count": 5000}, ` +
        'or a slice of a run: {"runId": "run-1", "from": 0, "to": 5000}',
      entry: fileURLToPath(new URL('../lambda/handler.ts', import.meta.url)),
      depsLockFilePath: fileURLToPath(new URL('../package-lock.json', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: (props.memorySize ?? Size.mebibytes(512)).toMebibytes(),
      timeout: props.timeout ?? Duration.minutes(5),
      role,
      logGroup,
      environment: {
        ...numericVariables(props),
        [environmentVariables.deliveryStreamName.name]: props.deliveryStream.deliveryStreamName,
        [environmentVariables.recordFormat.name]: props.recordFormat,
        POWERTOOLS_SERVICE_NAME: 'firehose-event-producer',
        NODE_OPTIONS: '--enable-source-maps',
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
  }
}

/** The numeric environment variables, each checked against the bounds that the function itself will check. */
function numericVariables(props: ProducerFunctionProps): Record<string, string> {
  const { defaultCount, maxCount, concurrency, maxRequestBytes, maxAttempts } = environmentVariables;
  const countBounds = { ...defaultCount, max: props.maxCount ?? maxCount.default };
  return Object.fromEntries(
    [
      { prop: 'maxCount', value: props.maxCount, variable: maxCount },
      { prop: 'count', value: props.count, variable: countBounds },
      { prop: 'concurrency', value: props.concurrency, variable: concurrency },
      { prop: 'maxRequestBytes', value: props.maxRequestBytes, variable: maxRequestBytes },
      { prop: 'maxAttempts', value: props.maxAttempts, variable: maxAttempts },
    ].map(({ prop, value, variable: { name, min, max, default: fallback } }) => {
      const number = value ?? fallback;
      if (!Number.isInteger(number) || number < min || number > max) {
        throw new Error(
          `${prop} is ${number}: expected a whole number from ${min} to ${max}, for example ${fallback}`,
        );
      }
      return [name, String(number)];
    }),
  );
}
