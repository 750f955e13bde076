import * as v from 'valibot';
import { type Report, reportSchema } from '../../../lambda/contract/report.ts';
import {
  mergeSlices,
  pairsLength,
  type Slice,
  type SlicePair,
  subtractSlices,
} from '../../../lambda/contract/slice.ts';

/** The body of a message in the work queue, or of a dead letter. */
export const slicePayload = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ runId: v.string(), from: v.number(), to: v.number() }),
);
const logLine = v.pipe(v.string(), v.parseJson(), v.object({ report: reportSchema }));

/** The reports that the function logged, in order. */
export function reportsInLog(log: string): Report[] {
  return log.split('\n').flatMap((line) => {
    const parsed = v.safeParse(logLine, line);
    return parsed.success ? [parsed.output.report] : [];
  });
}

/** Some events of a run are in no report of its invocations. */
export class UnaccountedError extends Error {
  override readonly name = 'UnaccountedError';
}

/**
 * Combines the reports of a run's invocations, once its work queue is empty.
 *
 * @param first The report of the first invocation.
 * @param reports Those of all invocations.
 * @param deadLetters Bodies of the messages that moved to the dead-letter queue.
 * @param durationMs From the first invocation to the last message.
 * @param asked The requested events. @default - the slice of the first report
 * @throws UnaccountedError if an event is neither delivered, nor undelivered, nor in a dead letter.
 */
export function combineReports(
  first: Report,
  reports: readonly Report[],
  deadLetters: readonly string[],
  durationMs: number,
  asked: readonly SlicePair[] = [[first.from, first.to]],
): Report {
  const eventsRequested = pairsLength(asked);
  const delivered = mergeSlices(reports.flatMap((report) => deliveredSlices(report).map(toSlice)));
  const undelivered = subtractPairs(asked, delivered);
  const reported = mergeSlices([
    ...reports.flatMap((report) => report.undelivered.map(toSlice)),
    ...deadLetters.map((body) => v.parse(slicePayload, body)),
  ]);
  const unaccounted = subtractPairs(undelivered, reported);
  if (unaccounted.length > 0) {
    const [[from, to] = [0, 0]] = unaccounted;
    throw new UnaccountedError(
      `${pairsLength(unaccounted)} of ${eventsRequested} events are in no report, the first of them ${from} to ${to - 1}`,
    );
  }
  const sum = (key: SummedField) => reports.reduce((total, report) => total + report[key], 0);
  const eventsDelivered = eventsRequested - pairsLength(undelivered);
  const { stopReason: _, lastFailure: __, ...fields } = first;
  const stopped = reports.findLast((report) => report.eventsUndelivered > 0);
  const stopReason = stopped?.stopReason;
  // The failure that left events undelivered; if all were delivered, the last one on the way.
  const { lastFailure } = stopped ?? reports.findLast((report) => report.lastFailure) ?? {};
  return {
    ...fields,
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

/**
 * The events that were delivered: neither queued nor undelivered.
 *
 * @param asked The requested events. @default - the slice of the report
 */
export function deliveredSlices(
  { from, to, queued, undelivered }: Report,
  asked: readonly SlicePair[] = [[from, to]],
): SlicePair[] {
  return subtractPairs(asked, mergeSlices([...queued, ...undelivered].map(toSlice)));
}

/** @param others Sorted pairs that don't overlap. */
export function subtractPairs(pairs: readonly SlicePair[], others: readonly SlicePair[]): SlicePair[] {
  return pairs.flatMap((pair) => subtractSlices(toSlice(pair), others));
}

export function toSlice([from, to]: SlicePair): Slice {
  return { from, to };
}
