import {
  type DeliveryStreamDescription,
  DescribeDeliveryStreamCommand,
  type DescribeDeliveryStreamCommandOutput,
  type DestinationDescription,
  type ExtendedS3DestinationDescription,
} from '@aws-sdk/client-firehose';
import { foreignBufferingSeconds } from '../../lambda/contract/deployment-settings.ts';
import { completeKeyPrefix, type Partition, partitionText } from '../../lambda/contract/key-prefix.ts';
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
  /** What it is there for. */
  readonly reason: string;
}

export interface StreamSettings {
  /** Why no canary can watch the stream's destination. */
  readonly refusal?: string;
  /** With a refusal: those of a canary in the backup of all records. Empty if there is none. */
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

/** Reads what a canary has to be told of a stream. */
export function streamSettings(stream: DeliveryStreamDescription): StreamSettings {
  const { DeliveryStreamType: type, DeliveryStreamStatus: status, Destinations } = stream;
  const { kind, place, backup } = placesOf(Destinations?.[0]);
  const refuse = (refusal: string, remedy: string) => ({ refusal: `${refusal}. ${remedy}`, settings: [] });
  if (type !== 'DirectPut') {
    return refuse(
      `Firehose refuses PutRecord on it, since its type is ${type}`,
      'Watch a Direct PUT stream with the same bucket and prefix',
    );
  }
  if (status !== 'ACTIVE') {
    return refuse(`its status is ${status}`, 'Wait until it is ACTIVE');
  }
  if (processorsOf(place).has('Decompression')) {
    return refuse(
      'Firehose refuses PutRecord on it, since it decompresses CloudWatch Logs',
      'Watch a stream without decompression',
    );
  }
  const format = kind === 'S3' ? columnFormat(place) : undefined;
  if (kind !== 'S3' || format) {
    const refusal = `it delivers ${format ? `${format} files` : `to ${kind}`}, and a canary reads events in S3`;
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
  recordFormat: 'ndjson',
  match: 'bytes',
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
    return before === value || isCovered(key, value, before)
      ? []
      : [`${key} is now ${value}, and was ${before} when the canary was deployed`];
  });
}

type Place = Partial<ExtendedS3DestinationDescription>;

function canarySettings(stream: DeliveryStreamDescription, place: Place): Setting[] {
  const { Prefix: prefix = '', BufferingHints: buffering } = place;
  const zone = firehoseTimeZone(place.CustomTimeZone ?? defaults.prefixTimeZone);
  const processors = processorsOf(place);
  const isPartitioned = place.DynamicPartitioningConfiguration?.Enabled === true;
  const isChanged = ['Lambda', 'MetadataExtraction', 'RecordDeAggregation'].some((type) =>
    processors.has(type),
  );
  const interval = buffering?.IntervalInSeconds ?? foreignBufferingSeconds;
  const { Status, KeyType, KeyARN } = stream.DeliveryStreamEncryptionConfiguration ?? {};
  const bucketKey = place.EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN;
  const rows: [key: string, value: string | undefined | false, reason: string][] = [
    ['deliveryStreamName', stream.DeliveryStreamName, 'the stream that events are sent to'],
    ['bucketName', place.BucketARN?.split(':::')[1], 'the bucket in which the prover looks for them'],
    [
      'prefix',
      completeKeyPrefix(prefix) !== completeKeyPrefix('') && prefix,
      'names the hours that the prover lists',
    ],
    ['prefixTimeZone', zone !== defaults.prefixTimeZone && zone, 'the time zone of these hours'],
    [
      'partition',
      keyPrefixProblem(prefix) !== undefined && partitionText(partitionOf(prefix)),
      `the partition of the canary's events, by the stream's rules: replace ${unknownValue}`,
    ],
    [
      'bufferingInterval',
      interval !== foreignBufferingSeconds && String(interval),
      'seconds that the stream buffers: the prover waits, and alarms follow',
    ],
    [
      'recordFormat',
      (isPartitioned || processors.has('Lambda')) && 'single',
      `one event in a record, as ${processors.has('Lambda') ? 'a transform Lambda' : 'dynamic partitioning'} expects it` +
        (processors.has('MetadataExtraction')
          ? '; a query needs its fields in the events: -c eventTemplate=FILE'
          : ''),
    ],
    [
      'match',
      isChanged && 'id',
      `an event is there if its UUID is, because processors (${[...processors].join(', ')}) may change its bytes`,
    ],
    [
      'streamKey',
      Status !== 'DISABLED' && KeyType === 'CUSTOMER_MANAGED_CMK' && KeyARN,
      'the key of the stream: the producer may use it through Firehose',
    ],
    [
      'bucketKey',
      !bucketKey?.includes(':alias/aws/') && bucketKey,
      'the key of the objects: the prover may decrypt by it',
    ],
  ];
  return rows.flatMap(([key, value, reason]) => (value ? [{ key, value, reason }] : []));
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

/** The format that no line is readable in; `undefined` if records are not converted. */
function columnFormat({ DataFormatConversionConfiguration: conversion }: Place): string | undefined {
  if (!conversion || conversion.Enabled === false) {
    return undefined;
  }
  return conversion.OutputFormatConfiguration?.Serializer?.OrcSerDe ? 'ORC' : 'Parquet';
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
