import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Report } from '../../contract/report.ts';
import { mergeSlices, type RunSlice, type Slice, sliceLength } from '../../contract/slice.ts';
import type { SendAll } from '../../runtime/batches.ts';
import type { InvocationContext } from '../../runtime/handler.ts';
import { Deadline } from '../delivery/deadline.ts';
import type { DeliveryOutcome, RequestTrace } from '../delivery/delivery.ts';
import { type Acknowledged, acknowledgedOf, type SendClaims } from './claims.ts';
import { cutSlice } from './cut-slice.ts';
import { InvalidPayloadError, NothingDeliveredError, WorkQueueError } from './errors.ts';
import { describeNothingDelivered, describeStop, describeUnqueued } from './failure-text.ts';
import { joinLeftOver, queuedOf } from './left-over.ts';
import { parsePayload } from './parse-payload.ts';
import { type ProduceOptions, produce } from './produce.ts';
import { createReport } from './report.ts';

/** What a log line is about. */
export interface LogKeys {
  /** The run. */
  readonly runId: string;
  /** The message of the work queue. @default - the invocation has a payload of its own */
  readonly messageId?: string;
}

/** What {@link createInvocation} works with. */
export interface InvocationOptions extends Omit<ProduceOptions, 'onRequest'> {
  /** Hands slices to the work queue. */
  readonly sendSlices: SendAll<RunSlice>;
  /** Claims what Firehose acknowledged. @default - nothing is proven */
  readonly sendClaims?: SendClaims;
  /** Told of every request. */
  readonly onRequest?: (trace: RequestTrace & LogKeys) => void;
  /** Told of every report. */
  readonly onReport: (report: Report) => void;
  /** Where log lines go. */
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** One invocation of the function. */
export type Invoke = (payload: unknown, context: InvocationContext) => Promise<Report | SQSBatchResponse>;

/**
 * Makes the function: an invocation processes the slice of its payload, or those of the messages that the work queue
 * hands it. Every slice gets its report, whatever fails.
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
  const sent = await options.sendSlices(work.leftOver, deadline.queueUntilMs);
  await options.sendClaims?.(acknowledged([work]), deadline.queueUntilMs);
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
  const { environment, sendSlices, sendClaims, log, clock } = options;
  const deadline = new Deadline(clock.now(), endMs);
  const failed: string[] = [];
  const fail = (messageId: string, runId: string | undefined, error: unknown) => {
    log.error('message failed, the queue keeps it', {
      messageId,
      ...(runId && { runId }),
      error: error as Error,
    });
    failed.push(messageId);
  };

  const works = new Map<string, Work>();
  for (const { messageId, body, messageAttributes } of messages) {
    let slice: RunSlice | undefined;
    try {
      // A dead letter of Lambda's carries the request id of the invocation that failed, which may have named the run.
      const requestId = messageAttributes?.RequestID?.stringValue ?? messageId;
      slice = parsePayload(parseBody(body), environment.settings, requestId);
      const keys = { runId: slice.runId, messageId };
      const work = await processSlice(slice, keys, deadline, options, works.size > 0);
      // A message that makes no progress stays in the queue, which counts that, and moves to the dead-letter queue.
      if (work.outcome && hasNoProgress(work) && !(works.size > 0 && isOutOfTime(work))) {
        throw nothingDelivered(work, options);
      }
      works.set(messageId, work);
    } catch (error) {
      fail(messageId, slice?.runId, error);
    }
  }

  const leftOver = [...works.values()].flatMap((work) => work.leftOver);
  const sent = await sendSlices(
    joinLeftOver(leftOver, environment.settings.eventsPerSlice),
    deadline.queueUntilMs,
  );
  await sendClaims?.(acknowledged([...works.values()]), deadline.queueUntilMs);
  for (const [messageId, work] of works) {
    const made = report(work, queuedOf(work.leftOver, sent.queued), options);
    if (made.eventsUndelivered > 0) {
      fail(messageId, made.runId, new WorkQueueError(describeUnqueued(made, work.slice, sent.lastFailure)));
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidPayloadError(`The message is not JSON: ${body.slice(0, 80)}`);
  }
}

/** What an invocation did with a slice. */
interface Work {
  readonly slice: RunSlice;
  readonly keys: LogKeys;
  readonly startedMs: number;
  /** When its delivery ended. */
  readonly endedMs: number;
  /** What became of its events; missing when none was sent. */
  readonly outcome?: DeliveryOutcome;
  /** What has to go to the work queue. */
  readonly leftOver: readonly RunSlice[];
}

/**
 * Sends the events of a slice, or cuts it when it is too large.
 *
 * @param mayWait Whether the slice is left whole when there is no time for it.
 */
async function processSlice(
  slice: RunSlice,
  keys: LogKeys,
  deadline: Deadline,
  options: InvocationOptions,
  mayWait = false,
): Promise<Work> {
  const { environment, log, clock, onRequest } = options;
  const { deliveryStreamName, settings } = environment;
  const startedMs = clock.now();
  log.info('slice started', { ...keys, deliveryStreamName, slice });

  // A steady run is not cut: its slices would run at the same time, and several times as fast.
  if (sliceLength(slice) > settings.eventsPerSlice && !slice.eventsPerSecond) {
    const leftOver = [...cutSlice(slice, settings.eventsPerSlice)];
    return { slice, keys, startedMs, endedMs: startedMs, leftOver };
  }
  const outcome = await produce(slice, deadline, {
    ...options,
    onRequest: (trace) => onRequest?.({ ...keys, ...trace }),
  });
  const endedMs = clock.now();
  if (mayWait && outcome.requests === 0) {
    return { slice, keys, startedMs, endedMs, leftOver: [slice] };
  }
  const leftOver = mergeSlices(outcome.undelivered).map(([from, to]) => ({ ...slice, from, to }));
  return { slice, keys, startedMs, endedMs, outcome, leftOver };
}

/** What Firehose acknowledged of slices, whether or not the work queue took the rest. */
function acknowledged(works: readonly Work[]): Acknowledged[] {
  return works.map(({ slice, leftOver, startedMs, endedMs }) =>
    acknowledgedOf(slice, leftOver, startedMs, endedMs),
  );
}

function hasNoProgress({ outcome }: Work): boolean {
  return outcome?.eventsDelivered === 0;
}

/** Whether there was not enough time, which is no fault of a message that came after others. */
function isOutOfTime({ outcome }: Work): boolean {
  return outcome?.stopReason === 'deadline';
}

function nothingDelivered(work: Work, options: InvocationOptions): NothingDeliveredError {
  const made = report(work, [], options);
  return new NothingDeliveredError(describeNothingDelivered(made, work.slice), {
    cause: work.outcome?.lastFailure,
  });
}

/** Makes, logs and counts the report on a slice. */
function report(work: Work, queued: readonly Slice[], options: InvocationOptions): Report {
  const { slice, keys, startedMs, outcome, leftOver } = work;
  const { environment, log, clock, onReport } = options;
  const made = createReport({
    slice,
    deliveryStreamName: environment.deliveryStreamName,
    ...(outcome && { outcome }),
    leftOver,
    queued,
    durationMs: clock.now() - startedMs,
    costFactors: environment.costFactors,
  });
  if (made.stopReason && queued.length > 0) {
    log.error(`events are left to the work queue: ${describeStop(made)}`, { ...keys });
  }
  log.info('slice finished', { ...keys, report: made });
  onReport(made);
  return made;
}
