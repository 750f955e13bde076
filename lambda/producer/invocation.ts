import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { Deadline } from './deadline.ts';
import type { DeliveryOutcome } from './delivery.ts';
import type { Environment } from './environment.ts';
import { InvalidPayloadError, NothingDeliveredError } from './errors.ts';
import { parsePayload } from './payload.ts';
import { type ProducerOptions, produce } from './producer.ts';
import { createReport, type Report } from './report.ts';
import { cutSlice, mergeSlices, type RunSlice, sliceLength } from './slice.ts';
import type { SendSlices } from './work-queue.ts';

/** The settings of the function, and the world that it runs in. */
export type InvocationOptions = Environment &
  ProducerOptions & {
    /** Hands slices to the work queue. */
    readonly sendSlices: SendSlices;
    /** Told of every report. */
    readonly onReport: (report: Report) => void;
    /** Where log lines go. */
    readonly log: Pick<Logger, 'info' | 'error' | 'appendKeys'>;
  };

/** What Lambda says of an invocation beside its payload. */
export interface InvocationContext {
  /** Lambda's id of the invocation, the same on its own retries. */
  readonly requestId: string;
  /** When the invocation's time is over, by the clock of the options. */
  readonly endMs: number;
}

/** One invocation of the function. */
export type Invoke = (payload: unknown, context: InvocationContext) => Promise<Report | SQSBatchResponse>;

/**
 * Makes the function: an invocation works on the slice of its payload, or on those of the messages that the work
 * queue hands it.
 *
 * @returns A function that resolves to the report on a payload, or to the messages that have to be delivered again. It
 * rejects with InvalidPayloadError, NothingDeliveredError or WorkQueueError, so that Lambda repeats the invocation.
 */
export function createInvocation(options: InvocationOptions): Invoke {
  return (payload, context) =>
    isQueueEvent(payload)
      ? workOnMessages(payload, context, options)
      : workOnPayload(payload, context, options);
}

function isQueueEvent(payload: unknown): payload is SQSEvent {
  const records = (payload as Partial<SQSEvent> | null | undefined)?.Records;
  return Array.isArray(records) && records[0]?.eventSource === 'aws:sqs';
}

async function workOnPayload(
  payload: unknown,
  { requestId, endMs }: InvocationContext,
  options: InvocationOptions,
): Promise<Report> {
  const slice = parsePayload(payload, { ...options, requestId });
  const work = await workOn(slice, new Deadline(options.now(), endMs), options);
  if (work.outcome?.stop?.mayPass === false && isVain(work)) {
    throw nothingDelivered(work, options);
  }
  await options.sendSlices(work.leftOver);
  return report(work, options);
}

async function workOnMessages(
  { Records: messages }: SQSEvent,
  { endMs }: InvocationContext,
  options: InvocationOptions,
): Promise<SQSBatchResponse> {
  const { sendSlices, log, now } = options;
  const deadline = new Deadline(now(), endMs);
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
      const slice = parsePayload(parseBody(body), { ...options, requestId });
      const work = await workOn(slice, deadline, options, works.size > 0);
      // A message on which nothing was achieved stays in the queue, which counts that, and ends as a dead letter.
      if (work.outcome && isVain(work)) {
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
async function workOn(
  slice: RunSlice,
  deadline: Deadline,
  options: InvocationOptions,
  mayWait = false,
): Promise<Work> {
  const { deliveryStreamName, eventsPerSlice, log, now } = options;
  const startedMs = now();
  log.appendKeys({ runId: slice.runId });
  log.info('run started', { deliveryStreamName, ...slice });

  // A steady run is not cut: its slices would run side by side, and several times as fast.
  if (sliceLength(slice) > eventsPerSlice && !slice.eventsPerSecond) {
    return { slice, startedMs, leftOver: [...cutSlice(slice, eventsPerSlice)] };
  }
  const outcome = await produce(slice, deadline, options);
  if (mayWait && outcome.requests === 0) {
    return { slice, startedMs, leftOver: [slice] };
  }
  const leftOver = mergeSlices(outcome.undelivered).map(([from, to]) => ({ ...slice, from, to }));
  return { slice, startedMs, outcome, leftOver };
}

function isVain({ outcome }: Work): boolean {
  return outcome?.eventsDelivered === 0;
}

function nothingDelivered(work: Work, options: InvocationOptions): NothingDeliveredError {
  report({ ...work, leftOver: [] }, options);
  const cause = work.outcome?.stop?.cause;
  return new NothingDeliveredError(
    `Not one of ${sliceLength(work.slice)} events was delivered to ${options.deliveryStreamName}: ${cause?.message}`,
    { cause },
  );
}

/** Logs and returns the report on a slice whose `leftOver` the work queue has taken. */
function report({ slice, startedMs, outcome, leftOver }: Work, options: InvocationOptions): Report {
  const { deliveryStreamName, costFactors, log, now, onReport } = options;
  if (outcome?.stop && leftOver.length > 0) {
    log.error('events are left to the work queue', outcome.stop.cause);
  }
  const finished = createReport({
    slice,
    deliveryStreamName,
    ...(outcome && { outcome }),
    queued: leftOver,
    durationMs: now() - startedMs,
    costFactors,
  });
  log.appendKeys({ runId: slice.runId });
  log.info('report', { ...finished });
  onReport(finished);
  return finished;
}
