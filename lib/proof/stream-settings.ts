import {
  type DeliveryStreamDescription,
  DescribeDeliveryStreamCommand,
  type DescribeDeliveryStreamCommandOutput,
  type DestinationDescription,
  type ExtendedS3DestinationDescription,
} from '@aws-sdk/client-firehose';
import { matches } from '../../lambda/contract/claim.ts';
import { foreignBufferingSeconds } from '../../lambda/contract/deployment-settings.ts';
import { completeKeyPrefix, type Partition, partitionText } from '../../lambda/contract/key-prefix.ts';
import { defaultRecordFormat } from '../../lambda/contract/record-format.ts';
import { changingProcessors } from '../aws/processors.ts';
import { firehoseTimeZone } from '../aws/time-zones.ts';
import { keyPrefixProblem } from '../stack/key-prefix.ts';
import { unanswerableCall } from './unanswerable.ts';

/** A client of Firehose. */
export type FirehoseCalls = {
  send(command: DescribeDeliveryStreamCommand): Promise<DescribeDeliveryStreamCommandOutput>;
};

/** A setting of a canary: a key of CDK context that differs from its default. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  /** Its purpose, in words. */
  readonly reason: string;
}

export interface StreamSettings {
  /** Why no canary can watch the stream's destination. */
  readonly refusal?: string;
  /** With a refusal: those of a canary in the backup of all records; empty without a backup. */
  readonly settings: readonly Setting[];
}

/** Stands for the value of a partition key, which only the owner of the stream knows. */
export const unknownValue = 'VALUE';

/** @throws UnanswerableError if there is no such stream, or it may not be described. */
export async function describeStream(
  client: FirehoseCalls,
  DeliveryStreamName: string,
): Promise<DeliveryStreamDescription> {
  const command = new DescribeDeliveryStreamCommand({ DeliveryStreamName });
  const { DeliveryStreamDescription: description } = await client.send(command).catch((error) => {
    throw unanswerableCall(`describing the delivery stream ${DeliveryStreamName}`, error);
  });
  return description!;
}

/** Reads the settings of a canary from the description of a stream. */
export function streamSettings(stream: DeliveryStreamDescription): StreamSettings {
  const { DeliveryStreamType: type, DeliveryStreamStatus: status, Destinations } = stream;
  const { kind, place, backup } = placesOf(Destinations?.[0]);
  const refuse = (refusal: string, remedy: string) => ({ refusal: `${refusal}. ${remedy}`, settings: [] });
  const kinesisArn = kinesisArnOf(stream);
  if (type !== 'DirectPut' && kinesisArn === undefined) {
    return refuse(
      `Firehose refuses PutRecord on it, since its type is ${type}`,
      'Watch a Direct PUT stream with the same bucket and prefix',
    );
  }
  const placeOf = (arn = '') => arn.split(':').slice(3, 5).join(' ');
  if (kinesisArn !== undefined && placeOf(kinesisArn) !== placeOf(stream.DeliveryStreamARN)) {
    return refuse(
      `it reads a Kinesis stream of another account or region, ${kinesisArn}`,
      'Send to that stream from there: -c kinesisStreamName, without a bucket',
    );
  }
  if (status !== 'ACTIVE') {
    return refuse(`its status is ${status}`, 'Wait until it is ACTIVE');
  }
  if (processorsOf(place).has('Decompression')) {
    return refuse(
      'Firehose refuses events on it, since it decompresses CloudWatch Logs',
      'Watch a stream without decompression',
    );
  }
  const { Enabled = true, OutputFormatConfiguration } = place.DataFormatConversionConfiguration ?? {
    Enabled: false,
  };
  if (kind !== 'S3' || Enabled) {
    const format = OutputFormatConfiguration?.Serializer?.OrcSerDe ? 'ORC' : 'Parquet';
    const refusal = `it delivers ${Enabled ? `${format} files` : `to ${kind}`}, and a canary reads events in S3`;
    return backup && keyPrefixProblem(backup.Prefix ?? '') === undefined
      ? { refusal, settings: canarySettings(stream, backup) }
      : refuse(refusal, 'Let it back up all records to S3, then watch the backup');
  }
  const problem = keyPrefixProblem(place.Prefix ?? '', partitionOf(place.Prefix));
  return problem === undefined
    ? { settings: canarySettings(stream, place) }
    : { refusal: problem, settings: [] };
}

/** Values of settings that a stream has unless it says otherwise. */
const defaults = {
  prefixTimeZone: 'UTC',
  bufferingInterval: String(foreignBufferingSeconds),
  recordFormat: defaultRecordFormat,
  match: matches[0],
};

/**
 * What is different in a stream since a canary in it was deployed, as far as that matters.
 *
 * @param deployed Settings of the canary, by their keys in CDK context.
 */
export function streamChanges(
  stream: DeliveryStreamDescription,
  deployed: Readonly<Record<string, string>>,
): string[] {
  const { refusal, settings } = streamSettings(stream);
  if (refusal !== undefined) {
    return [refusal];
  }
  const found: Record<string, string> = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  const now = { ...defaults, ...found, prefix: completeKeyPrefix(found.prefix ?? '') };
  // A canary that waits longer, or sends or compares for more than the stream needs, is right.
  const isCovered = (key: string, value: string, before: string) =>
    key === 'bufferingInterval'
      ? Number(before) >= Number(value)
      : ['recordFormat', 'match'].includes(key) && value === defaults[key as keyof typeof defaults];
  return Object.entries(now).flatMap(([key, value]) => {
    const before = deployed[key] ?? value;
    if (before === value || isCovered(key, value, before)) {
      return [];
    }
    const was =
      key === 'bufferingInterval'
        ? `the prover first checks after ${before} s`
        : `was ${before} when the canary was deployed`;
    return [`${key} is now ${value}, and ${was}`];
  });
}

type Place = Partial<ExtendedS3DestinationDescription>;

function canarySettings(stream: DeliveryStreamDescription, place: Place): Setting[] {
  const { Prefix: prefix = '', BufferingHints, EncryptionConfiguration } = place;
  const zone = firehoseTimeZone(place.CustomTimeZone ?? defaults.prefixTimeZone);
  const interval = String(BufferingHints?.IntervalInSeconds ?? defaults.bufferingInterval);
  const processors = processorsOf(place);
  const [hasLambda, hasQuery] = [processors.has('Lambda'), processors.has('MetadataExtraction')];
  const changing = [...processors].filter((type) => changingProcessors.has(type));
  const isPartitioned = place.DynamicPartitioningConfiguration?.Enabled === true;
  const bucketKey = EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN;
  const { Status, KeyType, KeyARN } = stream.DeliveryStreamEncryptionConfiguration ?? {};
  const isStreamKeyOurs = Status !== 'DISABLED' && KeyType === 'CUSTOMER_MANAGED_CMK';
  const kinesisArn = kinesisArnOf(stream);
  const isDefaultPrefix = completeKeyPrefix(prefix) === completeKeyPrefix('');
  const isPartitionNeeded = keyPrefixProblem(prefix) !== undefined;
  const template = hasQuery ? '; a query needs its fields in the events: -c eventTemplate=FILE' : '';
  const rows: [key: string, value: string | undefined | false, reason: string][] = [
    kinesisArn === undefined
      ? ['deliveryStreamName', stream.DeliveryStreamName, 'the stream that events are sent to']
      : ['kinesisStreamName', kinesisArn.split('/')[1], kinesisReason],
    ['bucketName', place.BucketARN?.split(':::')[1], 'the bucket in which the prover looks for them'],
    ['prefix', !isDefaultPrefix && prefix, 'names the hours that the prover lists'],
    ['prefixTimeZone', zone !== defaults.prefixTimeZone && zone, 'the time zone of these hours'],
    [
      'partition',
      isPartitionNeeded && partitionText(partitionOf(prefix)),
      `the partition of the canary's events, by the stream's rules: replace ${unknownValue}`,
    ],
    [
      'bufferingInterval',
      interval !== defaults.bufferingInterval && interval,
      'how long the prover waits, in seconds',
    ],
    [
      'recordFormat',
      (isPartitioned || hasLambda) && 'single',
      `one event in a record, for ${hasLambda ? 'a transform Lambda' : 'dynamic partitioning'}${template}`,
    ],
    [
      'match',
      changing.length > 0 && 'id',
      `a UUID proves an event: ${changing.join(', ')} may change its bytes`,
    ],
    ['streamKey', isStreamKeyOurs && KeyARN, 'the key of the stream, for the producer'],
    ['bucketKey', !bucketKey?.includes(':alias/aws/') && bucketKey, 'the key of the objects, for the prover'],
  ];
  return rows.flatMap(([key, value, reason]) => (value ? [{ key, value, reason }] : []));
}

/** Names the settings that a description of the delivery stream does not have. */
const kinesisReason =
  'the Kinesis stream that events are sent to. If it keeps records for more than 24 hours, add -c kinesisRetention=HOURS, ' +
  'if it is on demand, -c onDemand=on, and if it has a key of yours, -c streamKey=ARN';

/** The Kinesis stream that a delivery stream reads. */
function kinesisArnOf({ Source }: DeliveryStreamDescription): string | undefined {
  return Source?.KinesisStreamSourceDescription?.KinesisStreamARN;
}

/** Names of destinations in the API that people do not use. */
const kinds: Readonly<Record<string, string>> = {
  ExtendedS3: 'S3',
  Amazonopensearchservice: 'OpenSearch',
  AmazonOpenSearchServerless: 'OpenSearch Serverless',
  HttpEndpoint: 'an HTTP endpoint',
};

/** The kind of a destination, where it delivers to, and where it keeps a copy of all records. */
function placesOf(destination: Partial<DestinationDescription> = {}): {
  kind: string;
  place: Place;
  backup: Place | undefined;
} {
  // A stream of an extended S3 destination has this one, too.
  const { DestinationId: _, S3DestinationDescription: __, ...others } = destination;
  const [name, place = {}] = Object.entries(others).find(([, value]) => value !== undefined) ?? ['unknown'];
  const kind = name.replace('DestinationDescription', '');
  const { S3BackupMode, S3BackupDescription, S3DestinationDescription, ProcessingConfiguration } =
    place as Place & Partial<DestinationDescription>;
  // Redshift loads what is in S3.
  const hasAll = kind === 'Redshift' || /^All/.test(S3BackupMode ?? '');
  const copies = hasAll &&
    S3DestinationDescription && { ...S3DestinationDescription, ProcessingConfiguration };
  const backup = S3BackupMode === 'Enabled' ? S3BackupDescription : copies || undefined;
  return { kind: kinds[kind] ?? kind, place: place as Place, backup };
}

/** Types of the active processors. */
function processorsOf({ ProcessingConfiguration }: Place): ReadonlySet<string> {
  const { Enabled, Processors = [] } = ProcessingConfiguration ?? {};
  return new Set(Enabled ? Processors.map(({ Type }) => String(Type)) : []);
}

/** The partition keys of a prefix, with values that are not known. */
function partitionOf(prefix = ''): Partition {
  const keys = [...prefix.matchAll(/!\{partitionKeyFrom(?:Query|Lambda):([^}]+)\}/g)];
  return Object.fromEntries(keys.map(([, key]) => [key, unknownValue]));
}
