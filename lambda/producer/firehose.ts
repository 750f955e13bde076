import { FirehoseClient, PutRecordBatchCommand, type PutRecordBatchOutput } from '@aws-sdk/client-firehose';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { encodeRequestBody } from './request-body.ts';
import type { RecordBatch } from './requests.ts';

/** What became of one request, as far as it can be sent again. */
export interface PutResponse {
  /**
   * - `decided`: Firehose decided over each record.
   * - `rejected`: nothing was stored, and another attempt may succeed.
   * - `lost`: the same, but nobody knows whether it was stored, because the response was lost.
   */
  readonly kind: 'decided' | 'rejected' | 'lost';
  /** The records, by their place in the request, that have to be sent again. */
  readonly refused: readonly number[];
  /** Those of them that were refused in a way that can mean the quota. */
  readonly throttled: readonly number[];
  /** Why they were refused. */
  readonly cause?: Error;
}

/**
 * Sends one request; an abort of `signal` makes it `lost`.
 *
 * @throws The error that no retry can fix, such as a missing permission or stream.
 */
export type PutRecords = (batch: RecordBatch, signal: AbortSignal) => Promise<PutResponse>;

type SdkError = Parameters<typeof isTransientError>[0] & Error;

/** Time to open a connection, after which the request is sent again. */
const connectionTimeoutMs = 3_000;

/** Time for a response, after which the request is sent again. */
const requestTimeoutMs = 30_000;

/**
 * The Firehose client of a container: keep-alive connections, one for each request in flight. The endpoint and the
 * credentials are the SDK's business (`AWS_ENDPOINT_URL` points it at an emulator).
 */
export function createFirehoseClient(concurrency: number): FirehoseClient {
  const agent = { keepAlive: true, maxSockets: concurrency };
  return new FirehoseClient({
    // Retrying is ours: the SDK would not see refused records, and would hide that a response was lost.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}

/** Errors that say for certain that nothing of a request was stored: it was rejected, or never arrived. */
function isRejected(error: SdkError): boolean {
  const { code } = error as { readonly code?: string };
  return (
    isThrottlingError(error) || error.name === throttled || code === 'ECONNREFUSED' || code === 'ENOTFOUND'
  );
}

/**
 * Sends requests to a delivery stream by `PutRecordBatch`.
 *
 * Records that Firehose refused one by one, and requests that failed as a whole in a way that may pass (5xx, throttling,
 * a timeout, a lost connection) come back as records to send again; every other error is thrown.
 */
export function createPutRecords(client: FirehoseClient, deliveryStreamName: string): PutRecords {
  return async (batch, signal) => {
    try {
      const output = await client.send(createCommand(deliveryStreamName, batch), { abortSignal: signal });
      return responseOf(output, batch.length);
    } catch (error) {
      const cause = error as SdkError;
      const refused = Array.from(batch.keys());
      if (isRejected(cause)) {
        return { kind: 'rejected', refused, throttled: [], cause: describe(cause) };
      }
      if (signal.aborted || isTransientError(cause) || isServerError(cause)) {
        return { kind: 'lost', refused, throttled: [], cause: describe(cause) };
      }
      throw describe(cause);
    }
  };
}

/** The call, whose records go past the SDK's serializer; endpoint, headers, signature and response stay the SDK's. */
function createCommand(deliveryStreamName: string, batch: RecordBatch): PutRecordBatchCommand {
  const command = new PutRecordBatchCommand({ DeliveryStreamName: deliveryStreamName, Records: [] });
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { body: Uint8Array }).body = encodeRequestBody(deliveryStreamName, batch);
      return next(args);
    },
    // Low: after the SDK's own serializer, before everything that looks at the body.
    { name: 'requestBody', step: 'serialize', priority: 'low' },
  );
  return command;
}

/** The only error of a record that can mean the stream's quota. */
const throttled = 'ServiceUnavailableException';

/**
 * What Firehose decided over each record. Only a record with an id of its own is stored: what `FailedPutCount` says must
 * agree, or else nobody knows.
 *
 * @throws Error if the response is not one over the records sent.
 */
function responseOf(
  { RequestResponses: responses = [], FailedPutCount = 0 }: PutRecordBatchOutput,
  recordsSent: number,
): PutResponse {
  const refused = [...responses.keys()].filter(
    (place) => responses[place]!.ErrorCode || !responses[place]!.RecordId,
  );
  if (responses.length !== recordsSent || refused.length !== FailedPutCount) {
    throw new Error(
      `Firehose decided over ${responses.length} of ${recordsSent} records and refused ${refused.length} of them, ` +
        `but says that it refused ${FailedPutCount}`,
    );
  }
  const { ErrorCode, ErrorMessage } = responses[refused[0] ?? -1] ?? {};
  return {
    kind: 'decided',
    refused,
    throttled: refused.filter((place) => responses[place]!.ErrorCode === throttled),
    ...(refused.length > 0 && { cause: new Error(`${ErrorCode}: ${ErrorMessage}`) }),
  };
}

/** The error with its name in the message, which is all that a report or a log line shows of it. */
function describe(error: Error): Error {
  return new Error(`${error.name}: ${error.message}`, { cause: error });
}
