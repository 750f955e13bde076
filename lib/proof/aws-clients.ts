import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';

// Both clients respect AWS_ENDPOINT_URL and the like, profiles, regions and credentials.

/** Longer than any invocation: 15 minutes at most (Lambda quotas). */
const invocationTimeoutMs = 16 * 60_000;

export function createCloudFormationClient(): CloudFormationClient {
  return new CloudFormationClient();
}

/** Waits as long as a function may run, and never invokes it twice. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: { requestTimeout: invocationTimeoutMs, throwOnRequestTimeout: true },
  });
}
