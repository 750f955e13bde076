import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const pair = v.tuple([count, count]);

/** The function's report, as far as a local run shows it; what else it says is kept. */
const reportSchema = v.looseObject({
  runId: v.string(),
  deliveryStreamName: v.string(),
  from: count,
  to: count,
  eventsRequested: count,
  eventsDelivered: count,
  eventsQueued: count,
  eventsUndelivered: count,
  eventsUncertain: count,
  undelivered: v.array(pair),
  recordsDelivered: count,
  requests: count,
  recordsRefused: count,
  recordsRetried: count,
  bytesDelivered: count,
  billedBytes: count,
  durationMs: count,
  eventsPerSecond: count,
  estimatedCostUsd: v.pipe(v.number(), v.minValue(0)),
});

/** See {@link reportSchema}. */
export type Report = v.InferOutput<typeof reportSchema>;

const logLine = v.pipe(v.string(), v.parseJson(), v.looseObject({ message: v.string() }));

/** The reports that the function logged, in order. */
export function reportsInLog(log: string): Report[] {
  return log.split('\n').flatMap((line) => {
    const parsed = v.safeParse(logLine, line);
    return parsed.success && parsed.output.message === 'report' && v.is(reportSchema, parsed.output)
      ? [parsed.output]
      : [];
  });
}

/**
 * The report on a whole run, once its work queue is empty: what the invocations did together, and what became a dead
 * letter as undelivered.
 *
 * @param result What the first invocation returned.
 * @param reports Those of all invocations.
 * @param deadLetters Bodies of the messages that became dead letters.
 * @param durationMs From the first invocation to the last message.
 */
export function combineReports(
  result: unknown,
  reports: readonly Report[],
  deadLetters: readonly string[],
  durationMs: number,
): Report {
  v.assert(reportSchema, result);
  const sum = (
    key:
      | 'eventsUncertain'
      | 'recordsDelivered'
      | 'requests'
      | 'recordsRefused'
      | 'recordsRetried'
      | 'bytesDelivered'
      | 'billedBytes'
      | 'estimatedCostUsd',
  ) => reports.reduce((total, report) => total + report[key], 0);
  const undelivered = deadLetters
    .map((body) => v.parse(v.pipe(v.string(), v.parseJson(), v.object({ from: count, to: count })), body))
    .map(({ from, to }): [number, number] => [from, to])
    .sort(([a], [b]) => a - b);
  const eventsUndelivered =
    result.eventsUndelivered + undelivered.reduce((total, [from, to]) => total + to - from, 0);
  const eventsDelivered = result.eventsRequested - eventsUndelivered;
  return {
    ...result,
    eventsDelivered,
    eventsQueued: 0,
    eventsUndelivered,
    eventsUncertain: sum('eventsUncertain'),
    undelivered: [...result.undelivered, ...undelivered],
    recordsDelivered: sum('recordsDelivered'),
    requests: sum('requests'),
    recordsRefused: sum('recordsRefused'),
    recordsRetried: sum('recordsRetried'),
    bytesDelivered: sum('bytesDelivered'),
    billedBytes: sum('billedBytes'),
    durationMs,
    eventsPerSecond: Math.round(eventsDelivered / (Math.max(durationMs, 1) / 1_000)),
    // To the billionth, as each of them.
    estimatedCostUsd: Number(sum('estimatedCostUsd').toFixed(9)),
  };
}
