import type { DeliveryOutcome } from './delivery.ts';
import { mergeSlices, type RunSlice, type SlicePair, sliceLength } from './slice.ts';

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
  /** Events of the slice: `eventsDelivered + eventsUndelivered`. */
  readonly eventsRequested: number;
  /** Events that Firehose acknowledged. */
  readonly eventsDelivered: number;
  /** Events that it did not. */
  readonly eventsUndelivered: number;
  /** Exactly those, as sorted ranges `[from, to)` that don't touch. */
  readonly undelivered: readonly SlicePair[];
  /** Records that Firehose acknowledged. */
  readonly recordsDelivered: number;
  /** `PutRecordBatch` calls made. */
  readonly requests: number;
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
}

/**
 * The report on a slice.
 *
 * @throws Error if the outcome doesn't account for every event of the slice exactly once: a report is never wrong,
 * at worst there is none.
 */
export function createReport(
  slice: RunSlice,
  deliveryStreamName: string,
  outcome: DeliveryOutcome,
  durationMs: number,
): Report {
  const { undelivered: slices, failure: _, ...counts } = outcome;
  const undelivered = mergeSlices(slices);
  const eventsRequested = sliceLength(slice);
  const eventsUndelivered = undelivered.reduce((sum, [from, to]) => sum + to - from, 0);
  if (eventsRequested !== counts.eventsDelivered + eventsUndelivered) {
    throw new Error(
      `the events of [${slice.from}, ${slice.to}) do not add up: ` +
        `${eventsRequested} requested, ${counts.eventsDelivered} delivered, ${eventsUndelivered} undelivered`,
    );
  }
  return {
    runId: slice.runId,
    deliveryStreamName,
    from: slice.from,
    to: slice.to,
    eventsRequested,
    eventsDelivered: counts.eventsDelivered,
    eventsUndelivered,
    undelivered,
    recordsDelivered: counts.recordsDelivered,
    requests: counts.requests,
    recordsRetried: counts.recordsRetried,
    bytesDelivered: counts.bytesDelivered,
    billedBytes: counts.billedBytes,
    durationMs: Math.round(durationMs),
    eventsPerSecond: Math.round(counts.eventsDelivered / (Math.max(durationMs, 1) / 1_000)),
  };
}
