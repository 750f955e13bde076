import { type Duration, RemovalPolicy, type Size } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { metricNamespace, serviceName } from '../../lambda/contract/metrics.ts';
import { variables } from '../../lambda/contract/variables.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { type NetworkOptions, networkOf } from './access/network.ts';
import type { FunctionCode } from './create-function.ts';
import { createFunction } from './function-from-source.ts';

/** Options that the producer's and the prover's function have in common. */
export interface FunctionProps {
  /** Of the producer that the function belongs to. */
  readonly producerName: string;
  /** @default - the default template */
  readonly template?: CheckedTemplate;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  readonly network: NetworkOptions;
}

interface BundledFunctionProps extends FunctionProps {
  readonly code: FunctionCode;
  readonly description: string;
  readonly memorySize: Size;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** Permissions, beside writing its log. */
  readonly statements: readonly PolicyStatement[];
  /** For asynchronous invocations that failed three times. @default - it is never invoked asynchronously */
  readonly deadLetterQueue?: IQueue | undefined;
}

/** Makes the function as `Function` of a construct, with `Logs` and `Role` beside it. */
export function createBundledFunction(scope: Construct, props: BundledFunctionProps): LambdaFunction {
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: props.logRetention ?? RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // Not the managed AWSLambdaBasicExecutionRole: that one may write to every log group of the account.
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  for (const statement of props.statements) {
    role.addToPolicy(statement);
  }
  return createFunction(scope, props.code, props.template, {
    description: props.description,
    memorySize: props.memorySize.toMebibytes(),
    timeout: props.timeout,
    role,
    ...networkOf(role, props.network),
    logGroup,
    deadLetterQueue: props.deadLetterQueue,
    environment: {
      ...props.environment,
      [variables.producerName]: props.producerName,
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace,
      POWERTOOLS_SERVICE_NAME: serviceName,
      // Little of a request outlives its response: a small young generation is collected sooner, at no cost in speed.
      NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1',
    },
  });
}
