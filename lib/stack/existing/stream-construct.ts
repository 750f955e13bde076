import { CfnResource, Duration, TimeZone, Token } from 'aws-cdk-lib';
import { CfnDeliveryStream, type IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { foreignBufferingSeconds } from '../../../lambda/contract/deployment-settings.ts';
import { completeKeyPrefix } from '../../../lambda/contract/key-prefix.ts';
import { changingProcessors } from '../../aws/processors.ts';
import { firehoseTimeZone } from '../../aws/time-zones.ts';
import type { BucketDeliveryStreamProps } from '../bucket-delivery-stream.ts';
import { PropError } from '../prop-checks.ts';
import type { ProofOptions } from '../prover-function.ts';
import { differ, known, plain } from './configuration.ts';
import { checkPlace } from './place.ts';

type GivenProps = ProofOptions &
  Pick<BucketDeliveryStreamProps, 'recordFormat' | 'bufferingInterval' | 'prefixTimeZone'> & {
    readonly deliveryStream?: IDeliveryStream;
    readonly streamKey?: IKey;
  };

/**
 * The props, with what an existing stream of the app says for those that are not given.
 *
 * @throws PropError with each prop that contradicts the stream, or if the stream cannot be used, or is elsewhere.
 */
export function withStreamSettings<Props extends GivenProps>(scope: IConstruct, given: Props): Props {
  const { deliveryStream } = given;
  const stream = deliveryStream && settingsOf(deliveryStream);
  if (deliveryStream) {
    checkPlace(scope, 'deliveryStream', deliveryStream.deliveryStreamArn, deliveryStream.env);
  }
  if (!stream) {
    return given;
  }
  const bucket = given.bucket ?? (given.proof ? findBucket(scope, stream.bucketArn) : undefined);
  const isProven = bucket !== undefined && given.proof !== false;
  const problems = [
    stream.type !== undefined &&
      stream.type !== 'DirectPut' &&
      `deliveryStream has the type ${stream.type}: expected DirectPut, as a stream with a source takes no records of others${
        stream.type === 'KinesisStreamAsSource'
          ? '. Set kinesisStream to its source, and bucket and prefix'
          : ''
      }`,
    given.recordFormat === 'gzip' &&
      stream.compression !== 'UNCOMPRESSED' &&
      `recordFormat is "gzip", but deliveryStream compresses (${stream.compression}): leave recordFormat out, or let the ` +
        'stream compress nothing',
    isProven &&
      !stream.deliversToS3 &&
      'bucket is set, but deliveryStream delivers to no bucket: leave bucket out, events are sent and not proven',
    isProven &&
      given.prefix === undefined &&
      Token.isUnresolved(stream.prefix) &&
      'the prefix of deliveryStream is a token, whose value is known only at deployment: set prefix to its text',
    isProven &&
      stream.isConverted &&
      'deliveryStream converts the record format (Parquet or ORC), so that events cannot be compared: set proof to false, or ' +
        'send to a stream without dataFormatConversion',
    ...(isProven ? contradictions(scope, given, stream) : []),
    differ(scope, given.streamKey?.keyArn, stream.keyArn) &&
      'streamKey is set, but deliveryStream has another key: leave streamKey out',
  ].filter((problem) => problem);
  if (problems.length > 0) {
    throw new PropError(scope, problems.join('\n'));
  }
  return {
    bufferingInterval: Duration.seconds(stream.bufferingSeconds),
    ...(stream.keyArn &&
      !given.streamKey && { streamKey: Key.fromKeyArn(scope, 'StreamKey', stream.keyArn) }),
    ...(bucket && {
      bucket,
      prefix: stream.prefix,
      ...(stream.isTransformed && { match: 'id' }),
      ...(stream.timeZone && { prefixTimeZone: TimeZone.of(stream.timeZone) }),
      ...(stream.objectKeyArn &&
        !given.bucketKey && { bucketKey: Key.fromKeyArn(scope, 'BucketKey', stream.objectKeyArn) }),
    }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  } as Props;
}

type StreamSettings = NonNullable<ReturnType<typeof settingsOf>>;

/** `undefined` if a stream was imported, or its configuration is known only later. */
function settingsOf({ node }: IDeliveryStream) {
  const stream = node.defaultChild as CfnDeliveryStream;
  const type = CfnDeliveryStream.CFN_RESOURCE_TYPE_NAME;
  if (!CfnResource.isCfnResource(stream) || stream.cfnResourceType !== type) {
    return undefined;
  }
  const destination = stream.extendedS3DestinationConfiguration ?? stream.s3DestinationConfiguration;
  if (Token.isUnresolved(destination)) {
    return undefined;
  }
  const s3 = plain<CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty>(destination);
  const encryption = plain<CfnDeliveryStream.EncryptionConfigurationProperty>(s3.encryptionConfiguration);
  const { enabled, processors } = plain<CfnDeliveryStream.ProcessingConfigurationProperty>(
    s3.processingConfiguration,
  );
  return {
    type: known(stream.deliveryStreamType),
    keyArn: plain<CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty>(
      stream.deliveryStreamEncryptionConfigurationInput,
    ).keyArn,
    deliversToS3: destination !== undefined,
    bucketArn: s3.bucketArn,
    prefix: s3.prefix,
    timeZone: known(s3.customTimeZone),
    bufferingSeconds:
      known(plain<CfnDeliveryStream.BufferingHintsProperty>(s3.bufferingHints).intervalInSeconds) ??
      foreignBufferingSeconds,
    compression: known(s3.compressionFormat) ?? 'UNCOMPRESSED',
    isConverted:
      plain<CfnDeliveryStream.DataFormatConversionConfigurationProperty>(s3.dataFormatConversionConfiguration)
        .enabled === true,
    isTransformed:
      enabled !== false &&
      Array.isArray(processors) &&
      processors.some((processor) => changingProcessors.has(plain(processor).type ?? '')),
    objectKeyArn: plain<CfnDeliveryStream.KMSEncryptionConfigProperty>(encryption.kmsEncryptionConfig)
      .awskmsKeyArn,
  };
}

function findBucket({ node }: IConstruct, bucketArn: string | undefined): IBucket | undefined {
  return node.root.node
    .findAll()
    .find((construct): construct is IBucket => (construct as Partial<IBucket>).bucketArn === bucketArn);
}

/** Props of the place of the objects, and what the stream has. */
function contradictions(scope: IConstruct, given: GivenProps, stream: StreamSettings): (string | false)[] {
  const { prefix, prefixTimeZone, bufferingInterval, bucket, bucketKey } = given;
  const rows: readonly [name: keyof GivenProps, given: unknown, stream: unknown][] = [
    [
      'prefix',
      Token.isUnresolved(stream.prefix) ? undefined : prefix && completeKeyPrefix(prefix),
      completeKeyPrefix(stream.prefix ?? ''),
    ],
    [
      'prefixTimeZone',
      prefixTimeZone && firehoseTimeZone(prefixTimeZone.timezoneName),
      firehoseTimeZone(stream.timeZone ?? 'UTC'),
    ],
    ['bufferingInterval', bufferingInterval?.toSeconds(), stream.bufferingSeconds],
  ];
  return [
    ...rows.map(
      ([name, own, other]) =>
        own !== undefined &&
        own !== other &&
        `${name} is ${JSON.stringify(own)}, but that of deliveryStream is ${JSON.stringify(other)}: leave ${name} out`,
    ),
    differ(scope, bucket?.bucketArn, stream.bucketArn) &&
      `bucket is ${bucket?.node.path}, but deliveryStream delivers to ${findBucket(scope, stream.bucketArn)?.node.path}: ` +
        'leave one of them out',
    differ(scope, bucketKey?.keyArn, stream.objectKeyArn) &&
      'bucketKey is set, but deliveryStream encrypts objects with another key: leave bucketKey out',
  ];
}
