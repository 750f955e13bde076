import { proverVariables } from '../../../lambda/contract/variables.ts';
import { type Environment, parseEnvironment } from '../../../lambda/prover/claims/environment.ts';
import { nameOf } from '../aws/cloudwatch.ts';
import type { LambdaSettings } from './lambda.ts';

export type TemplateJson = ReturnType<import('aws-cdk-lib/assertions').Template['toJSON']>;

export type Name = 'stream' | 'function' | 'prover' | 'workQueue' | 'proofQueue' | 'deadLetterQueue';

/** Stands for the URLs of a template, which are references. */
export const queueUrl = 'https://queue.invalid/';

export function namesOf(Outputs: TemplateJson): Readonly<Record<Name, string>> {
  return {
    stream: nameOf(Outputs.DeliveryStreamName.Value),
    function: nameOf(Outputs.FunctionName.Value),
    prover: nameOf(Outputs.ProverFunctionName.Value),
    workQueue: nameOf(Outputs.WorkQueueUrl.Value),
    proofQueue: nameOf(Outputs.ProofQueueUrl.Value),
    deadLetterQueue: nameOf(Outputs.DeadLetterQueueUrl.Value),
  };
}

export function valuesOf({ Variables }: TemplateJson): Record<string, string> {
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, nameOf(value)]));
}

export function queueSettingsOf(
  Resources: TemplateJson,
  functionName: string,
  queueName: string,
): LambdaSettings {
  const mapping = Object.values<TemplateJson>(Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventSourceMapping' && nameOf(Properties.FunctionName) === functionName,
  )!.Properties;
  const { VisibilityTimeout, RedrivePolicy } = Resources[queueName].Properties;
  return {
    timeoutMs: 1_000 * Resources[functionName].Properties.Timeout,
    visibilityTimeoutMs: 1_000 * VisibilityTimeout,
    maxReceiveCount: RedrivePolicy.maxReceiveCount,
    maxConcurrency: mapping.ScalingConfig.MaximumConcurrency,
    batchSize: mapping.BatchSize,
    batchingWindowMs: 1_000 * (mapping.MaximumBatchingWindowInSeconds ?? 0),
  };
}

export function proverEnvironmentOf({ Properties }: TemplateJson): Environment {
  return parseEnvironment({
    ...valuesOf(Properties.Environment),
    [proverVariables.bucketName]: 'bucket',
    [proverVariables.proofQueueUrl]: queueUrl,
    [proverVariables.deadLetterQueueUrl]: queueUrl,
  });
}
