import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UnanswerableError } from '../../lambda/prover/source.ts';
import { outputs } from '../stack/outputs.ts';
import { unanswerableCall } from './aws-errors.ts';

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
    throw unanswerableCall(`looking for the stack ${stackName} (npx cdk deploy makes it)`, error);
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
