import { setMaxListeners } from 'node:events';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { deliveryReserveMs, reportReserveMs } from '../../contract/deadline.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { MetricSink } from '../../runtime/handler.ts';
import type { Pause } from '../../runtime/sqs.ts';
import { Comparison } from '../comparison/comparison.ts';
import type { CreateLineReader } from '../comparison/line-reader.ts';
import type { Bucket } from '../objects/bucket.ts';
import { countErrorObjects } from '../objects/error-objects.ts';
import { listingsOf } from '../objects/object-window.ts';
import { type Reading, readObjects } from '../objects/read-objects.ts';
import { type ClaimMessage, maxEventsAtOnce, parseClaimMessage } from './claim-messages.ts';
import { ReadingError } from './errors.ts';
import { addLooks } from './metrics.ts';
import { type Look, type SettleOptions, settle, slicesOf } from './settle.ts';
import { pauseSeconds } from './verdict.ts';

/** What {@link createProver} works with. */
export interface ProverOptions extends SettleOptions {
  /** Finds out what lines are. */
  readonly createReader: CreateLineReader;
  /** Where events land. */
  readonly bucket: Bucket;
  /** Lets the proof queue deliver claims again later. Rejects if it did not take all of them. */
  readonly pause: (pauses: readonly Pause[], untilMs: number) => Promise<void>;
  /** The time. */
  readonly clock: Clock;
  /** Where metrics go. */
  readonly metrics: MetricSink;
}

/** One invocation of the prover, which is over at `endMs`, in milliseconds since 1970. */
export type Prove = (event: SQSEvent, endMs: number) => Promise<SQSBatchResponse>;

/**
 * Makes the prover: an invocation looks at the claims that the proof queue hands it.
 *
 * It remembers nothing. A claim is settled when its message is not among those that it returns, and only after the payloads of
 * what is missing are in the dead-letter queue. So it may be killed anywhere, and given a claim twice: it looks again.
 *
 * @returns A function that resolves to the messages that stay in the queue. It rejects with ReadingError if the bucket could not be
 * read and nothing was settled: then all of them stay.
 */
export function createProver(options: ProverOptions): Prove {
  const { environment, clock, log, metrics } = options;
  return async ({ Records: records }, endMs) => {
    const startedMs = clock.now();
    const readUntilMs = endMs - deliveryReserveMs(endMs - startedMs);
    const untilMs = endMs - reportReserveMs(endMs - startedMs);
    const kept = new Set(records.map(({ messageId }) => messageId));

    const messages = await parseMessages(records, untilMs, kept, options);
    const { looked, postponed } = withinMemory(messages);
    const slices = looked.flatMap((message) => streamSlices(message, options));
    const comparison = new Comparison(slices, options.createReader, environment);
    const reading = await readInTime(looked, comparison, readUntilMs, options);
    for (const error of reading.failures) {
      log.error('reading failed, the queue keeps what is not proven', { error });
    }

    const times = { startedMs, readMs: clock.now(), untilMs };
    const looks: Look[] = [];
    for (const message of looked) {
      const look = await settle(message, times, comparison, reading, options);
      looks.push(look);
      if (look.isSettled) {
        kept.delete(message.messageId);
      }
    }
    const waiting = looks.filter(({ isSettled }) => !isSettled);
    await pauseClaims([...waiting, ...postponed], startedMs, untilMs, options);
    if (looks.length > 0) {
      addLooks(looks, reading.isAllRead, comparison, metrics);
    }
    if (reading.failures.length > 0 && kept.size === records.length) {
      throw new ReadingError(`No claim could be settled: ${reading.failures[0]!.message}`, {
        cause: reading.failures[0],
      });
    }
    return { batchItemFailures: [...kept].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** The claims. What is none goes to the dead-letter queue, by itself, and is not kept any more. */
async function parseMessages(
  records: readonly SQSRecord[],
  untilMs: number,
  kept: Set<string>,
  { bury, log }: ProverOptions,
): Promise<ClaimMessage[]> {
  const messages: ClaimMessage[] = [];
  for (const record of records) {
    const { messageId, body } = record;
    try {
      messages.push(parseClaimMessage(record));
    } catch (error) {
      log.error('message moves to the dead-letter queue', { messageId, error: error as Error });
      try {
        await bury([body], untilMs);
        kept.delete(messageId);
      } catch (buryError) {
        log.error('the dead-letter queue did not take the message', { messageId, error: buryError as Error });
      }
    }
  }
  return messages;
}

/** The claims to look at now, the oldest first, and those that wait because memory is bounded. */
function withinMemory(messages: readonly ClaimMessage[]): {
  looked: ClaimMessage[];
  postponed: ClaimMessage[];
} {
  const looked: ClaimMessage[] = [];
  const postponed: ClaimMessage[] = [];
  let events = 0;
  for (const message of messages.toSorted((a, b) => a.claim.sentToMs - b.claim.sentToMs)) {
    const fits = events + message.events <= maxEventsAtOnce;
    events += fits ? message.events : 0;
    (fits ? looked : postponed).push(message);
  }
  return { looked, postponed };
}

function streamSlices(message: ClaimMessage, { environment }: ProverOptions) {
  const { deliveryStreamName } = environment;
  return slicesOf(message).map((slice) => ({ ...slice, runId: message.claim.runId, deliveryStreamName }));
}

/** Reads the objects that may hold the events of claims, until the time is over. */
async function readInTime(
  messages: readonly ClaimMessage[],
  comparison: Comparison,
  untilMs: number,
  options: ProverOptions,
): Promise<Reading> {
  const { environment, bucket, clock } = options;
  const over = new AbortController();
  const done = new AbortController();
  // Every object that is read listens to it.
  setMaxListeners(0, over.signal);
  clock.sleep(untilMs - clock.now(), done.signal).then(() => {
    if (!done.signal.aborted) {
      over.abort();
    }
  });
  try {
    const listings = listingsOf(
      messages.map(({ claim }) => claim),
      environment,
    );
    const { errorPrefix } = environment;
    const { signal } = over;
    const reading = await readObjects(listings, comparison, { bucket, errorPrefix, signal });
    if (comparison.missing > 0 && errorPrefix !== '' && reading.isAllRead) {
      const landedSinceMs = Math.min(...listings.map((listing) => listing.landedSinceMs));
      await tellErrorObjects(landedSinceMs, signal, options);
    }
    return reading;
  } finally {
    done.abort();
  }
}

/** Says whether the stream could not deliver something: where events are missing, that may be why. */
async function tellErrorObjects(
  landedSinceMs: number,
  signal: AbortSignal,
  { environment: { errorPrefix }, bucket, log }: ProverOptions,
): Promise<void> {
  try {
    const errorObjects = await countErrorObjects(bucket, errorPrefix, landedSinceMs, signal);
    if (errorObjects.objects > 0) {
      log.warn('the stream could not deliver everything', { errorPrefix, errorObjects });
    }
  } catch (error) {
    log.warn(`listing ${errorPrefix} failed`, { error: error as Error });
  }
}

/** Lets the queue deliver claims again later. Without that it does so, too, only not at the right time. */
async function pauseClaims(
  messages: readonly ClaimMessage[],
  startedMs: number,
  untilMs: number,
  { environment, pause, log }: ProverOptions,
): Promise<void> {
  if (messages.length === 0) {
    return;
  }
  const pauses = messages.map(({ receiptHandle, claim }) => ({
    receiptHandle,
    seconds: pauseSeconds({ ageMs: startedMs - claim.sentToMs }, environment),
  }));
  try {
    await pause(pauses, untilMs);
  } catch (error) {
    log.warn('claims come back at another time than they should', { error: error as Error });
  }
}
