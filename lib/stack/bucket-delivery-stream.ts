import { CfnMapping, Duration, RemovalPolicy, Size, Stack, TimeZone, Token, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import {
  Compression,
  DeliveryStream,
  EnableLogging,
  KinesisStreamSource,
  S3Bucket,
  StreamEncryption,
} from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import {
  defaultRecordFormat,
  type RecordFormat,
  recordFormatRows,
} from '../../lambda/contract/record-format.ts';
import { firehoseTimeZone } from '../aws/time-zones.ts';
import { errorsFolder, eventsFolder, hourExpression } from '../lake/layout.ts';
import { acknowledgeObjects } from './access/acknowledge-objects.ts';
import { bucketKeyStatements } from './access/key-access.ts';
import { createKinesisStream, type KinesisSourceOptions, readStatements } from './kinesis/kinesis-stream.ts';
import { mebibytesOf, requiredSetting, secondsOf } from './prop-checks.ts';

/** Properties of the created stream and its bucket. */
export interface BucketDeliveryStreamProps extends KinesisSourceOptions {
  /**
   * The number of events in a record, and its shape: `ndjson`, `single` or `gzip`. The compression of the created stream
   * and the extension of its objects follow it.
   *
   * @default 'ndjson'
   */
  readonly recordFormat?: RecordFormat;

  /**
   * Time that the stream buffers before it writes an object: a setting of the created stream, an expectation of another
   * one. From 0 to 900 seconds.
   *
   * @default Duration.seconds(60) - for an existing stream, see docs/options.md
   */
  readonly bufferingInterval?: Duration;

  /**
   * Data that the created stream buffers, uncompressed, before it writes an object. From 1 to 128 MiB.
   *
   * @default Size.mebibytes(64)
   */
  readonly bufferingSize?: Size;

  /**
   * Time zone of the times in the keys of objects, Firehose's `CustomTimeZone`: a setting of the created stream, an
   * expectation of another one.
   *
   * @default - UTC
   */
  readonly prefixTimeZone?: TimeZone;

  /**
   * A customer-managed key that encrypts the created streams and the objects of its bucket. Deleting it makes them unreadable.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey;

  /** Age at which the objects in the created bucket expire: they are synthetic. @default Duration.days(30) */
  readonly objectExpiration?: Duration;

  /**
   * Whether the created bucket and its objects are kept or deleted when the stack is destroyed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Retention of the logs: those of delivery errors, and those of each function.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

export const defaultObjectExpiration = Duration.days(30);

/** The created stream's prefix, with Firehose's expressions. */
export const eventsPrefix = `${eventsFolder}${hourExpression}`;

/** A delivery stream, the private bucket that it delivers to, and with `source` the Kinesis stream that it reads. */
export class BucketDeliveryStream extends Construct {
  readonly bucket: Bucket;
  readonly deliveryStream: DeliveryStream;
  readonly kinesisStream: Stream | undefined;

  /** @throws PropError if a number is out of its bounds. */
  constructor(scope: Construct, id: string, props: BucketDeliveryStreamProps = {}) {
    super(scope, id);
    const bufferingSeconds = requiredSetting(this, 'bufferingInterval', secondsOf(props.bufferingInterval));
    const bufferingMiB = requiredSetting(this, 'bufferingSize', mebibytesOf(props.bufferingSize));
    this.bucket = createBucket(
      this,
      'Bucket',
      'synthetic events',
      props.objectExpiration ?? defaultObjectExpiration,
      props.removalPolicy ?? RemovalPolicy.RETAIN,
      props.encryptionKey,
    );
    const kinesisStream = props.source && createKinesisStream(this, 'KinesisStream', props);
    this.kinesisStream = kinesisStream;
    const deliveryErrors = new LogGroup(this, 'DeliveryErrors', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The L2's own grant would also allow deleting objects and reading every other setting of the bucket.
    const role = new Role(this, 'DeliveryRole', {
      // IfExists: AWS does not document that Firehose sets the key, and without it the stream could not be created.
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEqualsIfExists: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        deliver: deliveryPolicy(this.bucket, deliveryErrors),
        ...(kinesisStream && { read: new PolicyDocument({ statements: readStatements(kinesisStream) }) }),
      },
    });
    acknowledgeObjects(
      role,
      this.bucket,
      '*',
      'Firehose chooses the keys of its objects, within this one bucket.',
    );
    // Compressed records are only joined: the stream has to name the objects, and must not compress again.
    const { compressedExtension } = recordFormatRows[props.recordFormat ?? defaultRecordFormat];
    const compression = compressedExtension
      ? { compression: Compression.UNCOMPRESSED, fileExtension: compressedExtension }
      : { compression: Compression.GZIP };
    this.deliveryStream = withoutIpRanges(
      this,
      () =>
        // Firehose cannot change the source of a stream.
        new DeliveryStream(this, kinesisStream ? 'KinesisDeliveryStream' : 'DeliveryStream', {
          ...(kinesisStream
            ? { source: new KinesisStreamSource(kinesisStream) }
            : {
                encryption: props.encryptionKey
                  ? StreamEncryption.customerManagedKey(props.encryptionKey)
                  : StreamEncryption.awsOwnedKey(),
              }),
          // Else the L2 would make a role for the key, which Firehose uses by a grant of its own.
          ...((kinesisStream || props.encryptionKey) && { role: role.withoutPolicyUpdates() }),
          destination: new S3Bucket(this.bucket, {
            ...compression,
            role: role.withoutPolicyUpdates(),
            dataOutputPrefix: eventsPrefix,
            errorOutputPrefix: `${errorsFolder}!{firehose:error-output-type}/${hourExpression}`,
            bufferingInterval: Duration.seconds(bufferingSeconds),
            bufferingSize: Size.mebibytes(bufferingMiB),
            ...(props.prefixTimeZone && {
              timeZone: TimeZone.of(firehoseTimeZone(props.prefixTimeZone.timezoneName)),
            }),
            loggingConfig: new EnableLogging(deliveryErrors),
          }),
        }),
    );
    if (kinesisStream) {
      Validations.of(this.deliveryStream).acknowledge({
        id: 'AwsSolutions-KDF1',
        reason:
          'Firehose refuses encryption of its own if it reads a Kinesis stream, which is encrypted itself.',
      });
    }
    // The stream is deleted first: else it could fill the bucket after it was emptied.
    this.deliveryStream.node.addDependency(this.bucket);
  }
}

/** Makes a private bucket, TLS only, whose objects are encrypted and expire. @param contents For the checks of cdk-nag. */
export function createBucket(
  scope: Construct,
  id: string,
  contents: string,
  expiration: Duration,
  removalPolicy: RemovalPolicy,
  encryptionKey?: IKey,
): Bucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
    ...(encryptionKey && { encryptionKey, bucketKeyEnabled: true }),
    enforceSSL: true,
    lifecycleRules: [{ expiration, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy,
    autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
  });
  // A retained bucket stays TLS only.
  bucket.policy?.applyRemovalPolicy(removalPolicy);
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: `Access logs of ${contents} that expire would cost more than they are worth.`,
  });
  return bucket;
}

function deliveryPolicy(bucket: IBucket, deliveryErrors: ILogGroup): PolicyDocument {
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        resources: [bucket.bucketArn],
      }),
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'],
        resources: [bucket.arnForObjects('*')],
      }),
      new PolicyStatement({ actions: ['logs:PutLogEvents'], resources: [deliveryErrors.logGroupArn] }),
      ...bucketKeyStatements(
        bucket.encryptionKey?.keyArn,
        ['kms:Decrypt', 'kms:GenerateDataKey'],
        bucket,
        '*',
      ),
    ],
  });
}

/** The mapping of Firehose's IP ranges that the CDK adds to the stack of each delivery stream. */
const mappingId = '@aws-cdk/aws-kinesisfirehose.CidrBlocks';

/**
 * Makes a delivery stream without the mapping of Firehose's IP ranges, which only destinations within a VPC need: it would
 * be a warning in every stack. A mapping that was there before stays.
 */
export function withoutIpRanges<DeliveryStream>(
  scope: IConstruct,
  create: () => DeliveryStream,
): DeliveryStream {
  const stack = Stack.of(scope);
  const { node } = stack;
  if (node.tryFindChild(mappingId)) {
    return create();
  }
  // The CDK's own mapping has no row for some regions, and it throws there.
  const region = Token.isUnresolved(stack.region) ? 'any' : stack.region;
  const mapping = new CfnMapping(stack, mappingId, {
    mapping: { [region]: { FirehoseCidrBlock: '0.0.0.0/32' } },
  });
  const deliveryStream = create();
  node.tryRemoveChild(mapping.node.id);
  return deliveryStream;
}
