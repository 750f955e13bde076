import { Duration, RemovalPolicy, Size, Stack, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Compression,
  DeliveryStream,
  EnableLogging,
  S3Bucket,
  StreamEncryption,
} from 'aws-cdk-lib/aws-kinesisfirehose';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { RecordFormat } from '../../lambda/contract/settings.ts';
import { errorsFolder, eventsFolder, hourExpression } from '../lake/layout.ts';
import { withoutIpRanges } from './ip-ranges.ts';
import { mebibytesOf, requiredSetting, secondsOf } from './prop-checks.ts';

/** Properties of a {@link BucketDeliveryStream}. */
export interface BucketDeliveryStreamProps {
  /**
   * Shape of the records: the compression of the stream and the extension of its objects follow it.
   *
   * @default 'ndjson'
   */
  readonly recordFormat?: RecordFormat;

  /**
   * How long the stream buffers before it writes an object: the created stream is told to, of another one it is what is
   * expected. From 0 to 900 seconds.
   *
   * @default Duration.seconds(60) - for a stream that is given, see docs/options.md
   */
  readonly bufferingInterval?: Duration;

  /**
   * How much the created stream buffers, uncompressed, before it writes an object. From 1 to 128 MiB.
   *
   * @default Size.mebibytes(64)
   */
  readonly bufferingSize?: Size;

  /**
   * When the objects in the created bucket expire: they are synthetic.
   *
   * @default Duration.days(30)
   */
  readonly objectExpiration?: Duration;

  /**
   * What becomes of the created bucket, objects and all, when the stack is destroyed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long the logs of delivery errors are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

/** When objects expire if nobody says otherwise. */
export const defaultObjectExpiration = Duration.days(30);

/** What the keys of the created stream's objects start with: expressions are for Firehose. */
export const eventsPrefix = `${eventsFolder}${hourExpression}`;

/** A Direct PUT delivery stream, and the private bucket that it delivers to. */
export class BucketDeliveryStream extends Construct {
  /** The bucket: private, TLS only, encrypted. */
  readonly bucket: Bucket;

  /** The stream: encrypted at rest, delivery errors logged. */
  readonly deliveryStream: DeliveryStream;

  /** @throws PropError naming the prop, its value and its bounds, if one is out of them. */
  constructor(scope: Construct, id: string, props: BucketDeliveryStreamProps = {}) {
    super(scope, id);
    const bufferingSeconds = requiredSetting(this, 'bufferingInterval', secondsOf(props.bufferingInterval));
    const bufferingMiB = requiredSetting(this, 'bufferingSize', mebibytesOf(props.bufferingSize));
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;

    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        {
          expiration: props.objectExpiration ?? defaultObjectExpiration,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    // A bucket that is kept stays TLS only.
    this.bucket.policy?.applyRemovalPolicy(removalPolicy);
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Access logs of synthetic events that expire would cost more than they could tell.',
    });

    const deliveryErrors = new LogGroup(this, 'DeliveryErrors', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The L2's own grant would also allow deleting objects and reading every other setting of the bucket.
    const role = new Role(this, 'DeliveryRole', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com'),
      inlinePolicies: { deliver: deliveryPolicy(this.bucket, deliveryErrors) },
    });
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)}.Arn>/*]`,
      reason: 'Firehose writes objects whose keys nobody knows beforehand, within this one bucket.',
    });
    // Gzip records are compressed already: the stream only has to name the objects it joins them into.
    const compression =
      props.recordFormat === 'gzip'
        ? { compression: Compression.UNCOMPRESSED, fileExtension: '.gz' }
        : { compression: Compression.GZIP };
    this.deliveryStream = withoutIpRanges(
      this,
      () =>
        new DeliveryStream(this, 'DeliveryStream', {
          encryption: StreamEncryption.awsOwnedKey(),
          destination: new S3Bucket(this.bucket, {
            ...compression,
            role: role.withoutPolicyUpdates(),
            dataOutputPrefix: eventsPrefix,
            errorOutputPrefix: `${errorsFolder}!{firehose:error-output-type}/${hourExpression}`,
            bufferingInterval: Duration.seconds(bufferingSeconds),
            bufferingSize: Size.mebibytes(bufferingMiB),
            loggingConfig: new EnableLogging(deliveryErrors),
          }),
        }),
    );
    // Deleted before the bucket is emptied, the stream cannot fill it again.
    this.deliveryStream.node.addDependency(this.bucket);
  }
}

/** What Firehose needs to deliver to a bucket and to log why it could not. */
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
      new PolicyStatement({
        actions: ['logs:PutLogEvents'],
        resources: [deliveryErrors.logGroupArn],
      }),
    ],
  });
}
