import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** What a caller of a stream with a customer-managed key needs; none without a key. */
export function streamKeyStatements(keyArn: string | undefined): PolicyStatement[] {
  return statements(keyArn, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/**
 * What a role needs to use the objects of a bucket with a customer-managed key: for no other bucket; none without a key.
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
