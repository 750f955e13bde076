import { setTimeout } from 'node:timers/promises';
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import type { ProverOptions } from './prover.ts';

/** Most messages of a call (API reference). */
const maxMessagesPerCall = 10;

/** Calls in flight. */
const concurrency = 4;

/** How often messages are tried that a queue did not take, and the pause between two attempts. */
const [maxAttempts, pauseMs] = [4, 200];

/** The SQS client of a container. Unlike the producer, it lets the SDK retry: nothing is lost when it gives up. */
export function createQueueClient(): SQSClient {
  return new SQSClient({
    // The queue's URL names the queue; where SQS is, is the endpoint's business (`AWS_ENDPOINT_URL`).
    useQueueUrlAsEndpoint: false,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
    },
  });
}

/** Sends messages to a queue: all of them, or it throws. */
export function createSend(client: SQSClient, queueUrl: string): ProverOptions['bury'] {
  return (bodies, untilMs) =>
    inBatches(bodies, untilMs, async (batch, abortSignal) => {
      const Entries = batch.map((body, place) => ({ Id: String(place), MessageBody: body }));
      const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
      return (await client.send(command, { abortSignal })).Failed;
    });
}

/** Lets a queue deliver messages again later: all of them, or it throws. */
export function createPause(client: SQSClient, queueUrl: string): ProverOptions['pause'] {
  return (pauses, untilMs) =>
    inBatches(pauses, untilMs, async (batch, abortSignal) => {
      const Entries = batch.map(({ receiptHandle, seconds }, place) => ({
        Id: String(place),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      return (await client.send(command, { abortSignal })).Failed;
    });
}

/** Makes a call for every ten items, and again for those of them that failed. */
async function inBatches<Item>(
  items: Iterable<Item>,
  untilMs: number,
  call: (batch: readonly Item[], signal: AbortSignal) => Promise<BatchResultErrorEntry[] | undefined>,
): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(1, untilMs - Date.now()));
  const callUntilTaken = async (batch: readonly Item[]) => {
    let left = batch;
    for (let attempt = 1; ; attempt += 1) {
      const failed = (await call(left, signal)) ?? [];
      if (failed.length === 0) {
        return;
      }
      const [{ Code, Message, SenderFault }] = failed as [BatchResultErrorEntry];
      if (attempt === maxAttempts || SenderFault) {
        throw new Error(`${failed.length} of ${batch.length} messages: ${Code}: ${Message}`);
      }
      left = failed.map(({ Id }) => left[Number(Id)]!);
      await setTimeout(pauseMs * attempt, undefined, { signal });
    }
  };
  await pMap(chunks(items), callUntilTaken, { concurrency });
}

/** Groups of {@link maxMessagesPerCall}, the last one smaller. */
function* chunks<Item>(items: Iterable<Item>): Generator<Item[], void> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length === maxMessagesPerCall) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) {
    yield chunk;
  }
}
