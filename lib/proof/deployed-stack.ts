import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateSummaryCommand,
} from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { outputs, templateMetadataKey } from '../stack/outputs.ts';
import { UnanswerableError, unanswerableCall } from './unanswerable.ts';

const metadata = v.object({ [templateMetadataKey]: v.optional(v.string()) });

/** What the outputs of a deployed stack say. */
export interface DeployedStack {
  /** The producer. */
  readonly functionName: string;
  /** The bucket that its stream delivers to; missing when the stream is somebody else's. */
  readonly bucketName?: string;
}

/**
 * Finds the deployed producer by the outputs of its stack.
 *
 * @throws UnanswerableError if there is no such stack, or it is another kind of stack.
 */
export async function findDeployedStack(
  client: CloudFormationClient,
  stackName: string,
): Promise<DeployedStack> {
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName })).catch((error) => {
    throw unanswerableCall(`looking for the stack ${stackName} (cdk deploy makes it)`, error);
  });
  const found = new Map(Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const functionName = found.get(outputs.functionName);
  if (functionName === undefined) {
    throw new UnanswerableError(
      `the stack ${stackName} has no output ${outputs.functionName}: it is no deployed producer`,
    );
  }
  const bucketName = found.get(outputs.bucketName);
  return { functionName, ...(bucketName && { bucketName }) };
}

/**
 * The template of the events, which is in the metadata of the stack; nothing if they are the default ones.
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
      throw unanswerableCall(
        `looking for the template of the events of ${stackName} (or give --event)`,
        error,
      );
    });
  return v.parse(metadata, JSON.parse(Metadata ?? '{}'))[templateMetadataKey];
}
