import { FirehoseClient, PutRecordBatchCommand, type PutRecordBatchOutput } from '@aws-sdk/client-firehose';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { PutAnswer, PutRecords } from './delivery.ts';
import { encodeRequestBody } from './request-body.ts';
import type { RecordBatch } from './requests.ts';

type SdkError = Parameters<typeof isTransientError>[0] & Error;

/** Time to open a connection, after which the request is sent again. */
const connectionTimeoutMs = 3_000;

/** Time for an answer, after which the request is sent again. */
const requestTimeoutMs = 30_000;

/**
 * The Firehose client of a container: keep-alive connections, one for each request in flight. The endpoint and the
 * credentials are the SDK's business (`AWS_ENDPOINT_URL` points it at an emulator).
 */
export function createFirehoseClient(concurrency: number): FirehoseClient {
  const agent = { keepAlive: true, maxSockets: concurrency };
  return new FirehoseClient({
    // Retrying is ours: the SDK would not see refused records, and would hide that an answer was lost.
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

/** Errors that say for certain that nothing of a request was stored: it was turned away, or never arrived. */
function isTurnedAway(error: SdkError): boolean {
  const { code } = error as { readonly code?: string };
  return (
    isThrottlingError(error) ||
    error.name === 'ServiceUnavailableException' ||
    code === 'ECONNREFUSED' ||
    code === 'ENOTFOUND'
  );
}

/**
 * Sends requests to a delivery stream by `PutRecordBatch`.
 *
 * What Firehose refused record by record, and requests that failed as a whole in a way that may pass (5xx,
 * throttling, a timeout, a lost connection) come back as records to send again; every other error is thrown.
 */
export function createPutRecords(client: FirehoseClient, deliveryStreamName: string): PutRecords {
  return async (batch, signal) => {
    try {
      const output = await client.send(createCommand(deliveryStreamName, batch), { abortSignal: signal });
      return answerOf(output, batch.length);
    } catch (error) {
      const cause = error as SdkError;
      const refused = Array.from(batch.keys());
      if (isTurnedAway(cause)) {
        return { kind: 'failed', refused, cause: describe(cause) };
      }
      if (signal.aborted || isTransientError(cause) || isServerError(cause)) {
        return { kind: 'unanswered', refused, cause: describe(cause) };
      }
      throw describe(cause);
    }
  };
}

/** The call, whose records go past the SDK's serializer; endpoint, headers, signature and answer stay the SDK's. */
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

/**
 * What Firehose decided over each record. Only a record with an id of its own is stored: what FailedPutCount says must
 * agree, or else nobody knows.
 *
 * @throws Error if the answer is not one over the records sent.
 */
function answerOf(
  { RequestResponses: answers = [], FailedPutCount = 0 }: PutRecordBatchOutput,
  recordsSent: number,
): PutAnswer {
  const refused: number[] = [];
  for (const [place, { RecordId, ErrorCode }] of answers.entries()) {
    if (ErrorCode || !RecordId) {
      refused.push(place);
    }
  }
  if (answers.length !== recordsSent || refused.length !== FailedPutCount) {
    throw new Error(
      `Firehose answered for ${answers.length} of ${recordsSent} records and refused ${refused.length} of them, ` +
        `but says that it refused ${FailedPutCount}`,
    );
  }
  const [first = -1] = refused;
  const { ErrorCode, ErrorMessage } = answers[first] ?? {};
  return {
    kind: 'answered',
    refused,
    ...(refused.length > 0 && { cause: new Error(`${ErrorCode}: ${ErrorMessage}`) }),
  };
}

/** The error with its name in the message, which is all that a report or a log line shows of it. */
function describe(error: Error): Error {
  return new Error(`${error.name}: ${error.message}`, { cause: error });
}
