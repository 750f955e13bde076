import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import type { LocalQueue, QueueMessage } from '../sqs/queue.ts';
import type { Invocation } from './runtime.ts';

export interface EventSourceMappingSettings {
  readonly batchSize: number;
  readonly maxConcurrency: number;
  /** Time that a batch that is not full waits for more messages. @default 0 */
  readonly batchingWindowMs?: number;
}

export interface EventSourceMappingEnd {
  /** Ends the processing before the queue is empty, after the invocations under way. */
  readonly signal?: AbortSignal;
  /** Until this resolves, an empty queue doesn't end the processing. */
  readonly notBefore?: Promise<unknown>;
}

const batchResponse = v.object({ batchItemFailures: v.array(v.object({ itemIdentifier: v.string() })) });

/**
 * Processes a queue as Lambda's event source mapping does, until it is empty: messages that the function reports as failed,
 * and all messages of a failed invocation, come back after their visibility timeout.
 */
export async function processQueue(
  queue: LocalQueue,
  { batchSize, maxConcurrency, batchingWindowMs = 0 }: EventSourceMappingSettings,
  invoke: (payload: unknown) => Promise<Invocation>,
  { signal, notBefore }: EventSourceMappingEnd = {},
): Promise<void> {
  let running = 0;
  let mayEnd = notBefore === undefined;
  const maybeEnd = notBefore?.then(() => {
    mayEnd = true;
  });
  const stopped = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
  const work = async (messages: readonly QueueMessage[]) => {
    const asReceived = messages.map((message) => ({ ...message }));
    const { result } = await invoke({ Records: asReceived.map(toRecord) });
    const failed = v.is(batchResponse, result)
      ? new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      : new Set(messages.map(({ messageId }) => messageId));
    running -= 1;
    for (const message of asReceived) {
      if (failed.has(message.messageId)) {
        queue.release(message);
      } else {
        queue.delete(message.messageId);
      }
    }
  };

  const pending = new Set<Promise<void>>();
  let waitingSinceMs: number | undefined;
  while (!(mayEnd && queue.isEmpty) && !signal?.aborted) {
    const now = Date.now();
    const { visible } = queue;
    waitingSinceMs = visible > 0 ? (waitingSinceMs ?? now) : undefined;
    const windowEndMs = (waitingSinceMs ?? now) + batchingWindowMs;
    const isReady = running < maxConcurrency && (visible >= batchSize || now >= windowEndMs);
    const messages = isReady ? queue.receive(batchSize) : [];
    if (messages.length > 0) {
      waitingSinceMs = undefined;
      running += 1;
      const worked = work(messages).finally(() => pending.delete(worked));
      // The race below reports it; several at once must not end the process.
      worked.catch(() => {});
      pending.add(worked);
      continue;
    }
    if (mayEnd && queue.isEmpty) {
      break;
    }
    const nextMs = visible > 0 ? windowEndMs : queue.nextVisibleMs;
    const waitMs = Math.min(1_000, Math.max(10, nextMs - now));
    const others = [...pending, ...(mayEnd ? [] : [maybeEnd])];
    await Promise.race([queue.changed(), setTimeout(waitMs), stopped, ...others]);
  }
  await Promise.all(pending);
}

/** A message as Lambda passes it to a function. */
function toRecord({ messageId, body, messageAttributes, receiveCount, sentMs }: QueueMessage): object {
  return {
    messageId,
    receiptHandle: messageId,
    body,
    attributes: { ApproximateReceiveCount: String(receiveCount), SentTimestamp: String(sentMs) },
    messageAttributes,
    eventSource: 'aws:sqs',
    awsRegion: 'us-east-1',
  };
}
