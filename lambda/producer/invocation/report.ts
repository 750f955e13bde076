import { lambdaUsd } from '../../contract/invocation.ts';
import type { Report } from '../../contract/report.ts';
import {
  mergeSlices,
  pairsLength,
  type RunSlice,
  type Slice,
  sliceLength,
  subtractSlices,
} from '../../contract/slice.ts';
import { usdOf } from '../../contract/targets.ts';
import { type DeliveryOutcome, nothingDone } from '../delivery/delivery.ts';

export interface CostFactors {
  /** Price of billed bytes. */
  readonly usdPerGb: number;
  readonly lambdaUsdPerGbSecond: number;
  readonly memorySizeMiB: number;
}

export interface ReportOptions {
  readonly slice: RunSlice;
  readonly deliveryStreamName: string;
  /** @default - nothing was sent */
  readonly outcome?: DeliveryOutcome;
  readonly leftOver: readonly Slice[];
  readonly queued: readonly Slice[];
  readonly durationMs: number;
  readonly costFactors: CostFactors;
}

/**
 * The report on a slice.
 *
 * @throws Error if not every event of the slice is accounted for exactly once: a missing report is better than a
 * wrong one.
 */
export function createReport(options: ReportOptions): Report {
  const { slice, deliveryStreamName, outcome = nothingDone(), leftOver, durationMs, costFactors } = options;
  const { undelivered: _, stopReason, lastFailure, eventsDelivered, eventsUncertain, ...counts } = outcome;
  const queued = mergeSlices(options.queued);
  const undelivered = mergeSlices(leftOver).flatMap(([from, to]) => subtractSlices({ from, to }, queued));
  const eventsRequested = sliceLength(slice);
  const eventsQueued = pairsLength(queued);
  const eventsUndelivered = pairsLength(undelivered);
  if (eventsRequested !== eventsDelivered + eventsQueued + eventsUndelivered) {
    throw new Error(
      `the events of [${slice.from}, ${slice.to}) do not add up: ${eventsRequested} requested, ` +
        `${eventsDelivered} delivered, ${eventsQueued} queued, ${eventsUndelivered} undelivered`,
    );
  }
  return {
    runId: slice.runId,
    deliveryStreamName,
    from: slice.from,
    to: slice.to,
    ...(slice.slices && { slices: slice.slices }),
    eventsRequested,
    eventsDelivered,
    eventsQueued,
    eventsUndelivered,
    eventsUncertain,
    queued,
    undelivered,
    ...counts,
    ...(stopReason && { stopReason }),
    ...(lastFailure && { lastFailure: lastFailure.message }),
    durationMs: Math.round(durationMs),
    eventsPerSecond: Math.round(eventsDelivered / (Math.max(durationMs, 1) / 1_000)),
    estimatedCostUsd: estimateCostUsd(counts.billedBytes, durationMs, costFactors),
  };
}

/** To the billionth. Not in it: a Firehose that reads a Kinesis stream, hours of a Kinesis stream, free tiers, price tiers, the price of the invocation itself, the queue, logs, S3. */
function estimateCostUsd(billedBytes: number, durationMs: number, factors: CostFactors): number {
  const { usdPerGb, lambdaUsdPerGbSecond, memorySizeMiB } = factors;
  const usd = usdOf(billedBytes, usdPerGb) + lambdaUsd(durationMs, memorySizeMiB, lambdaUsdPerGbSecond);
  return Number(usd.toFixed(9));
}
