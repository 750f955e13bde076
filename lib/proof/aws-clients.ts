import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchemasClient } from '@aws-sdk/client-schemas';
import { proxySettings } from '../aws/proxy.ts';

// The clients respect AWS_ENDPOINT_URL and the like, profiles, regions, credentials and proxies.

/** Longer than any invocation: 15 minutes at most (Lambda quotas). */
const invocationTimeoutMs = 16 * 60_000;

export function createCloudFormationClient(): CloudFormationClient {
  return new CloudFormationClient({ requestHandler: proxySettings() });
}

/** @param region @default - the configured one */
export function createFirehoseClient(region?: string): FirehoseClient {
  return new FirehoseClient({ ...(region && { region }), requestHandler: proxySettings() });
}

export function createSchemasClient(): SchemasClient {
  return new SchemasClient({ requestHandler: proxySettings() });
}

/** Waits as long as a function may run, and never invokes it twice. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: { ...proxySettings(), requestTimeout: invocationTimeoutMs, throwOnRequestTimeout: true },
  });
}
