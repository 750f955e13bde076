import { proverVariables } from '../../../lambda/contract/settings.ts';
import { parseEnvironment } from '../../../lambda/prover/claims/environment.ts';
import { nameOf } from '../aws/cloudwatch.ts';
import type { ProverSettings } from './prover.ts';

/** A synthesized template, as JSON. */
export type TemplateJson = ReturnType<import('aws-cdk-lib/assertions').Template['toJSON']>;

/** What of a stack is watched by its name. */
export type Name = 'stream' | 'function' | 'prover' | 'workQueue' | 'proofQueue' | 'deadLetterQueue';

/** Stands for the URLs of a template, which are references. */
export const queueUrl = 'https://queue.invalid/';

/** What the resources of a stack are called, by its outputs. */
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

/** The environment variables of a function, by their name. */
export function valuesOf({ Variables }: TemplateJson): Record<string, string> {
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, nameOf(value)]));
}

/** What invokes a function with the messages of its queue. */
export function mappingOf(resources: TemplateJson, functionName: string): TemplateJson {
  return Object.values<TemplateJson>(resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventSourceMapping' && nameOf(Properties.FunctionName) === functionName,
  )!.Properties;
}

/** The prover and its queue, as a template has them. */
export function proverSettingsOf(
  resources: TemplateJson,
  { prover, proofQueue }: Readonly<Record<Name, string>>,
  delaySeconds: number,
): ProverSettings {
  const { Timeout, Environment } = resources[prover].Properties;
  const { VisibilityTimeout, RedrivePolicy } = resources[proofQueue].Properties;
  const mapping = mappingOf(resources, prover);
  return {
    environment: parseEnvironment({
      ...valuesOf(Environment),
      [proverVariables.bucketName]: 'bucket',
      [proverVariables.proofQueueUrl]: queueUrl,
      [proverVariables.deadLetterQueueUrl]: queueUrl,
    }),
    delaySeconds,
    timeoutMs: 1_000 * Timeout,
    visibilityTimeoutMs: 1_000 * VisibilityTimeout,
    maxReceiveCount: RedrivePolicy.maxReceiveCount,
    maxConcurrency: mapping.ScalingConfig.MaximumConcurrency,
    batchSize: mapping.BatchSize,
    batchingWindowMs: 1_000 * mapping.MaximumBatchingWindowInSeconds,
  };
}
