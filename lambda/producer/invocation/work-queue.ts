import pMap from 'p-map';
import type { RunSlice } from '../../contract/slice.ts';
import type { FailureKind } from '../../runtime/aws-call.ts';
import { backoffOf, type Clock, callFor } from '../../runtime/clock.ts';

/** What became of a call that sends messages. */
export interface SendResponse {
  /** `decided`: the queue decided over each message. Otherwise the call failed as a whole. */
  readonly kind: 'decided' | FailureKind;
  /** The messages, by their place in the call, that the queue took. */
  readonly taken: readonly number[];
  /** Those that it may take another time. */
  readonly again: readonly number[];
  /** Why it did not take them all. */
  readonly cause?: Error;
}

/** Sends up to {@link maxMessagesPerCall} messages in one call, which ends early when `signal` is aborted. */
export type SendMessages = (bodies: readonly string[], signal: AbortSignal) => Promise<SendResponse>;

/** The items that were given, the same objects, by whether the queue took them. */
export interface QueueOutcome<Item = RunSlice> {
  /** Those that it took. */
  readonly queued: readonly Item[];
  /** Those that it is not known to have taken. */
  readonly unqueued: readonly Item[];
  /** The last failure; missing when nothing failed. */
  readonly lastFailure?: Error;
}

/**
 * Hands items to a queue.
 *
 * @param untilMs When it gives up, in milliseconds since 1970.
 */
export type SendAll<Item> = (items: Iterable<Item>, untilMs: number) => Promise<QueueOutcome<Item>>;

/** Hands slices to the work queue; a later invocation works on them. */
export type SendSlices = SendAll<RunSlice>;

/** Most messages of a `SendMessageBatch` call (API reference). */
export const maxMessagesPerCall = 10;

/** Calls in flight. */
const concurrency = 4;

/** How long a response is waited for: half of the time left, all of it where half is less than `least`. */
const timeoutMs = { least: 500, most: 5_000 };

/** With less time left than this, no call is worth a try. */
const leastCallMs = 50;

/** Hands slices to the work queue. See {@link createSendAll}. */
export const createSendSlices: (sendMessages: SendMessages, clock: Clock) => SendSlices = createSendAll;

/**
 * Hands items to a queue, a message an item, as JSON. What the queue doesn't take is sent again, with backoff, as long
 * as there is time. A call that fails stops no other.
 */
export function createSendAll<Item>(sendMessages: SendMessages, clock: Clock): SendAll<Item> {
  return async (items, untilMs) => {
    const queued: Item[] = [];
    const unqueued: Item[] = [];
    let lastFailure: Error | undefined;

    const sendOnce = async (bodies: readonly string[]): Promise<SendResponse> => {
      const leftMs = untilMs - clock.now();
      const waitMs = Math.min(timeoutMs.most, leftMs / 2 < timeoutMs.least ? leftMs : leftMs / 2);
      const response = await callFor(waitMs, clock, (signal) => sendMessages(bodies, signal));
      lastFailure = response.cause ?? lastFailure;
      return response;
    };

    const sendChunk = async (chunk: readonly Item[]) => {
      let left = chunk;
      for (let attempt = 1; left.length > 0 && untilMs - clock.now() >= leastCallMs; attempt += 1) {
        const sent = left;
        const { taken, again } = await sendOnce(sent.map((item) => JSON.stringify(item)));
        const isOver = new Set([...taken, ...again]);
        queued.push(...taken.map((place) => sent[place]!));
        unqueued.push(...sent.filter((_, place) => !isOver.has(place)));
        left = again.map((place) => sent[place]!);
        if (left.length > 0) {
          const backoffMs = Math.min(backoffOf(attempt, clock), (untilMs - clock.now()) / 2);
          await clock.sleep(backoffMs, new AbortController().signal);
        }
      }
      unqueued.push(...left);
    };

    await pMap(chunks(items, maxMessagesPerCall), sendChunk, { concurrency });
    return { queued, unqueued, ...(lastFailure && { lastFailure }) };
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
