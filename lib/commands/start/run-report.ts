import * as v from 'valibot';
import { type Report, reportSchema } from '../../../lambda/contract/report.ts';
import {
  mergeSlices,
  pairsLength,
  type Slice,
  type SlicePair,
  subtractSlices,
} from '../../../lambda/contract/slice.ts';

const jsonText = v.pipe(v.string(), v.parseJson());

/** The body of a message in the work queue, or of a dead letter. */
export const slicePayload = v.union([
  v.object({ runId: v.string(), slices: v.array(v.tuple([v.number(), v.number()])) }),
  v.pipe(
    v.object({ runId: v.string(), from: v.number(), to: v.number() }),
    v.transform(({ runId, from, to }) => ({ runId, slices: [[from, to] as SlicePair] })),
  ),
]);

/** Parses JSON texts, and leaves out those that the schema does not match. */
export function parseAll<Schema extends v.GenericSchema>(
  schema: Schema,
  texts: Iterable<string>,
): v.InferOutput<Schema>[] {
  return [...texts].flatMap((text) => {
    const parsed = v.safeParse(schema, v.safeParse(jsonText, text).output);
    return parsed.success ? [parsed.output] : [];
  });
}

/** The reports that the function logged, in order. */
export function reportsInLog(log: string): Report[] {
  return parseAll(v.object({ report: reportSchema }), log.split('\n')).map(({ report }) => report);
}

/** Fields whose sum over all invocations is the run's. */
const summedFields = [
  'eventsUncertain',
  'recordsDelivered',
  'requests',
  'requestsFailed',
  'recordsRefused',
  'recordsRetried',
  'bytesDelivered',
  'billedBytes',
  'estimatedCostUsd',
] as const;

/**
 * Combines the reports of a run's invocations, once its work queue is empty.
 *
 * @param first The report of the first invocation.
 * @param reports Those of all invocations.
 * @param deadLetters Bodies of the messages that moved to the dead-letter queue.
 * @param durationMs From the first invocation to the last message.
 * @param asked The requested events. @default - the slice of the first report
 * @throws Error if an event is neither delivered, nor undelivered, nor in a dead letter.
 */
export function combineReports(
  first: Report,
  reports: readonly Report[],
  deadLetters: readonly string[],
  durationMs: number,
  asked: readonly SlicePair[] = [[first.from, first.to]],
): Report {
  const eventsRequested = pairsLength(asked);
  const undelivered = subtractPairs(asked, mergeSlices(reports.flatMap(deliveredSlices)));
  const reported = mergeSlices([
    ...reports.flatMap((report) => report.undelivered.map(toSlice)),
    ...deadLetters.flatMap((body) => v.parse(slicePayload, JSON.parse(body)).slices.map(toSlice)),
  ]);
  const unaccounted = subtractPairs(undelivered, reported);
  if (unaccounted.length > 0) {
    const [[from, to] = [0, 0]] = unaccounted;
    throw new Error(
      `${pairsLength(unaccounted)} of ${eventsRequested} events are in no report, the first of them ${from} to ${to - 1}`,
    );
  }
  const sums = Object.fromEntries(
    summedFields.map((name) => [name, reports.reduce((sum, report) => sum + report[name], 0)]),
  ) as Record<(typeof summedFields)[number], number>;
  const eventsDelivered = eventsRequested - pairsLength(undelivered);
  const { stopReason: _, lastFailure: __, ...fields } = first;
  const stopped = reports.findLast((report) => report.eventsUndelivered > 0);
  const stopReason = stopped?.stopReason;
  // The failure that left events undelivered; if all were delivered, the last one on the way.
  const { lastFailure } = stopped ?? reports.findLast((report) => report.lastFailure) ?? {};
  return {
    ...fields,
    ...sums,
    ...(stopReason && { stopReason }),
    ...(lastFailure && { lastFailure }),
    from: asked[0]?.[0] ?? first.from,
    to: asked.at(-1)?.[1] ?? first.to,
    eventsRequested,
    eventsDelivered,
    eventsQueued: 0,
    eventsUndelivered: pairsLength(undelivered),
    queued: [],
    undelivered,
    durationMs,
    eventsPerSecond: Math.round(eventsDelivered / (Math.max(durationMs, 1) / 1_000)),
    estimatedCostUsd: Number(sums.estimatedCostUsd.toFixed(9)),
  };
}

/** The events of one invocation that were delivered: neither queued nor undelivered. */
function deliveredSlices({ from, to, slices = [[from, to]], queued, undelivered }: Report): Slice[] {
  return subtractPairs(slices, mergeSlices([...queued, ...undelivered].map(toSlice))).map(toSlice);
}

/** @param others Sorted pairs that don't overlap. */
export function subtractPairs(pairs: readonly SlicePair[], others: readonly SlicePair[]): SlicePair[] {
  return pairs.flatMap((pair) => subtractSlices(toSlice(pair), others));
}

export function toSlice([from, to]: SlicePair): Slice {
  return { from, to };
}
