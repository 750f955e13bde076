import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The function's report, as far as a local run shows it; what else it says is kept. */
export const reportSchema = v.looseObject({
  runId: v.string(),
  deliveryStreamName: v.string(),
  eventsRequested: count,
  eventsDelivered: count,
  eventsUndelivered: count,
  recordsDelivered: count,
  requests: count,
  recordsRetried: count,
  bytesDelivered: count,
  billedBytes: count,
  durationMs: count,
  eventsPerSecond: count,
});

/** See {@link reportSchema}. */
export type Report = v.InferOutput<typeof reportSchema>;
