import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** Permission to use the customer-managed key of a Kinesis stream, for this stream alone. Without a key, none is needed. */
export function kinesisKeyStatements(
  keyArn: string | undefined,
  action: 'kms:Decrypt' | 'kms:GenerateDataKey',
  streamArn: string,
): PolicyStatement[] {
  return statements(keyArn, [action], {
    StringEquals: { 'kms:EncryptionContext:aws:kinesis:arn': streamArn },
  });
}

/** Permissions of a caller of a delivery stream. Without a customer-managed key it needs none. */
export function streamKeyStatements(keyArn: string | undefined): PolicyStatement[] {
  return statements(keyArn, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/**
 * Permissions to use a bucket's customer-managed key, for the objects of this bucket alone. Without a key, none are needed.
 *
 * @param keys The pattern of their keys.
 */
export function bucketKeyStatements(
  keyArn: string | undefined,
  actions: string[],
  bucket: IBucket,
  keys: string,
): PolicyStatement[] {
  // S3 encrypts under the object's ARN, and with an S3 bucket key under the bucket's.
  const context = [bucket.bucketArn, bucket.arnForObjects(keys)];
  return statements(keyArn, actions, { StringLike: { 'kms:EncryptionContext:aws:s3:arn': context } });
}

function statements(keyArn: string | undefined, actions: string[], conditions = {}): PolicyStatement[] {
  return keyArn === undefined ? [] : [new PolicyStatement({ actions, resources: [keyArn], conditions })];
}
