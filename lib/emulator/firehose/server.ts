import type { RequestListener } from 'node:http';
import type * as v from 'valibot';
import { targets } from '../../../lambda/contract/targets.ts';
import {
  AwsError,
  type AwsJsonService,
  account,
  checkRequestSize,
  createAwsJsonListener,
  kinesisStreamArn,
  region,
} from '../aws-json.ts';
import type { DeliveryStream } from './delivery-stream.ts';
import { inputs } from './input.ts';
import { deliveryStreamVersion } from './object-name.ts';

/** Error of one record of a request. Source: API reference, PutRecordBatch. */
export type RecordErrorCode = 'ServiceUnavailableException' | 'InternalFailure';

/** A {@link DeliveryStream}, or a substitute. */
export interface ServedStream extends Pick<DeliveryStream, 'settings' | 'createdAt' | 'put'> {
  /** Name of the Kinesis stream that it reads. @default - records are put to it */
  readonly kinesisStreamName?: string;
  /** Changes its DeliveryStreamDescription, for a stream that has what this Firehose has not. */
  readonly describe?: (description: ReturnType<typeof describeDeliveryStream>) => object;
}

export interface FirehoseOptions {
  /** The streams that exist. The caller closes them after the server. */
  readonly deliveryStreams: readonly ServedStream[];
  /**
   * Called for each record, in order, before its request is stored: `undefined` accepts it, an error code refuses it.
   * PutRecordBatch then responds with HTTP 200 and an entry for each refused record, PutRecord with the error.
   *
   * @default - every record is accepted
   */
  readonly admit?: (record: Buffer, deliveryStreamName: string) => RecordErrorCode | undefined;
}

const { maxRequestBytes } = targets.firehose;

const RoleARN = `arn:aws:iam::${account}:role/embedded-firehose`;

// AWS's messages in public reports (boto/boto3#2804 for "Slow down.").
const recordErrorMessages: Readonly<Record<RecordErrorCode, string>> = {
  ServiceUnavailableException: 'Slow down.',
  InternalFailure: 'Internal service failure',
};

/**
 * Responds as Amazon Data Firehose does, in AWS JSON 1.1: PutRecord, PutRecordBatch,
 * DescribeDeliveryStream and ListDeliveryStreams. Any SDK, boto3 and the AWS CLI can use it as their endpoint.
 *
 * The response to a put is sent when the stream has taken the records. That is how the stream slows down a fast producer.
 *
 * A RecordId is the request's id and the record's index, 38 to 40 characters, unique. AWS's have 224 characters, which would
 * make the response to 500 records 112 KB.
 */
export function createFirehoseListener(options: FirehoseOptions): RequestListener {
  const { admit } = options;
  const streams = new Map(
    options.deliveryStreams.map((stream) => [stream.settings.deliveryStreamName, stream]),
  );

  function findStream(name: string): ServedStream {
    const stream = streams.get(name);
    if (stream === undefined) {
      const message = `Firehose ${name} under account ${account} not found.`;
      throw new AwsError('ResourceNotFoundException', message);
    }
    return stream;
  }

  /** Finds a stream that records are put to. */
  function findDirectPut(name: string): ServedStream {
    const stream = findStream(name);
    if (stream.kinesisStreamName !== undefined) {
      // AWS's message in a public report (aws/aws-cli#7010).
      const message = `This operation is not permitted on ${typeOf(stream)} delivery stream type.`;
      throw new AwsError('InvalidArgumentException', message);
    }
    return stream;
  }

  const handlers: AwsJsonService<typeof inputs>['handlers'] = {
    DescribeDeliveryStream: ({ DeliveryStreamName }) => {
      const stream = findStream(DeliveryStreamName);
      const description = describeDeliveryStream(stream);
      return { DeliveryStreamDescription: stream.describe?.(description) ?? description };
    },

    ListDeliveryStreams: (input) => listDeliveryStreams([...streams.values()], input),

    PutRecord: async (input, requestId) => {
      const stream = findDirectPut(input.DeliveryStreamName);
      const refusal = admit?.(input.Record.Data, input.DeliveryStreamName);
      if (refusal !== undefined) {
        throw new AwsError(refusal, recordErrorMessages[refusal]);
      }
      await stream.put([input.Record.Data]);
      return { RecordId: `${requestId}.0`, Encrypted: stream.settings.encrypted };
    },

    PutRecordBatch: async (input, requestId) => {
      const stream = findDirectPut(input.DeliveryStreamName);
      const records = input.Records.map((record) => record.Data);
      checkRequestSize(
        records.reduce((sum, { length }) => sum + length, 0),
        maxRequestBytes,
      );
      const refusals = records.map((record) => admit?.(record, input.DeliveryStreamName));
      const admitted = records.filter((_record, index) => refusals[index] === undefined);
      if (admitted.length > 0) {
        await stream.put(admitted);
      }
      return {
        FailedPutCount: records.length - admitted.length,
        Encrypted: stream.settings.encrypted,
        RequestResponses: refusals.map((refusal, index) =>
          refusal === undefined
            ? { RecordId: `${requestId}.${index}` }
            : { ErrorCode: refusal, ErrorMessage: recordErrorMessages[refusal] },
        ),
      };
    },
  };

  return createAwsJsonListener({ targetPrefix: 'Firehose_20150804.', inputs, handlers, maxRequestBytes });
}

/** The default limit is 10. Source: API reference, ListDeliveryStreams. */
function listDeliveryStreams(
  streams: readonly ServedStream[],
  input: v.InferOutput<typeof inputs.ListDeliveryStreams>,
): object {
  const after = input.ExclusiveStartDeliveryStreamName ?? '';
  const rest = streams
    .filter((stream) => typeOf(stream) === (input.DeliveryStreamType ?? typeOf(stream)))
    .map(({ settings }) => settings.deliveryStreamName)
    .sort()
    .filter((name) => name > after);
  const page = rest.slice(0, input.Limit ?? 10);
  return { DeliveryStreamNames: page, HasMoreDeliveryStreams: page.length < rest.length };
}

function typeOf({ kinesisStreamName }: ServedStream): string {
  return kinesisStreamName === undefined ? 'DirectPut' : 'KinesisStreamAsSource';
}

function describeDeliveryStream(stream: ServedStream) {
  const { settings, createdAt, kinesisStreamName } = stream;
  const destination = {
    RoleARN,
    BucketARN: `arn:aws:s3:::${settings.bucketName}`,
    Prefix: settings.prefix,
    ErrorOutputPrefix: settings.errorOutputPrefix,
    BufferingHints: {
      SizeInMBs: settings.bufferingSizeMiB,
      IntervalInSeconds: settings.bufferingIntervalSeconds,
    },
    CompressionFormat: settings.compression,
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  };
  const processors = settings.appendDelimiter ? [{ Type: 'AppendDelimiterToRecord', Parameters: [] }] : [];
  return {
    DeliveryStreamName: settings.deliveryStreamName,
    DeliveryStreamARN: `arn:aws:firehose:${region}:${account}:deliverystream/${settings.deliveryStreamName}`,
    DeliveryStreamStatus: 'ACTIVE',
    DeliveryStreamType: typeOf(stream),
    DeliveryStreamEncryptionConfiguration: settings.encrypted
      ? { Status: 'ENABLED', KeyType: 'AWS_OWNED_CMK' }
      : { Status: 'DISABLED' },
    VersionId: deliveryStreamVersion,
    CreateTimestamp: createdAt.getTime() / 1000,
    ...(kinesisStreamName !== undefined && {
      Source: {
        KinesisStreamSourceDescription: {
          KinesisStreamARN: kinesisStreamArn(kinesisStreamName),
          RoleARN,
          DeliveryStartTimestamp: createdAt.getTime() / 1000,
        },
      },
    }),
    Destinations: [
      {
        DestinationId: 'destinationId-000000000001',
        S3DestinationDescription: destination,
        ExtendedS3DestinationDescription: {
          ...destination,
          S3BackupMode: 'Disabled',
          ...(processors.length > 0 && {
            ProcessingConfiguration: { Enabled: true, Processors: processors },
          }),
          ...(settings.fileExtension && { FileExtension: settings.fileExtension }),
          ...(settings.customTimeZone && { CustomTimeZone: settings.customTimeZone }),
        },
      },
    ],
    HasMoreDestinations: false,
  };
}
