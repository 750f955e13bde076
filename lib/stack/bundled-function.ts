import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, type Size } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { metricNamespace, serviceName } from '../../lambda/contract/metrics.ts';
import { deployedTemplateFile } from '../../lambda/template/deployed.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { bundling } from './bundling.ts';

/** What the functions of this project differ in. */
export interface BundledFunctionProps {
  /** Its room in `lambda/`, which holds a `handler.ts`, and for templates `template-handler.ts` and `words-handler.ts`. */
  readonly room: 'producer' | 'prover';
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
export function createBundledFunction(scope: Construct, props: BundledFunctionProps): NodejsFunction {
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
  const { alias, mainFields, ...bundlingProps } = bundling;
  // The function is bundled while it is constructed.
  return withTemplateFile(
    props.template,
    (commandHooks) =>
      new NodejsFunction(scope, 'Function', {
        description: props.description,
        entry: fileURLToPath(
          new URL(`../../lambda/${props.room}/${handlerOf(props.template)}.ts`, import.meta.url),
        ),
        depsLockFilePath: fileURLToPath(new URL('../../package-lock.json', import.meta.url)),
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
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
        bundling: {
          format: OutputFormat.ESM,
          logLevel: LogLevel.WARNING,
          // The SDK too: emulators run the function without the runtime's own, and what was tested is what runs.
          bundleAwsSDK: true,
          ...bundlingProps,
          mainFields: [...mainFields],
          esbuildArgs: { '--alias': Object.entries(alias).map(([from, to]) => `${from}=${to}`) },
          ...(commandHooks && { commandHooks }),
        },
      }),
  );
}

/** The entry point that has what a template needs, and nothing else. */
function handlerOf(template: CheckedTemplate | undefined): string {
  if (template === undefined) {
    return 'handler';
  }
  return template.needsWords ? 'words-handler' : 'template-handler';
}

/** Puts a template beside the bundle: written to a file first, since a command line takes neither every text nor every path. */
function withTemplateFile<T>(
  template: CheckedTemplate | undefined,
  bundle: (commandHooks: ICommandHooks | undefined) => T,
): T {
  if (template === undefined) {
    return bundle(undefined);
  }
  const directory = mkdtempSync(join(tmpdir(), 'event-template-'));
  const file = join(directory, deployedTemplateFile);
  try {
    writeFileSync(file, template.template.source);
    const copy =
      'fs.copyFileSync(process.argv[1], path.join(process.argv[2], path.basename(process.argv[1])))';
    return bundle({
      beforeBundling: () => [],
      beforeInstall: () => [],
      afterBundling: (_, outputDirectory) => [`node -e "${copy}" "${file}" "${outputDirectory}"`],
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
