import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { RunSlice } from '../contract/slice.ts';
import { WorkQueueError } from './errors.ts';

/**
 * Hands slices to the work queue; a later invocation works on them.
 *
 * @throws WorkQueueError unless the queue has taken every one of them.
 */
export type SendSlices = (slices: Iterable<RunSlice>) => Promise<void>;

/** Most messages of a `SendMessageBatch` call (API reference). */
const maxMessagesPerCall = 10;

/** Calls in flight. */
const concurrency = 8;

/** Time for a connection, and for a response: two attempts fit in what the deadline keeps for the queue. */
const timeoutMs = 800;

/** The SQS client of a container, with one retry. */
export function createQueueClient(): SQSClient {
  return new SQSClient({
    maxAttempts: 2,
    // The queue's URL names the queue; where SQS is, is the endpoint's business (`AWS_ENDPOINT_URL`).
    useQueueUrlAsEndpoint: false,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
    },
  });
}

/** Hands slices to a queue by `SendMessageBatch`: a message is a slice, as JSON. */
export function createSendSlices(client: SQSClient, queueUrl: string): SendSlices {
  const sendCall = async (slices: readonly RunSlice[]) => {
    const { Failed = [], Successful = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: slices.map((slice, index) => ({ Id: String(index), MessageBody: JSON.stringify(slice) })),
      }),
    );
    if (Failed.length > 0 || Successful.length !== slices.length) {
      throw new Error(Failed[0]?.Message ?? `it took ${Successful.length} messages of ${slices.length}`);
    }
  };

  return async (slices) => {
    const calls = chunks(slices, maxMessagesPerCall);
    const work = async () => {
      for (const call of calls) {
        await sendCall(call);
      }
    };
    try {
      await Promise.all(Array.from({ length: concurrency }, work));
    } catch (error) {
      const { name, message } = error as Error;
      throw new WorkQueueError(`${queueUrl} did not take every slice: ${name}: ${message}`, { cause: error });
    }
  };
}

/** Groups of `size`, the last one smaller. */
function* chunks<Item>(items: Iterable<Item>, size: number): Generator<Item[], void> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) {
    yield chunk;
  }
}
