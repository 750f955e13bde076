import { setMaxListeners } from 'node:events';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { deliveryReserveMs } from '../../contract/invocation.ts';
import { type MadeFor, madeForIn } from '../../contract/made-for.ts';
import { type Clock, callFor } from '../../runtime/clock.ts';
import { FunctionError } from '../../runtime/errors.ts';
import type { Pause } from '../../runtime/sqs.ts';
import { Comparison } from '../comparison/comparison.ts';
import type { CreateLineReader } from '../comparison/line-reader.ts';
import type { Bucket } from '../objects/bucket.ts';
import { listingsOf } from '../objects/object-window.ts';
import { countObjects, type Reading, readObjects } from '../objects/read-objects.ts';
import { type ClaimMessage, maxEventsAtOnce, parseClaimMessage } from './claim-messages.ts';
import { type CheckedClaim, type SettleOptions, settle } from './settle.ts';
import { pauseSeconds } from './verdict.ts';

/** The bucket could not be read, and no claim was settled. The queue keeps all of them. */
export class ReadingError extends FunctionError {
  override readonly name = 'ReadingError';
}

/** Receives the facts of an invocation. The queue keeps every claim that has no final verdict. */
export interface ProverObserver {
  /** Called for each message that is no valid claim, before it moves to the dead-letter queue. */
  readonly onInvalidMessage: (messageId: string, error: Error) => void;
  /** The dead-letter queue did not accept an invalid message. */
  readonly onMoveFailed: (messageId: string, error: Error) => void;
  readonly onReadingFailed: (error: Error) => void;
  /** Called if events are missing and objects under the error prefix may be the reason. */
  readonly onErrorObjects: (errorPrefix: string, found: { objects: number; bytes: number }) => void;
  readonly onErrorListingFailed: (errorPrefix: string, error: Error) => void;
  readonly onVerdict: (claim: CheckedClaim, reading: Reading) => void;
  /** Called for claims that are not checked, since together with the others they have more than {@link maxEventsAtOnce} events. */
  readonly onPostponed: (messages: readonly ClaimMessage[]) => void;
  /** Claims still come back, but at the queue's own time. */
  readonly onPostponeFailed: (error: Error) => void;
  /** Called once, after all verdicts. */
  readonly onChecked: (claims: readonly CheckedClaim[], reading: Reading, comparison: Comparison) => void;
}

export interface ProverOptions extends SettleOptions {
  readonly madeFor: MadeFor;
  readonly createReader: CreateLineReader;
  readonly bucket: Bucket;
  /** Changes when the proof queue delivers claims again. Rejects unless it succeeds for all of them. */
  readonly postpone: (pauses: readonly Pause[], untilMs: number) => Promise<void>;
  readonly clock: Clock;
  readonly observer: Partial<ProverObserver>;
}

/** One invocation of the prover, which ends before `endMs`, in milliseconds since 1970. */
export type Prove = (event: SQSEvent, endMs: number) => Promise<SQSBatchResponse>;

/** Share of the time that is left for letters after the reading. */
const settlingShare = 0.1;

/**
 * Makes the prover. An invocation checks the claims of a batch of the proof queue.
 *
 * It has no state. A claim is settled if its message is not among the returned ones, and only after the payloads of its missing
 * events are in the dead-letter queue. So an invocation may be killed at any time, and get a claim twice.
 *
 * @returns A function that resolves to the messages that stay in the queue. It rejects with ReadingError if the bucket could
 * not be read and no claim was settled: then all messages stay.
 */
export function createProver(options: ProverOptions): Prove {
  const { environment, clock, observer } = options;
  return async ({ Records: records }, endMs) => {
    const startedMs = clock.now();
    const leftMs = endMs - startedMs;
    const readUntilMs = endMs - Math.max(deliveryReserveMs(leftMs), leftMs * settlingShare);
    // At 0.29 cores, log lines with stacks take most of a second.
    const untilMs = endMs - deliveryReserveMs(leftMs) / 2;
    const kept = new Set(records.map(({ messageId }) => messageId));

    const messages = await parseMessages(records, untilMs, kept, options);
    const { current, postponed } = withinMemory(messages);
    if (postponed.length > 0) {
      observer.onPostponed?.(postponed);
    }
    const comparable = current.filter(({ misfit }) => !misfit?.isOther);
    const slices = comparable.flatMap(({ claim, slices, sending }) =>
      slices.map((slice) => ({
        ...slice,
        sending,
        runId: claim.runId,
        deliveryStreamName: environment.deliveryStreamName,
      })),
    );
    const comparison = new Comparison(slices, options.createReader, environment);
    const reading = await readInTime(comparable, comparison, readUntilMs, options);
    for (const error of reading.failures) {
      observer.onReadingFailed?.(error);
    }

    const times = { startedMs, readMs: clock.now(), untilMs };
    const checked: CheckedClaim[] = [];
    // The smallest first: one that needs many letters stops no other.
    for (const message of current.toSorted((a, b) => a.events - b.events)) {
      const claim = await settle(message, times, comparison, reading, options);
      observer.onVerdict?.(claim, reading);
      checked.push(claim);
      if (claim.isSettled) {
        kept.delete(message.messageId);
      }
    }
    const waiting = checked.filter(({ isSettled }) => !isSettled);
    await postponeClaims([...waiting, ...postponed], startedMs, untilMs, options);
    if (checked.length > 0) {
      observer.onChecked?.(checked, reading, comparison);
    }
    if (reading.failures.length > 0 && kept.size === records.length) {
      throw new ReadingError(`No claim could be settled: ${reading.failures[0]!.message}`, {
        cause: reading.failures[0],
      });
    }
    return { batchItemFailures: [...kept].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** Parses the messages. Each one that is no valid claim moves to the dead-letter queue and is no longer kept. */
async function parseMessages(
  records: readonly SQSRecord[],
  untilMs: number,
  kept: Set<string>,
  { madeFor, sendToDeadLetterQueue, observer }: ProverOptions,
): Promise<ClaimMessage[]> {
  const messages: ClaimMessage[] = [];
  for (const record of records) {
    const { messageId, body } = record;
    try {
      messages.push(parseClaimMessage(record, madeFor));
    } catch (error) {
      observer.onInvalidMessage?.(messageId, error as Error);
      try {
        await sendToDeadLetterQueue([{ body, madeFor: madeForIn(record) }], untilMs);
        kept.delete(messageId);
      } catch (sendError) {
        observer.onMoveFailed?.(messageId, sendError as Error);
      }
    }
  }
  return messages;
}

/** A claim goes first in every fourth of its deliveries: no claim waits forever for smaller ones. */
const receivesPerTurn = 4;

/**
 * The claims to check now, the oldest first, and those that do not fit into memory with them. Small claims are checked before
 * large ones, so that one absurd claim does not stop the others.
 */
function withinMemory(messages: readonly ClaimMessage[]) {
  const rank = ({ events, receives }: ClaimMessage) => (receives % receivesPerTurn === 0 ? 0 : events);
  const postponed = new Set<ClaimMessage>();
  let events = 0;
  for (const message of messages.toSorted((a, b) => rank(a) - rank(b) || a.events - b.events)) {
    if (events + message.events > maxEventsAtOnce) {
      postponed.add(message);
    } else {
      events += message.events;
    }
  }
  const current = messages.filter((message) => !postponed.has(message));
  return {
    current: current.sort((a, b) => a.claim.sentToMs - b.claim.sentToMs),
    postponed: [...postponed],
  };
}

/** Reads the objects that may hold the events of claims, until the time is over. */
async function readInTime(
  messages: readonly ClaimMessage[],
  comparison: Comparison,
  untilMs: number,
  options: ProverOptions,
): Promise<Reading> {
  const { environment, bucket, clock } = options;
  return await callFor(untilMs - clock.now(), clock, async (signal) => {
    // Each open object listens to it.
    setMaxListeners(0, signal);
    const listings = listingsOf(
      messages.map(({ sent }) => sent),
      environment,
      clock.now(),
    );
    const { errorPrefix } = environment;
    const { now } = clock;
    const reading = await readObjects(listings, comparison, { bucket, errorPrefix, signal, now, untilMs });
    if (comparison.missing > 0 && errorPrefix !== '' && reading.isAllRead) {
      const landedSinceMs = Math.min(...listings.map((listing) => listing.landedSinceMs));
      await findErrorObjects(landedSinceMs, signal, options);
    }
    return reading;
  });
}

async function findErrorObjects(
  landedSinceMs: number,
  signal: AbortSignal,
  { environment: { errorPrefix }, bucket, observer }: ProverOptions,
): Promise<void> {
  try {
    const found = await countObjects(bucket, errorPrefix, landedSinceMs, signal);
    if (found.objects > 0) {
      observer.onErrorObjects?.(errorPrefix, found);
    }
  } catch (error) {
    observer.onErrorListingFailed?.(errorPrefix, error as Error);
  }
}

async function postponeClaims(
  messages: readonly ClaimMessage[],
  startedMs: number,
  untilMs: number,
  { environment, postpone, observer }: ProverOptions,
): Promise<void> {
  if (messages.length === 0) {
    return;
  }
  const pauses = messages.map(({ receiptHandle, sent }) => ({
    receiptHandle,
    seconds: pauseSeconds(startedMs - sent.sentToMs, environment),
  }));
  await postpone(pauses, untilMs).catch((error) => observer.onPostponeFailed?.(error));
}
