import * as v from 'valibot';
import { type Report, reportSchema } from '../../../lambda/contract/report.ts';
import { mergeSlices, pairsLength, type SlicePair, subtractSlices } from '../../../lambda/contract/slice.ts';

const payloadSlice = v.pipe(v.string(), v.parseJson(), v.object({ from: v.number(), to: v.number() }));

const logLine = v.pipe(v.string(), v.parseJson(), v.object({ report: reportSchema }));

/** The reports that the function logged, in order. */
export function reportsInLog(log: string): Report[] {
  return log.split('\n').flatMap((line) => {
    const parsed = v.safeParse(logLine, line);
    return parsed.success ? [parsed.output.report] : [];
  });
}

/** The invocations of a run do not account for all of its events; the message says for how many. */
export class UnaccountedError extends Error {
  override readonly name = 'UnaccountedError';
}

/**
 * The report on a whole run, once its work queue is empty: what its invocations did together.
 *
 * @param first What the first invocation returned.
 * @param reports Those of all invocations.
 * @param deadLetters Bodies of the messages that moved to the dead-letter queue.
 * @param durationMs From the first invocation to the last message.
 * @param asked What was asked for. @default - the slice of the first report
 * @throws UnaccountedError if there are events that no report says anything about but that they were queued, and that are in no dead letter.
 */
export function combineReports(
  first: Report,
  reports: readonly Report[],
  deadLetters: readonly string[],
  durationMs: number,
  asked: readonly SlicePair[] = [[first.from, first.to]],
): Report {
  const eventsRequested = pairsLength(asked);
  const delivered = mergeSlices(reports.flatMap(deliveredSlices));
  const undelivered = asked.flatMap((pair) => subtractSlices(toSlice(pair), delivered));
  const reported = mergeSlices([
    ...reports.flatMap((report) => report.undelivered.map(toSlice)),
    ...deadLetters.map((body) => v.parse(payloadSlice, body)),
  ]);
  const unaccounted = undelivered.flatMap((pair) => subtractSlices(toSlice(pair), reported));
  if (unaccounted.length > 0) {
    const [[from, to] = [0, 0]] = unaccounted;
    throw new UnaccountedError(
      `${pairsLength(unaccounted)} of ${eventsRequested} events are in no report, the first of them ${from} to ${to - 1}`,
    );
  }
  const sum = (key: SummedField) => reports.reduce((total, report) => total + report[key], 0);
  const eventsDelivered = eventsRequested - pairsLength(undelivered);
  const { stopReason: _, lastFailure: __, ...said } = first;
  const stopped = reports.findLast((report) => report.eventsUndelivered > 0);
  const stopReason = stopped?.stopReason;
  // Why events are undelivered; if none is, what went wrong on the way.
  const { lastFailure } = stopped ?? reports.findLast((report) => report.lastFailure) ?? {};
  return {
    ...said,
    ...(stopReason && { stopReason }),
    ...(lastFailure && { lastFailure }),
    from: asked[0]?.[0] ?? first.from,
    to: asked.at(-1)?.[1] ?? first.to,
    eventsRequested,
    eventsDelivered,
    eventsQueued: 0,
    eventsUndelivered: pairsLength(undelivered),
    eventsUncertain: sum('eventsUncertain'),
    queued: [],
    undelivered,
    recordsDelivered: sum('recordsDelivered'),
    requests: sum('requests'),
    requestsFailed: sum('requestsFailed'),
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

type SummedField =
  | 'eventsUncertain'
  | 'recordsDelivered'
  | 'requests'
  | 'requestsFailed'
  | 'recordsRefused'
  | 'recordsRetried'
  | 'bytesDelivered'
  | 'billedBytes'
  | 'estimatedCostUsd';

function toSlice([from, to]: SlicePair) {
  return { from, to };
}

/** What of its slice a report says was delivered. */
function deliveredSlices({ from, to, queued, undelivered }: Report) {
  const others = mergeSlices([...queued, ...undelivered].map(toSlice));
  return subtractSlices({ from, to }, others).map(toSlice);
}
