import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const slicePairs = v.pipe(v.array(v.pipe(v.tuple([count, count]), v.readonly())), v.readonly());

/**
 * Why a delivery stopped before the end of its slice.
 *
 * - `deadline`: the invocation's time was nearly over.
 * - `attempts`: a record was sent as often as `maxAttempts` allows.
 * - `fatal`: an error that no retry can fix.
 */
export const stopReasons = ['deadline', 'attempts', 'fatal'] as const;

/** One of {@link stopReasons}. */
export type StopReason = (typeof stopReasons)[number];

/**
 * What an invocation returns and logs last: every event of its slice is accounted for,
 * `eventsRequested = eventsDelivered + eventsQueued + eventsUndelivered`.
 */
export const reportSchema = v.object({
  /** Names the run. */
  runId: v.string(),
  /** The stream that the events were sent to. */
  deliveryStreamName: v.string(),
  /** Index of the slice's first event. */
  from: count,
  /** Index after the slice's last event. */
  to: count,
  /** The parts of a slice with gaps, as sorted slices `[from, to]`. */
  slices: v.optional(slicePairs),
  /** Events of the slice. */
  eventsRequested: count,
  /** Events that the target acknowledged. */
  eventsDelivered: count,
  /** Events that the work queue took, for a later invocation. */
  eventsQueued: count,
  /** Events that are neither. */
  eventsUndelivered: count,
  /** Events whose response was lost or cannot be used, counted each time: the upper bound of extra copies. */
  eventsUncertain: count,
  /** Exactly the queued events, as sorted slices `[from, to]` that don't touch. */
  queued: slicePairs,
  /** Exactly the undelivered events, likewise. */
  undelivered: slicePairs,
  /** Records that the target acknowledged. */
  recordsDelivered: count,
  /** Requests made. */
  requests: count,
  /** Those of them that failed as a whole: without a response, or with one that cannot be used. */
  requestsFailed: count,
  /** Records that the target refused one by one, counted each time; those of failed requests are not among them. */
  recordsRefused: count,
  /** Records sent again, counted each time. */
  recordsRetried: count,
  /** Data of the delivered records, before base64. */
  bytesDelivered: count,
  /** The same, each record rounded up to what the target bills. */
  billedBytes: count,
  /** Why the delivery stopped before the end of the slice; missing when it didn't. */
  stopReason: v.optional(v.picklist(stopReasons)),
  /** The last failure before it stopped; missing when nothing had failed. */
  lastFailure: v.optional(v.string()),
  /** From the start of the slice to this report. */
  durationMs: count,
  /** Delivered events a second. */
  eventsPerSecond: count,
  /** Charges of the target for `billedBytes` and of Lambda for `durationMs`. */
  estimatedCostUsd: v.pipe(v.number(), v.minValue(0)),
});

/** See {@link reportSchema}. */
export type Report = Readonly<v.InferOutput<typeof reportSchema>>;
