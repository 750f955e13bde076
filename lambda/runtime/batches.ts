import pMap from 'p-map';
import type { MadeFor } from '../contract/made-for.ts';
import type { FailureKind } from './aws-call.ts';
import { backoffOf, type Clock, callFor } from './clock.ts';

/** The result of a call on a batch. */
export interface BatchResponse {
  /** `decided`: the queue decided on each item. Otherwise the call failed as a whole. */
  readonly kind: 'decided' | FailureKind;
  /** Places in the batch of the items that the queue took. */
  readonly taken: readonly number[];
  /** Places of the items that are worth another attempt. */
  readonly again: readonly number[];
  /** Missing if the queue took all items. */
  readonly cause?: Error;
}

/** A call on up to {@link maxItemsPerCall} items, which ends early when `signal` is aborted. */
export type BatchCall<Item> = (items: readonly Item[], signal: AbortSignal) => Promise<BatchResponse>;

export interface OutgoingMessage {
  readonly body: string;
  /** Value of the attribute `MadeFor`. @default - it has none */
  readonly madeFor?: string | undefined;
}

export type SendMessages = BatchCall<OutgoingMessage>;

/** The given items, the same objects, by whether the queue took them. */
export interface QueueOutcome<Item> {
  readonly queued: readonly Item[];
  /** Items that the queue may not have taken. */
  readonly unqueued: readonly Item[];
  /** Missing if no call failed and there was time for all items. */
  readonly lastFailure?: Error;
}

/**
 * Sends items to a queue, a message an item, as JSON.
 *
 * @param untilMs When it gives up, in milliseconds since 1970.
 */
export type SendAll<Item> = (items: Iterable<Item>, untilMs: number) => Promise<QueueOutcome<Item>>;

/** Source: API reference, SendMessageBatch and ChangeMessageVisibilityBatch. */
export const maxItemsPerCall = 10;

const maxCallsInFlight = 4;

/** Timeout of a call: half of the time left, all of it where half is less than `least`. */
const timeoutMs = { least: 500, most: 5_000 };

/** With less time left than this, no call is made. */
const leastCallMs = 50;

/** Time after which {@link createCallAll} gives a batch up, so that the next step has its turn. */
const giveUpAfterMs = 10_000;

interface BatchOptions<Item> {
  readonly call: BatchCall<Item>;
  readonly clock: Clock;
  readonly untilMs: number;
  readonly maxBatchMs: number;
  readonly onTaken: (items: readonly Item[]) => void;
  /** Throws to stop at the first failure. */
  readonly onUntaken: (items: readonly Item[], failure: Error) => void;
}

/** Makes the function that sends items as long as there is time. A call that fails stops no other. */
export function createSendAll<Item>(sendMessages: SendMessages, clock: Clock, made: MadeFor): SendAll<Item> {
  const madeFor = JSON.stringify(made);
  return async (items, untilMs) => {
    const queued: Item[] = [];
    const unqueued: Item[] = [];
    const lastFailure = await callInBatches(items, {
      call: (batch, signal) =>
        sendMessages(
          batch.map((item) => ({ body: JSON.stringify(item), madeFor })),
          signal,
        ),
      clock,
      untilMs,
      maxBatchMs: Number.POSITIVE_INFINITY,
      onTaken: (taken) => queued.push(...taken),
      onUntaken: (untaken) => unqueued.push(...untaken),
    });
    return { queued, unqueued, ...(lastFailure && { lastFailure }) };
  };
}

/** Makes the function that makes calls for items until the queue took them all. It rejects at the first failure. */
export function createCallAll<Item>(
  call: BatchCall<Item>,
  clock: Clock,
): (items: Iterable<Item>, untilMs: number) => Promise<void> {
  return async (items, untilMs) => {
    const onUntaken = (_: unknown, failure: Error) => {
      throw failure;
    };
    await callInBatches(items, {
      call,
      clock,
      untilMs,
      maxBatchMs: giveUpAfterMs,
      onTaken: () => {},
      onUntaken,
    });
  };
}

/**
 * Makes calls for items, with backoff for those that the queue does not take.
 *
 * @returns The last failure, if any.
 */
async function callInBatches<Item>(
  items: Iterable<Item>,
  { call, clock, untilMs, maxBatchMs, onTaken, onUntaken }: BatchOptions<Item>,
): Promise<Error | undefined> {
  let lastFailure: Error | undefined;

  const callOnce = async (batch: readonly Item[], leftMs: number): Promise<BatchResponse> => {
    const waitMs = Math.min(timeoutMs.most, leftMs / 2 < timeoutMs.least ? leftMs : leftMs / 2);
    const response = await callFor(waitMs, clock, (signal) => call(batch, signal));
    lastFailure = response.cause ?? lastFailure;
    return response;
  };

  const giveUp = (batch: readonly Item[]) => {
    if (batch.length > 0) {
      lastFailure ??= new Error('no time was left');
      onUntaken(batch, lastFailure);
    }
  };

  const callUntilTaken = async (batch: readonly Item[]) => {
    const endMs = Math.min(untilMs, clock.now() + maxBatchMs);
    let left = batch;
    for (let attempt = 1; left.length > 0 && endMs - clock.now() >= leastCallMs; attempt += 1) {
      const sent = left;
      const { taken, again } = await callOnce(sent, endMs - clock.now());
      const isOver = new Set([...taken, ...again]);
      onTaken(taken.map((place) => sent[place]!));
      giveUp(sent.filter((_, place) => !isOver.has(place)));
      left = again.map((place) => sent[place]!);
      if (left.length > 0) {
        const backoffMs = Math.min(backoffOf(attempt, clock), (endMs - clock.now()) / 2);
        await clock.sleep(backoffMs, new AbortController().signal);
      }
    }
    giveUp(left);
  };

  await pMap(chunks(items, maxItemsPerCall), callUntilTaken, { concurrency: maxCallsInFlight });
  return lastFailure;
}

/** The items in pieces of a size; the last one may be shorter. */
export function* chunks<Item>(items: Iterable<Item>, size: number): Generator<Item[], void> {
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
