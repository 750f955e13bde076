import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';

// Each of these respects AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 and so on, and the usual profiles, regions and credentials.

/** More than the longest that Lambda lets a function run, 15 minutes. Source: Lambda quotas. */
const invocationTimeoutMs = 16 * 60_000;

/** Reads stacks. */
export function createCloudFormationClient(): CloudFormationClient {
  return new CloudFormationClient();
}

/** Invokes functions: it waits as long as one may run, and never invokes one twice. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: { requestTimeout: invocationTimeoutMs, throwOnRequestTimeout: true },
  });
}

/** Reads buckets. An emulator has one host for all of them, so paths name them there. */
export function createS3Client(): S3Client {
  return new S3Client({
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL),
    followRegionRedirects: true,
    // gzip has a checksum of its own, and every line is compared: another one only costs time.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}
