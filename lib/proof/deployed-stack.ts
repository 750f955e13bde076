import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateSummaryCommand,
} from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { outputs, templateMetadataKey } from '../stack/outputs.ts';
import { UnanswerableError, unanswerableCall } from './unanswerable.ts';

const metadata = v.object({ [templateMetadataKey]: v.optional(v.string()) });

/** Outputs of a deployed stack. */
export interface DeployedStack {
  readonly functionName: string;
  /** Missing if the stack did not create the stream. */
  readonly bucketName?: string;
}

/**
 * Finds the deployed producer by the outputs of its stack.
 *
 * @throws UnanswerableError if there is no such stack, or it has no producer.
 */
export async function findDeployedStack(
  client: CloudFormationClient,
  stackName: string,
): Promise<DeployedStack> {
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName })).catch((error) => {
    throw unanswerableCall(`describing the stack ${stackName} (cdk deploy creates it)`, error);
  });
  const found = new Map(Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const functionName = found.get(outputs.functionName);
  if (functionName === undefined) {
    throw new UnanswerableError(
      `the stack ${stackName} has no output ${outputs.functionName}: it has no producer`,
    );
  }
  const bucketName = found.get(outputs.bucketName);
  return { functionName, ...(bucketName && { bucketName }) };
}

/**
 * Reads the template of the events from the stack's metadata. @returns nothing for the default template.
 *
 * @throws UnanswerableError if the stack's template cannot be read.
 */
export async function readEventTemplate(
  client: CloudFormationClient,
  stackName: string,
): Promise<string | undefined> {
  const { Metadata } = await client
    .send(new GetTemplateSummaryCommand({ StackName: stackName }))
    .catch((error) => {
      throw unanswerableCall(`reading the event template of ${stackName} (or give --event)`, error);
    });
  return v.parse(metadata, JSON.parse(Metadata ?? '{}'))[templateMetadataKey];
}
