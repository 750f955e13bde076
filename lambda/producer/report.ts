import { type CostFactors, estimateCostUsd } from './cost.ts';
import { type DeliveryOutcome, nothingDone } from './delivery.ts';
import { mergeSlices, type RunSlice, type Slice, type SlicePair, sliceLength } from './slice.ts';

/** What an invocation returns and logs last: every event of its slice accounted for. */
export interface Report {
  /** Names the run. */
  readonly runId: string;
  /** The stream that the events were pushed to. */
  readonly deliveryStreamName: string;
  /** Index of the slice's first event. */
  readonly from: number;
  /** Index after the slice's last event. */
  readonly to: number;
  /** Events of the slice: `eventsDelivered + eventsQueued + eventsUndelivered`. */
  readonly eventsRequested: number;
  /** Events that Firehose acknowledged. */
  readonly eventsDelivered: number;
  /** Events that the work queue has taken, for a later invocation. */
  readonly eventsQueued: number;
  /** Events that are neither. */
  readonly eventsUndelivered: number;
  /**
   * Events that may arrive twice, because the answer to their request was lost, counted each time: there are at most so
   * many extra copies.
   */
  readonly eventsUncertain: number;
  /** Exactly those, as sorted ranges `[from, to)` that don't touch. */
  readonly undelivered: readonly SlicePair[];
  /** Records that Firehose acknowledged. */
  readonly recordsDelivered: number;
  /** `PutRecordBatch` calls made. */
  readonly requests: number;
  /** Records that Firehose did not take, counted each time; those whose answer was lost are not among them. */
  readonly recordsRefused: number;
  /** Records sent again, counted each time. */
  readonly recordsRetried: number;
  /** Data of the delivered records, before base64. */
  readonly bytesDelivered: number;
  /** The same, each record rounded up to a multiple of 5,120 bytes: what Firehose bills. */
  readonly billedBytes: number;
  /** From the start of the slice to this report. */
  readonly durationMs: number;
  /** Delivered events a second. */
  readonly eventsPerSecond: number;
  /** What Firehose charges for `billedBytes` and Lambda for `durationMs`, in US dollars. */
  readonly estimatedCostUsd: number;
}

/** What {@link createReport} works with. */
export interface ReportOptions {
  /** The slice. */
  readonly slice: RunSlice;
  /** The stream that its events were pushed to. */
  readonly deliveryStreamName: string;
  /** What became of it; missing when nothing was pushed. */
  readonly outcome?: DeliveryOutcome;
  /** What of it the work queue has taken. */
  readonly queued: readonly Slice[];
  /** How long all of that took. */
  readonly durationMs: number;
  /** The prices, and what else the cost depends on. */
  readonly costFactors: CostFactors;
}

/**
 * The report on a slice.
 *
 * @throws Error if not every event of the slice is accounted for exactly once: a report is never wrong, at worst there
 * is none.
 */
export function createReport(options: ReportOptions): Report {
  const { slice, deliveryStreamName, outcome = nothingDone(), queued, durationMs, costFactors } = options;
  const { stop: _, undelivered: slices, ...counts } = outcome;
  const undelivered = queued.length > 0 ? [] : mergeSlices(slices);
  const eventsRequested = sliceLength(slice);
  const eventsQueued = queued.reduce((sum, part) => sum + sliceLength(part), 0);
  const eventsUndelivered = undelivered.reduce((sum, [from, to]) => sum + to - from, 0);
  if (eventsRequested !== counts.eventsDelivered + eventsQueued + eventsUndelivered) {
    throw new Error(
      `the events of [${slice.from}, ${slice.to}) do not add up: ${eventsRequested} requested, ` +
        `${counts.eventsDelivered} delivered, ${eventsQueued} queued, ${eventsUndelivered} undelivered`,
    );
  }
  return {
    runId: slice.runId,
    deliveryStreamName,
    from: slice.from,
    to: slice.to,
    eventsRequested,
    eventsDelivered: counts.eventsDelivered,
    eventsQueued,
    eventsUndelivered,
    eventsUncertain: counts.eventsUncertain,
    undelivered,
    recordsDelivered: counts.recordsDelivered,
    requests: counts.requests,
    recordsRefused: counts.recordsRefused,
    recordsRetried: counts.recordsRetried,
    bytesDelivered: counts.bytesDelivered,
    billedBytes: counts.billedBytes,
    durationMs: Math.round(durationMs),
    eventsPerSecond: Math.round(counts.eventsDelivered / (Math.max(durationMs, 1) / 1_000)),
    estimatedCostUsd: estimateCostUsd({ billedBytes: counts.billedBytes, durationMs }, costFactors),
  };
}
