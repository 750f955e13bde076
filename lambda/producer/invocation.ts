import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Report } from '../contract/report.ts';
import { mergeSlices, type RunSlice, sliceLength } from '../contract/slice.ts';
import { cutSlice } from './cut-slice.ts';
import { Deadline } from './deadline.ts';
import type { DeliveryOutcome } from './delivery.ts';
import { InvalidPayloadError, NothingDeliveredError } from './errors.ts';
import { parsePayload } from './parse-payload.ts';
import { type ProduceOptions, produce } from './produce.ts';
import { createReport } from './report.ts';
import type { SendSlices } from './work-queue.ts';

/** What {@link createInvocation} works with. */
export interface InvocationOptions extends ProduceOptions {
  /** Hands slices to the work queue. */
  readonly sendSlices: SendSlices;
  /** Told of every report. */
  readonly onReport: (report: Report) => void;
  /** Where log lines go. */
  readonly log: Pick<Logger, 'info' | 'error' | 'appendKeys'>;
}

/** What Lambda says of an invocation beside its payload. */
export interface InvocationContext {
  /** Lambda's id of the invocation, the same on its own retries. */
  readonly requestId: string;
  /** When the invocation's time is over, in milliseconds since 1970. */
  readonly endMs: number;
}

/** One invocation of the function. */
export type Invoke = (payload: unknown, context: InvocationContext) => Promise<Report | SQSBatchResponse>;

/**
 * Makes the function: an invocation processes the slice of its payload, or those of the messages that the work queue
 * hands it.
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
  const work = await processSlice(slice, new Deadline(options.clock.now(), endMs), options);
  if (work.outcome?.stopReason === 'fatal' && hasNoProgress(work)) {
    throw nothingDelivered(work, options);
  }
  await options.sendSlices(work.leftOver);
  return report(work, options);
}

async function processMessages(
  { Records: messages }: SQSEvent,
  { endMs }: InvocationContext,
  options: InvocationOptions,
): Promise<SQSBatchResponse> {
  const { environment, sendSlices, log, clock } = options;
  const deadline = new Deadline(clock.now(), endMs);
  const failed: string[] = [];
  const fail = (messageId: string, error: unknown) => {
    log.error('message failed, the queue keeps it', error as Error);
    failed.push(messageId);
  };

  const works = new Map<string, Work>();
  for (const { messageId, body, messageAttributes } of messages) {
    try {
      // A dead letter of Lambda's carries the request id of the invocation that failed, which may have named the run.
      const requestId = messageAttributes?.RequestID?.stringValue ?? messageId;
      const slice = parsePayload(parseBody(body), environment.settings, requestId);
      const work = await processSlice(slice, deadline, options, works.size > 0);
      // A message that makes no progress stays in the queue, which counts that, and moves to the dead-letter queue.
      if (work.outcome && hasNoProgress(work) && !(works.size > 0 && isOutOfTime(work))) {
        throw nothingDelivered(work, options);
      }
      works.set(messageId, work);
    } catch (error) {
      fail(messageId, error);
    }
  }

  try {
    await sendSlices([...works.values()].flatMap(({ leftOver }) => leftOver));
  } catch (error) {
    for (const [messageId, { leftOver }] of works) {
      if (leftOver.length > 0) {
        fail(messageId, error);
        works.delete(messageId);
      }
    }
  }
  for (const work of works.values()) {
    report(work, options);
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
  readonly startedMs: number;
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
  deadline: Deadline,
  options: InvocationOptions,
  mayWait = false,
): Promise<Work> {
  const { environment, log, clock } = options;
  const { deliveryStreamName, settings } = environment;
  const startedMs = clock.now();
  log.appendKeys({ runId: slice.runId });
  log.info('slice started', { deliveryStreamName, slice });

  // A steady run is not cut: its slices would run at the same time, and several times as fast.
  if (sliceLength(slice) > settings.eventsPerSlice && !slice.eventsPerSecond) {
    return { slice, startedMs, leftOver: [...cutSlice(slice, settings.eventsPerSlice)] };
  }
  const outcome = await produce(slice, deadline, options);
  if (mayWait && outcome.requests === 0) {
    return { slice, startedMs, leftOver: [slice] };
  }
  const leftOver = mergeSlices(outcome.undelivered).map(([from, to]) => ({ ...slice, from, to }));
  return { slice, startedMs, outcome, leftOver };
}

function hasNoProgress({ outcome }: Work): boolean {
  return outcome?.eventsDelivered === 0;
}

/** Whether there was not enough time, which is no fault of a message that came after others. */
function isOutOfTime({ outcome }: Work): boolean {
  return outcome?.stopReason === 'deadline';
}

function nothingDelivered(work: Work, options: InvocationOptions): NothingDeliveredError {
  report({ ...work, leftOver: [] }, options);
  const { stopReason, lastFailure } = work.outcome ?? {};
  return new NothingDeliveredError(
    `Not one of ${sliceLength(work.slice)} events was delivered to ${options.environment.deliveryStreamName}: ` +
      describeStop(stopReason, lastFailure),
    { cause: lastFailure },
  );
}

/** Why a delivery stopped, for a person. */
function describeStop(
  reason: DeliveryOutcome['stopReason'],
  lastFailure: DeliveryOutcome['lastFailure'],
): string {
  const failure = lastFailure?.message ?? 'nothing failed';
  switch (reason) {
    case 'deadline':
      return `the invocation's time was nearly over; last failure: ${failure}`;
    case 'attempts':
      return `a record was refused too often: ${failure}`;
    default:
      return failure;
  }
}

/** Logs and returns the report on a slice whose `leftOver` the work queue took. */
function report({ slice, startedMs, outcome, leftOver }: Work, options: InvocationOptions): Report {
  const { environment, log, clock, onReport } = options;
  if (outcome?.stopReason && leftOver.length > 0) {
    log.error(`events are left to the work queue: ${describeStop(outcome.stopReason, outcome.lastFailure)}`);
  }
  const finished = createReport({
    slice,
    deliveryStreamName: environment.deliveryStreamName,
    ...(outcome && { outcome }),
    queued: mergeSlices(leftOver),
    durationMs: clock.now() - startedMs,
    costFactors: environment.costFactors,
  });
  log.appendKeys({ runId: slice.runId });
  log.info('slice finished', { report: finished });
  onReport(finished);
  return finished;
}
