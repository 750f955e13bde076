import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { DeliveryStreamSettings } from '../../../lib/emulator/firehose/delivery-stream.ts';
import { createFirehoseListener, type ServedStream } from '../../../lib/emulator/firehose/server.ts';
import { listenOnLoopback } from '../../../lib/emulator/loopback-server.ts';
import { makeSettings } from '../../emulator/firehose/factories.ts';

type Description = Parameters<NonNullable<ServedStream['describe']>>[0];

/** A stream as people have it, and what `watch` has to say of it. */
export interface StreamShape {
  readonly what: string;
  readonly settings?: Partial<DeliveryStreamSettings>;
  /** Members of its DeliveryStreamDescription. */
  readonly stream?: object;
  /** Members of its ExtendedS3DestinationDescription. */
  readonly s3?: object;
  /** Its destination, if that is not S3. */
  readonly destination?: object;
  /** The context of the printed line, without the names of the stream and its bucket. @default - none */
  readonly context?: Readonly<Record<string, string>>;
  readonly refusal?: RegExp;
}

const processing = (...types: string[]) => ({
  ProcessingConfiguration: { Enabled: true, Processors: types.map((Type) => ({ Type, Parameters: [] })) },
});

const kms = (key: string) => `arn:aws:kms:us-east-1:123456789012:key/${key}-12ab-34cd-56ef-1234567890ab`;

/** A bucket beside the destination. */
const backup = (overrides: object = {}) => ({
  RoleARN: 'arn:aws:iam::123456789012:role/r',
  BucketARN: 'arn:aws:s3:::my-backup',
  Prefix: 'all/',
  BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
  CompressionFormat: 'GZIP',
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  ...overrides,
});

const hourly = 'raw/!{timestamp:yyyy/MM/dd/HH}/';
const errors = { errorOutputPrefix: 'errors/!{firehose:error-output-type}/' };
const dynamic = { DynamicPartitioningConfiguration: { Enabled: true } };
const parquet = { OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } } };
const throughBackup =
  /All records are in its backup, which this watches: npx cdk deploy -c deliveryStreamName=\S+ -c bucketName=my-backup -c prefix=all\//;

const readsKinesis = (KinesisStreamARN: string) => ({
  DeliveryStreamType: 'KinesisStreamAsSource',
  Source: { KinesisStreamSourceDescription: { KinesisStreamARN } },
});

export const streamShapes: readonly StreamShape[] = [
  { what: "has Firehose's defaults" },
  { what: 'has a fixed prefix', settings: { prefix: 'raw/' }, context: { prefix: 'raw/' } },
  {
    what: "has Firehose's own prefix, written out",
    settings: { prefix: '!{timestamp:yyyy/MM/dd/HH}/', ...errors },
  },
  { what: 'has hours in its prefix', settings: { prefix: hourly, ...errors }, context: { prefix: hourly } },
  {
    what: 'has folders as Hive has them',
    settings: {
      prefix: 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/',
      ...errors,
    },
    context: {
      prefix: 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/',
    },
  },
  {
    what: 'has a random string after the hour',
    settings: { prefix: `${hourly}!{firehose:random-string}/`, ...errors },
    context: { prefix: `${hourly}!{firehose:random-string}/` },
  },
  {
    what: 'has a random string before the hour',
    settings: { prefix: '!{firehose:random-string}/!{timestamp:yyyy/MM/dd/HH}/', ...errors },
    refusal: /prefix is "!\{firehose:random-string\}/,
  },
  {
    what: 'buffers for a minute',
    settings: { bufferingIntervalSeconds: 60 },
    context: { bufferingInterval: '60' },
  },
  { what: 'does not buffer', settings: { bufferingIntervalSeconds: 0 }, context: { bufferingInterval: '0' } },
  { what: 'compresses nothing', settings: { compression: 'UNCOMPRESSED' } },
  { what: 'writes ZIP', s3: { CompressionFormat: 'ZIP' } },
  { what: 'writes Snappy for Hadoop', s3: { CompressionFormat: 'HADOOP_SNAPPY' } },
  { what: 'puts delimiters between records', settings: { appendDelimiter: true } },
  {
    what: 'has a transform Lambda',
    s3: processing('Lambda'),
    context: { recordFormat: 'single', match: 'id' },
  },
  {
    what: 'has processors that are switched off',
    s3: { ProcessingConfiguration: { ...processing('Lambda').ProcessingConfiguration, Enabled: false } },
  },
  {
    what: 'decompresses logs of CloudWatch',
    s3: processing('Decompression', 'CloudWatchLogProcessing'),
    refusal: /refuses events on it, since it decompresses CloudWatch Logs/,
  },
  {
    what: 'is partitioned by a query, before the hour',
    settings: { prefix: hourly, ...errors },
    s3: {
      ...dynamic,
      ...processing('MetadataExtraction', 'AppendDelimiterToRecord'),
      Prefix: `customer=!{partitionKeyFromQuery:customer}/${hourly}`,
    },
    context: {
      prefix: `customer=!{partitionKeyFromQuery:customer}/${hourly}`,
      partition: 'customer=VALUE',
      recordFormat: 'single',
      match: 'id',
    },
  },
  {
    what: 'is partitioned by a Lambda, after the hour',
    s3: { ...dynamic, ...processing('Lambda'), Prefix: `${hourly}!{partitionKeyFromLambda:team}/` },
    context: {
      prefix: `${hourly}!{partitionKeyFromLambda:team}/`,
      recordFormat: 'single',
      match: 'id',
    },
  },
  {
    what: 'has a time zone',
    s3: { CustomTimeZone: 'Asia/Calcutta', Prefix: hourly },
    context: { prefix: hourly, prefixTimeZone: 'Asia/Calcutta' },
  },
  { what: 'names UTC as its time zone', s3: { CustomTimeZone: 'UTC' } },
  {
    what: 'is encrypted with keys of its owner',
    stream: {
      DeliveryStreamEncryptionConfiguration: {
        Status: 'ENABLED',
        KeyType: 'CUSTOMER_MANAGED_CMK',
        KeyARN: kms('11111111'),
      },
    },
    s3: { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: kms('22222222') } } },
    context: { streamKey: kms('11111111'), bucketKey: kms('22222222') },
  },
  {
    what: "is encrypted with AWS's key for S3",
    s3: {
      EncryptionConfiguration: {
        KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:us-east-1:123456789012:alias/aws/s3' },
      },
    },
  },
  {
    what: 'writes Parquet',
    s3: { DataFormatConversionConfiguration: { Enabled: true, ...parquet } },
    refusal: /delivers Parquet files, .* Let it back up all records to S3, then watch the backup$/,
  },
  {
    what: 'writes ORC, and backs up the source records',
    s3: {
      DataFormatConversionConfiguration: {
        OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } },
      },
      S3BackupMode: 'Enabled',
      S3BackupDescription: backup(),
    },
    refusal: new RegExp(`delivers ORC files, .*${throughBackup.source}`),
  },
  { what: 'converts no more', s3: { DataFormatConversionConfiguration: { Enabled: false, ...parquet } } },
  {
    what: 'reads a Kinesis stream',
    settings: { prefix: hourly, bufferingIntervalSeconds: 60, ...errors },
    stream: readsKinesis('arn:aws:kinesis:us-east-1:123456789012:stream/my-source'),
    context: { kinesisStreamName: 'my-source', prefix: hourly, bufferingInterval: '60' },
  },
  {
    what: 'reads a Kinesis stream of another account',
    stream: readsKinesis('arn:aws:kinesis:us-east-1:210987654321:stream/my-source'),
    refusal: /it reads a Kinesis stream of another account or region, arn:.* Send to that stream from there/,
  },
  {
    what: 'reads a topic of MSK',
    stream: { DeliveryStreamType: 'MSKAsSource' },
    refusal: /its type is MSKAsSource/,
  },
  {
    what: 'is not ready',
    stream: { DeliveryStreamStatus: 'CREATING' },
    refusal: /its status is CREATING\. Wait until it is ACTIVE/,
  },
  {
    what: 'delivers to Redshift',
    destination: { RedshiftDestinationDescription: { S3DestinationDescription: backup() } },
    refusal: new RegExp(`delivers to Redshift, .*${throughBackup.source}`),
  },
  {
    what: 'delivers to OpenSearch, and backs up all documents',
    destination: {
      AmazonopensearchserviceDestinationDescription: {
        S3BackupMode: 'AllDocuments',
        S3DestinationDescription: backup(),
        ...processing('Lambda'),
      },
    },
    refusal: new RegExp(
      `delivers to OpenSearch, .*${throughBackup.source} -c recordFormat=single -c match=id`,
    ),
  },
  {
    what: 'delivers to Splunk, and backs up failures only',
    destination: {
      SplunkDestinationDescription: {
        S3BackupMode: 'FailedEventsOnly',
        S3DestinationDescription: backup(),
      },
    },
    refusal: /delivers to Splunk, and a canary reads events in S3\. Let it back up all records/,
  },
  {
    what: 'delivers to an HTTP endpoint, and backs up all data under a prefix without a readable hour',
    destination: {
      HttpEndpointDestinationDescription: {
        S3BackupMode: 'AllData',
        S3DestinationDescription: backup({ Prefix: '!{firehose:random-string}/' }),
      },
    },
    refusal: /delivers to an HTTP endpoint, .*Let it back up all records/,
  },
  {
    what: 'delivers to Iceberg tables',
    destination: {
      IcebergDestinationDescription: {
        S3BackupMode: 'FailedDataOnly',
        S3DestinationDescription: backup(),
      },
    },
    refusal: /delivers to Iceberg/,
  },
];

/** The description of a stream of this shape. */
function describeShape({ stream, s3, destination }: StreamShape, description: Description): object {
  const [place] = description.Destinations;
  const { ExtendedS3DestinationDescription: extended } = place!;
  const own = { ...place, ExtendedS3DestinationDescription: { ...extended, ...s3 } };
  return { ...description, Destinations: [destination ?? own], ...stream };
}

/** The name of the stream of a shape. */
export const nameOf = (index: number) => `stream-${index}`;

/** An embedded Firehose with a stream of each shape. */
export async function serveShapes(): Promise<{ endpoint: string; close: () => void }> {
  const listener = createFirehoseListener({
    deliveryStreams: streamShapes.map((shape, index) => ({
      settings: makeSettings({
        deliveryStreamName: nameOf(index),
        bufferingIntervalSeconds: 300,
        ...shape.settings,
      }),
      createdAt: new Date(),
      put: async () => {},
      describe: (description) => describeShape(shape, description),
    })),
  });
  const server = createServer(listener);
  return {
    endpoint: await listenOnLoopback(server, 0),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The context of a printed line, as a shell and the CDK read it. */
export function contextOf(command: string): Record<string, string> {
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' }).split('\0');
  const pairs = words.filter((_, place) => words[place - 1] === '-c');
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
}
