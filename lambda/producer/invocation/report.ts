import { firehoseUsd, lambdaUsd } from '../../contract/cost.ts';
import type { Report } from '../../contract/report.ts';
import {
  mergeSlices,
  pairsLength,
  type RunSlice,
  type Slice,
  sliceLength,
  subtractSlices,
} from '../../contract/slice.ts';
import { type DeliveryOutcome, nothingDone } from '../delivery/delivery.ts';

/** What the estimate of the cost is made of. */
export interface CostFactors {
  /** Price of a GB that Firehose bills, in US dollars. */
  readonly firehoseUsdPerGb: number;
  /** Price of a GB-second of the function, in US dollars. */
  readonly lambdaUsdPerGbSecond: number;
  /** Memory of the function. */
  readonly memorySizeMiB: number;
}

/** What {@link createReport} works with. */
export interface ReportOptions {
  /** The slice. */
  readonly slice: RunSlice;
  /** The stream that its events were pushed to. */
  readonly deliveryStreamName: string;
  /** What became of it. @default - nothing was sent */
  readonly outcome?: DeliveryOutcome;
  /** What Firehose did not acknowledge of it. */
  readonly leftOver: readonly Slice[];
  /** What the work queue took of that. */
  readonly queued: readonly Slice[];
  /** How long all of that took. */
  readonly durationMs: number;
  /** What the estimate of the cost is made of. */
  readonly costFactors: CostFactors;
}

/**
 * The report on a slice.
 *
 * @throws Error if not every event of the slice is accounted for exactly once: a report is never wrong, at worst there
 * is none.
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

/** To the billionth. Not in it: free tiers, price tiers, the price of the invocation itself, the queue, logs, S3. */
function estimateCostUsd(billedBytes: number, durationMs: number, factors: CostFactors): number {
  const { firehoseUsdPerGb, lambdaUsdPerGbSecond, memorySizeMiB } = factors;
  const usd =
    firehoseUsd(billedBytes, firehoseUsdPerGb) + lambdaUsd(durationMs, memorySizeMiB, lambdaUsdPerGbSecond);
  return Number(usd.toFixed(9));
}
