import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { targets } from '../../../lambda/contract/targets.ts';
import type { DeliveryStream } from './delivery-stream.ts';
import {
  FirehoseError,
  httpStatusByErrorType,
  type Input,
  type Operation,
  operations,
  parseInput,
} from './input.ts';
import { deliveryStreamVersion } from './object-name.ts';

/** Error of one record of a request. Source: API reference, PutRecordBatch. */
export type RecordErrorCode = 'ServiceUnavailableException' | 'InternalFailure';

/** A {@link DeliveryStream}, or a substitute. */
export interface ServedStream extends Pick<DeliveryStream, 'settings' | 'createdAt' | 'put'> {
  /** Changes its DeliveryStreamDescription, for a stream that has what this Firehose has not. */
  readonly describe?: (description: ReturnType<typeof describeDeliveryStream>) => object;
}

export interface FirehoseServerOptions {
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

const targetPrefix = 'Firehose_20150804.';
const contentType = 'application/x-amz-json-1.1';

/** The account and region of every ARN in a response; AWS's documentation uses this account. */
const account = '123456789012';
const region = 'us-east-1';

const directPut = 'DirectPut';

// AWS's messages in public reports (boto/boto3#2804 for "Slow down.").
const recordErrorMessages: Readonly<Record<RecordErrorCode, string>> = {
  ServiceUnavailableException: 'Slow down.',
  InternalFailure: 'Internal service failure',
};

/** Larger bodies are not parsed. In bytes. 4 MiB of data, and a record that is too large, take less, as base64 inside JSON. */
const maxBodyBytes = 2 * targets.firehose.maxRequestBytes;

/**
 * Makes a server that speaks Amazon Data Firehose's protocol, AWS JSON 1.1: PutRecord, PutRecordBatch,
 * DescribeDeliveryStream and ListDeliveryStreams. Any SDK, boto3 and the AWS CLI can use it as their endpoint. It checks that a
 * request has a signature, but not whether the signature is right.
 *
 * The response to a put is sent when the stream has taken the records. That is how the stream slows down a fast producer.
 *
 * A RecordId is the request's id and the record's index, 38 to 40 characters, unique. AWS's have 224 characters, which would
 * make the response to 500 records 112 KB.
 *
 * @returns a server that does not listen yet. Its `close` lets requests under way finish.
 */
export function createFirehoseServer(options: FirehoseServerOptions): Server {
  const { admit } = options;
  const streams = new Map(
    options.deliveryStreams.map((stream) => [stream.settings.deliveryStreamName, stream]),
  );

  function findStream(name: string): ServedStream {
    const stream = streams.get(name);
    if (stream === undefined) {
      const message = `Firehose ${name} under account ${account} not found.`;
      throw new FirehoseError('ResourceNotFoundException', message);
    }
    return stream;
  }

  const handlers: {
    readonly [O in Operation]: (input: Input<O>, requestId: string) => object | Promise<object>;
  } = {
    DescribeDeliveryStream: ({ DeliveryStreamName }) => {
      const stream = findStream(DeliveryStreamName);
      const description = describeDeliveryStream(stream);
      return { DeliveryStreamDescription: stream.describe?.(description) ?? description };
    },

    ListDeliveryStreams: (input) => listDeliveryStreams([...streams.keys()], input),

    PutRecord: async (input, requestId) => {
      const stream = findStream(input.DeliveryStreamName);
      const refusal = admit?.(input.Record.Data, input.DeliveryStreamName);
      if (refusal !== undefined) {
        throw new FirehoseError(refusal, recordErrorMessages[refusal]);
      }
      await stream.put([input.Record.Data]);
      return { RecordId: `${requestId}.0`, Encrypted: stream.settings.encrypted };
    },

    PutRecordBatch: async (input, requestId) => {
      const stream = findStream(input.DeliveryStreamName);
      const records = input.Records.map((record) => record.Data);
      if (records.reduce((sum, { length }) => sum + length, 0) > targets.firehose.maxRequestBytes) {
        throw recordsTooLarge();
      }
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

  async function respond(request: IncomingMessage, requestId: string): Promise<object> {
    const body = await readBody(request);
    const operation = findOperation(request);
    if (request.headers.authorization === undefined) {
      throw new FirehoseError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    if (body.length > maxBodyBytes) {
      throw recordsTooLarge();
    }
    const input = parseInput(operation, parseJson(body.text));
    // TypeScript cannot derive both types from the operation.
    const handle = handlers[operation] as (input: unknown, requestId: string) => object | Promise<object>;
    return handle(input, requestId);
  }

  const server = createServer((request, response) => {
    const requestId = randomUUID();
    respond(request, requestId).then(
      (output) => send(response, requestId, 200, output),
      (error) => sendError(response, requestId, error),
    );
  });
  // Node's default of 5 s would close connections of a client that backs off.
  server.keepAliveTimeout = 60_000;
  return server;
}

/** Lets a server listen on 127.0.0.1 only, port 0 for any free one. @returns its URL. @throws when the port is taken. */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The limit counts the data before base64 (docs/decisions/0004-requests-count-encoded.md). */
function recordsTooLarge(): FirehoseError {
  return new FirehoseError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
}

function findOperation({ method, headers }: IncomingMessage): Operation {
  const target = String(headers['x-amz-target'] ?? '');
  const operation = operations.find((name) => target === targetPrefix + name);
  const givenType = headers['content-type']?.split(';')[0]?.trim();
  if (operation === undefined || method !== 'POST' || givenType !== contentType) {
    const targets = operations.map((name) => targetPrefix + name).join(' or ');
    throw new FirehoseError(
      'UnknownOperationException',
      `Expected POST with Content-Type ${contentType} and X-Amz-Target ${targets}; got ${method} ${target}`,
    );
  }
  return operation;
}

async function readBody(request: IncomingMessage): Promise<{ length: number; text: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not `for await`, which costs a turn of the event loop for each chunk of 64 KiB.
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBodyBytes) {
      chunks.push(chunk);
    }
  });
  await once(request, 'end');
  return { length, text: Buffer.concat(chunks).toString() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FirehoseError('SerializationException', `The body is not JSON: ${(error as Error).message}`);
  }
}

function sendError(response: ServerResponse, requestId: string, error: unknown): void {
  const { type, message } =
    error instanceof FirehoseError ? error : new FirehoseError('InternalFailure', String(error));
  // Only AWS's deserializer writes a capital letter (aws/aws-sdk-php#650); clients read both.
  const text = type === 'SerializationException' ? { Message: message } : { message };
  send(response, requestId, httpStatusByErrorType[type], { __type: type, ...text });
}

function send(response: ServerResponse, requestId: string, status: number, output: object): void {
  const body = JSON.stringify(output);
  response.writeHead(status, {
    'x-amzn-requestid': requestId,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** All streams here are Direct PUT. The default limit is 10. Source: API reference, ListDeliveryStreams. */
function listDeliveryStreams(names: readonly string[], input: Input<'ListDeliveryStreams'>): object {
  const isAskedFor = (input.DeliveryStreamType ?? directPut) === directPut;
  const after = input.ExclusiveStartDeliveryStreamName ?? '';
  const rest = isAskedFor ? names.toSorted().filter((name) => name > after) : [];
  const page = rest.slice(0, input.Limit ?? 10);
  return { DeliveryStreamNames: page, HasMoreDeliveryStreams: page.length < rest.length };
}

function describeDeliveryStream({ settings, createdAt }: ServedStream) {
  const destination = {
    RoleARN: `arn:aws:iam::${account}:role/embedded-firehose`,
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
    DeliveryStreamType: directPut,
    DeliveryStreamEncryptionConfiguration: settings.encrypted
      ? { Status: 'ENABLED', KeyType: 'AWS_OWNED_CMK' }
      : { Status: 'DISABLED' },
    VersionId: deliveryStreamVersion,
    CreateTimestamp: createdAt.getTime() / 1000,
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
