import { FirehoseClient, PutRecordBatchCommand, type PutRecordBatchOutput } from '@aws-sdk/client-firehose';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { PutAnswer, PutRecords } from './delivery.ts';
import { encodeRequestBody } from './request-body.ts';
import type { RecordBatch } from './requests.ts';

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

/**
 * Sends requests to a delivery stream by `PutRecordBatch`.
 *
 * What Firehose refused record by record, and requests that failed as a whole in a way that may pass (5xx,
 * throttling, a timeout, a lost connection) come back as records to send again; every other error is thrown.
 */
export function createPutRecords(client: FirehoseClient, deliveryStreamName: string): PutRecords {
  return async (batch) => {
    try {
      const output = await client.send(createCommand(deliveryStreamName, batch));
      return refusedRecords(output, batch.length);
    } catch (error) {
      const cause = error as Parameters<typeof isTransientError>[0];
      if (isTransientError(cause) || isThrottlingError(cause) || isServerError(cause)) {
        return { refused: Array.from(batch.keys()), cause: describe(cause) };
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

/** The records that Firehose refused, with HTTP 200, for the first reason that it gives. */
function refusedRecords(output: PutRecordBatchOutput, recordsSent: number): PutAnswer {
  if (!output.FailedPutCount) {
    return { refused: [] };
  }
  const answers = output.RequestResponses ?? [];
  if (answers.length !== recordsSent) {
    throw new Error(`Firehose answered for ${answers.length} records of the ${recordsSent} sent`);
  }
  const refused: number[] = [];
  for (const [place, { ErrorCode }] of answers.entries()) {
    if (ErrorCode) {
      refused.push(place);
    }
  }
  const first = answers[refused[0] ?? -1];
  return { refused, cause: new Error(`${first?.ErrorCode}: ${first?.ErrorMessage}`) };
}

/** The error with its name in the message, which is all that a report or a log line shows of it. */
function describe(error: Error): Error {
  return new Error(`${error.name}: ${error.message}`, { cause: error });
}
