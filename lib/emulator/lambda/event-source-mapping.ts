import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import type { LocalQueue, QueueMessage } from '../sqs/queue.ts';
import type { Invocation } from './runtime.ts';

/** How a queue is processed. */
export interface EventSourceMappingSettings {
  /** Most messages of an invocation. */
  readonly batchSize: number;
  /** Invocations at the same time. */
  readonly maxConcurrency: number;
}

const batchResponse = v.object({ batchItemFailures: v.array(v.object({ itemIdentifier: v.string() })) });

/**
 * Processes a queue the way Lambda's event source mapping does, until it is empty: messages that the function reports as
 * failed, and all messages of an invocation that failed, come again when their visibility timeout is over.
 *
 * @param invoke Invokes the function.
 * @param signal Ends it before the queue is empty, once the invocations under way are over.
 */
export async function processQueue(
  queue: LocalQueue,
  { batchSize, maxConcurrency }: EventSourceMappingSettings,
  invoke: (payload: unknown) => Promise<Invocation>,
  signal?: AbortSignal,
): Promise<void> {
  let running = 0;
  const work = async (messages: readonly QueueMessage[]) => {
    const { result } = await invoke({ Records: messages.map(toRecord) });
    const failed = v.is(batchResponse, result)
      ? new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      : new Set(messages.map(({ messageId }) => messageId));
    running -= 1;
    for (const { messageId } of messages) {
      if (!failed.has(messageId)) {
        queue.delete(messageId);
      }
    }
  };

  const pending = new Set<Promise<void>>();
  while (!queue.isEmpty && !signal?.aborted) {
    const messages = running < maxConcurrency ? queue.receive(batchSize) : [];
    if (messages.length > 0) {
      running += 1;
      const worked = work(messages).finally(() => pending.delete(worked));
      pending.add(worked);
      continue;
    }
    if (queue.isEmpty) {
      break;
    }
    const waitMs = Math.min(1_000, Math.max(10, queue.nextVisibleMs - Date.now()));
    await Promise.race([queue.changed(), setTimeout(waitMs), ...pending]);
  }
  await Promise.all(pending);
}

/** A message as Lambda shows it to a function. */
function toRecord({ messageId, body, receiveCount }: QueueMessage): object {
  return {
    messageId,
    receiptHandle: messageId,
    body,
    attributes: { ApproximateReceiveCount: String(receiveCount) },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    awsRegion: 'us-east-1',
  };
}
