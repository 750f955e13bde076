import { type Duration, RemovalPolicy, type Size } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { metricNamespace, serviceName } from '../../lambda/contract/metrics.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { createFunction } from './function-from-source.ts';
import type { Room } from './handlers.ts';

/** What the functions of this project differ in. */
export interface BundledFunctionProps {
  /** Its room in `lambda/`, which holds a `handler.ts`, and for templates `template-handler.ts` and `words-handler.ts`. */
  readonly room: Room;
  /** What its events look like. @default - the default template */
  readonly template?: CheckedTemplate;
  /** What the console shows. */
  readonly description: string;
  /** Memory; the share of a processor grows with it. */
  readonly memorySize: Size;
  /** Time that an invocation may take. */
  readonly timeout: Duration;
  /** Its own environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it may do, beside writing its own log. */
  readonly statements: readonly PolicyStatement[];
  /** Whether it publishes metrics of its own. */
  readonly publishMetrics: boolean;
  /** How long its logs are kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /** Where asynchronous invocations go that failed three times. @default - it is never invoked that way */
  readonly deadLetterQueue?: IQueue;
}

/**
 * Makes a function of this project as `Function` of a construct, with `Logs` and `Role` beside it. It may write its own
 * log, and what the statements say.
 */
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
  return createFunction(scope, props.room, props.template, {
    description: props.description,
    memorySize: props.memorySize.toMebibytes(),
    timeout: props.timeout,
    role,
    logGroup,
    ...(props.deadLetterQueue && { deadLetterQueue: props.deadLetterQueue }),
    environment: {
      ...props.environment,
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace,
      POWERTOOLS_SERVICE_NAME: serviceName,
      ...(!props.publishMetrics && { POWERTOOLS_METRICS_DISABLED: 'true' }),
      // Little of a request outlives its response: a small young generation is collected sooner, at no cost in speed.
      NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1',
    },
  });
}
