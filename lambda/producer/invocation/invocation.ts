import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Claim } from '../../contract/claim.ts';
import { type MadeFor, misfitOf } from '../../contract/made-for.ts';
import type { Report } from '../../contract/report.ts';
import {
  mergeSlices,
  partsOf,
  type RunSlice,
  type Slice,
  sliceLength,
  subtractSlices,
  workMaxReceives,
} from '../../contract/slice.ts';
import type { SendAll } from '../../runtime/batches.ts';
import type { InvocationContext } from '../../runtime/handler.ts';
import type { Pause } from '../../runtime/sqs.ts';
import { Deadline } from '../delivery/deadline.ts';
import type { DeliveryOutcome, RequestTrace } from '../delivery/delivery.ts';
import { type Delivered, type OnClaimsUnsent, sendClaims } from './claims.ts';
import { InvalidPayloadError, NothingDeliveredError, WorkQueueError } from './errors.ts';
import { describeNothingDelivered, describeUnqueued } from './failure-text.ts';
import { cutSlice, joinLeftOver, queuedOf } from './left-over.ts';
import { parsePayload } from './parse-payload.ts';
import { type ProduceOptions, produce } from './produce.ts';
import { createReport } from './report.ts';

export interface SliceKeys {
  readonly runId: string;
  /** The message of the work queue. @default - the slice came in a payload */
  readonly messageId?: string;
}

export interface MessageFailure {
  readonly messageId: string;
  /** @default - the message could not be read */
  readonly runId?: string;
  readonly error: Error;
}

export interface Observer {
  readonly onSliceStarted?: (slice: RunSlice, keys: SliceKeys) => void;
  readonly onRequest?: (trace: RequestTrace, keys: SliceKeys) => void;
  readonly onReport?: (report: Report, keys: SliceKeys) => void;
  readonly onMessageFailed?: (failure: MessageFailure) => void;
  readonly onClaimsUnsent?: OnClaimsUnsent;
  /** Failed messages still come back, but at the queue's own time. */
  readonly onPostponeFailed?: (error: Error) => void;
}

export interface InvocationOptions extends ProduceOptions {
  readonly madeFor: MadeFor;
  readonly queues: {
    readonly sendSlices: SendAll<RunSlice>;
    /** Changes when the work queue delivers messages again. Rejects unless it succeeds for all of them. */
    readonly postpone: (pauses: readonly Pause[], untilMs: number) => Promise<void>;
    /** @default - nothing is proven */
    readonly sendClaims?: SendAll<Claim>;
  };
  readonly observer: Observer;
}

export type Invoke = (payload: unknown, context: InvocationContext) => Promise<Report | SQSBatchResponse>;

/**
 * Pause of a message after a failure: a minute, then four times as long each time, so that an outage of an hour needs
 * nobody. After the last failure SQS moves the message at once.
 */
const pauseSeconds = (failures: number) => (failures < workMaxReceives ? 60 * 4 ** (failures - 1) : 1);

/**
 * Makes the function: an invocation processes the slice of its payload, or those of the messages that the work queue
 * hands it. Every slice gets its report, also after a failure.
 *
 * @returns A function that resolves to the report on a payload, or to the messages that have to be delivered again. It
 * rejects with InvalidPayloadError, NothingDeliveredError or WorkQueueError, so that Lambda repeats the invocation.
 */
export function createInvocation(options: InvocationOptions): Invoke {
  return (payload, context) =>
    isQueueEvent(payload)
      ? processMessages(payload, context, options)
      : processPayload(payload, context, options);
}

function isQueueEvent(payload: unknown): payload is SQSEvent {
  const records = (payload as Partial<SQSEvent> | null | undefined)?.Records;
  return Array.isArray(records) && records[0]?.eventSource === 'aws:sqs';
}

async function processPayload(
  payload: unknown,
  { requestId, endMs }: InvocationContext,
  options: InvocationOptions,
): Promise<Report> {
  const slice = parsePayload(payload, options.environment.settings, requestId);
  const deadline = new Deadline(options.clock.now(), endMs);
  const work = await processSlice(slice, { runId: slice.runId }, deadline, options);
  if (work.outcome?.stopReason === 'fatal' && hasNoProgress(work)) {
    throw nothingDelivered(work, options);
  }
  const sent = await options.queues.sendSlices(work.leftOver, deadline.queueUntilMs);
  await claim([work], deadline, options);
  const made = report(work, sent.queued, options);
  if (sent.unqueued.length > 0) {
    throw new WorkQueueError(describeUnqueued(made, work.slice, sent.lastFailure), {
      cause: sent.lastFailure,
    });
  }
  return made;
}

async function processMessages(
  { Records: messages }: SQSEvent,
  { endMs }: InvocationContext,
  options: InvocationOptions,
): Promise<SQSBatchResponse> {
  const { environment, queues, observer, clock } = options;
  const deadline = new Deadline(clock.now(), endMs);
  const failed: string[] = [];
  const pauses: Pause[] = [];
  const fail = (
    { messageId, receiptHandle, attributes }: SQSRecord,
    runId: string | undefined,
    error: unknown,
  ) => {
    observer.onMessageFailed?.({ messageId, ...(runId && { runId }), error: error as Error });
    failed.push(messageId);
    // The queue's own time, six timeouts, is for messages whose invocation was killed, or ran out of time.
    if (clock.now() < deadline.lastStartMs) {
      const isRefused = error instanceof InvalidPayloadError;
      const failures = Number(attributes?.ApproximateReceiveCount) || 1;
      // A refused message is refused again: it moves to the dead-letter queue within seconds.
      pauses.push({ receiptHandle, seconds: isRefused ? 1 : pauseSeconds(failures) });
    }
  };

  const works = new Map<SQSRecord, Work>();
  for (const message of messages) {
    const { messageId, body, messageAttributes } = message;
    let slice: RunSlice | undefined;
    try {
      refuseOther(message, options.madeFor);
      // A dead letter from Lambda carries the request id of the failed invocation, which may be the run's id.
      const requestId = messageAttributes?.RequestID?.stringValue ?? messageId;
      slice = parsePayload(parseBody(body), environment.settings, requestId);
      const keys = { runId: slice.runId, messageId };
      const work = await processSlice(slice, keys, deadline, options, works.size > 0);
      // A message that came after others is not to blame if time runs out.
      const isBlameless = works.size > 0 && work.outcome?.stopReason === 'deadline';
      // A message that makes no progress stays in the queue, which counts that, and moves to the dead-letter queue.
      if (hasNoProgress(work) && !isBlameless) {
        throw nothingDelivered(work, options);
      }
      works.set(message, work);
    } catch (error) {
      fail(message, slice?.runId, error);
    }
  }

  const leftOver = [...works.values()].flatMap((work) => work.leftOver);
  const sent = await queues.sendSlices(
    joinLeftOver(leftOver, environment.settings.eventsPerSlice),
    deadline.queueUntilMs,
  );
  await claim([...works.values()], deadline, options);
  for (const [message, work] of works) {
    const made = report(work, queuedOf(work.leftOver, sent.queued), options);
    if (made.eventsUndelivered > 0) {
      fail(message, made.runId, new WorkQueueError(describeUnqueued(made, work.slice, sent.lastFailure)));
    }
  }
  if (pauses.length > 0) {
    await queues.postpone(pauses, deadline.queueUntilMs).catch((error) => observer.onPostponeFailed?.(error));
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Refuses a message whose slices would be other events here. The prefix of the objects does not change them. */
function refuseOther(message: SQSRecord, own: MadeFor): void {
  const misfit = misfitOf(message, own);
  if (misfit?.isOther) {
    throw new InvalidPayloadError(
      `The message was refused, nothing was sent: it was ${misfit.reason}. Deploy that again before you redrive it, or delete it`,
    );
  }
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidPayloadError(`The message is not JSON: ${body.slice(0, 80)}`);
  }
}

interface Work extends Delivered {
  readonly keys: SliceKeys;
  readonly outcome?: DeliveryOutcome;
  readonly leftOver: readonly RunSlice[];
}

/**
 * Sends the events of a slice, or cuts it when it is too large.
 *
 * @param mayWait Whether the slice is left whole when there is no time for it.
 */
async function processSlice(
  slice: RunSlice,
  keys: SliceKeys,
  deadline: Deadline,
  options: InvocationOptions,
  mayWait = false,
): Promise<Work> {
  const { environment, observer, clock } = options;
  const { eventsPerSlice } = environment.settings;
  const startedMs = clock.now();
  observer.onSliceStarted?.(slice, keys);
  const parts = partsOf(slice);

  // A steady run is not cut: its slices would run at the same time, and several times as fast.
  if (sliceLength(slice) > eventsPerSlice && !slice.eventsPerSecond) {
    const leftOver = parts.flatMap((part) => [...cutSlice(part, eventsPerSlice)]);
    return { slice, keys, startedMs, endedMs: startedMs, delivered: [], leftOver };
  }
  const outcome = await produce(slice, deadline, options, (trace) => observer.onRequest?.(trace, keys));
  const endedMs = clock.now();
  if (mayWait && outcome.requests === 0) {
    return { slice, keys, startedMs, endedMs, delivered: [], leftOver: parts };
  }
  const undelivered = mergeSlices(outcome.undelivered);
  const delivered = parts.flatMap((part) => subtractSlices(part, undelivered));
  const leftOver = undelivered.map(([from, to]) => ({ ...parts[0]!, from, to }));
  return { slice, keys, startedMs, endedMs, delivered, outcome, leftOver };
}

/** Claims what was delivered, whether or not the work queue took the rest. */
async function claim(works: readonly Work[], deadline: Deadline, options: InvocationOptions): Promise<void> {
  const { queues, observer } = options;
  if (queues.sendClaims) {
    await sendClaims(works, deadline.queueUntilMs, queues.sendClaims, observer.onClaimsUnsent);
  }
}

function hasNoProgress({ outcome }: Work): boolean {
  return outcome?.eventsDelivered === 0;
}

function nothingDelivered(work: Work, options: InvocationOptions): NothingDeliveredError {
  const made = report(work, [], options);
  return new NothingDeliveredError(describeNothingDelivered(made, work.slice), {
    cause: work.outcome?.lastFailure,
  });
}

function report(work: Work, queued: readonly Slice[], options: InvocationOptions): Report {
  const { slice, keys, startedMs, outcome, leftOver } = work;
  const { environment, observer, clock } = options;
  const made = createReport({
    slice,
    deliveryStreamName: environment.deliveryStreamName,
    ...(outcome && { outcome }),
    leftOver,
    queued,
    durationMs: clock.now() - startedMs,
    costFactors: environment.costFactors,
  });
  observer.onReport?.(made, keys);
  return made;
}
