import { proverMetrics } from '../contract/metrics.ts';
import type { MetricSink } from '../runtime/metric-sink.ts';
import type { CheckedClaim } from './claims/settle.ts';
import type { Comparison, Corruption } from './comparison/comparison.ts';
import { sumOfLatencies } from './comparison/tally.ts';

/** Metrics with one value per invocation. */
type CountName = Exclude<keyof typeof proverMetrics, 'timeToProofMs' | 'latencyMs'>;

/** Limit of an array (EMF specification). */
export const maxValues = 100;

/** Corrupt objects that no earlier check of the claims has seen: with events of a claim, or with none and landed since it was sent. */
export function newCorruptions(claims: readonly CheckedClaim[], { corruptions }: Comparison): Corruption[] {
  return corruptions.filter(({ object: { landedAtMs }, segments }) =>
    claims.some(({ sent, newSinceMs, tally }) => {
      const isOfClaim =
        segments.size === 0
          ? !(landedAtMs < sent.sentFromMs)
          : tally.segments.some((segment) => segments.has(segment));
      return isOfClaim && !(landedAtMs < newSinceMs);
    }),
  );
}

/**
 * Adds the metrics of an invocation. Facts about events count when their claim is settled; facts about objects count once,
 * even if several claims share the events; corrupt lines count at the check that sees them first.
 *
 * @param corruptions Those that are new.
 */
export function addMetrics(
  claims: readonly CheckedClaim[],
  isAllRead: boolean,
  corruptions: readonly Corruption[],
  metrics: MetricSink,
): void {
  const settled = claims.filter(({ isSettled }) => isSettled);
  const proven = settled.filter(({ verdict }) => verdict === 'proven');
  const waiting = claims.filter(({ isSettled }) => !isSettled);
  // A waiting claim on the same events counts them when it is settled.
  const uncounted = new Set(waiting.flatMap(({ tally }) => tally.segments));
  const segments = new Set(
    settled.flatMap(({ tally }) => tally.segments.filter((segment) => !uncounted.has(segment))),
  );
  const firstChecks = isAllRead ? claims.filter(({ receives }) => receives <= 1) : [];
  const counts: Record<CountName, number> = {
    claimsSeen: claims.length,
    oldestClaimAgeMs: Math.max(0, ...waiting.map(({ ageMs }) => ageMs)),
    eventsLate: sum(firstChecks, ({ tally }) => tally.missing),
    eventsProven: sum(settled, ({ tally }) => tally.present),
    eventsSettled: sum(settled, ({ tally }) => tally.expected),
    eventsLost: sum(
      settled.filter(({ verdict }) => verdict === 'lost'),
      ({ tally }) => tally.missing,
    ),
    eventsDuplicated: sum([...segments], ({ duplicated }) => duplicated),
    linesCorrupt: sum(corruptions, ({ lines }) => lines),
  };
  for (const [field, value] of Object.entries(counts)) {
    const { name, unit } = proverMetrics[field as CountName];
    metrics.addMetric(name, unit, value);
  }
  const { timeToProofMs, latencyMs } = proverMetrics;
  for (const value of sample(proven.map(({ ageMs }) => [ageMs, 1]))) {
    metrics.addMetric(timeToProofMs.name, timeToProofMs.unit, value);
  }
  for (const value of sample(sumOfLatencies(segments))) {
    metrics.addMetric(latencyMs.name, latencyMs.unit, value);
  }
}

/**
 * At most {@link maxValues} values with the percentiles and the maximum of all: each represents the same share of them.
 *
 * @param counts Values, and how many of each.
 */
export function sample(counts: Iterable<readonly [value: number, count: number]>): number[] {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const all = sorted.reduce((sum, [, count]) => sum + count, 0);
  const values: number[] = [];
  const length = Math.min(all, maxValues);
  let [at, seen] = [0, 0];
  for (let place = 1; place <= length; place += 1) {
    const rank = Math.ceil((place / length) * all);
    while (seen + sorted[at]![1] < rank) {
      seen += sorted[at]![1];
      at += 1;
    }
    values.push(sorted[at]![0]);
  }
  return values;
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((all, item) => all + count(item), 0);
}
