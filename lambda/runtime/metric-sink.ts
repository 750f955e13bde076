import type { MetricUnit } from '@aws-lambda-powertools/metrics/types';

/** Takes metrics, as Powertools' `Metrics` does: several values of one metric become an array. */
export interface MetricSink {
  addMetric(name: string, unit: MetricUnit, value: number): unknown;
}

/**
 * Passes on the metrics with these names, unless zero: CloudWatch bills a metric for each hour with a value.
 *
 * @param names Separated by spaces. @default - all metrics, zeros included
 */
export function publishOnly(names: string | undefined, sink: MetricSink): MetricSink {
  const published = names?.split(' ');
  return published
    ? {
        addMetric: (name, unit, value) =>
          value !== 0 && published.includes(name) && sink.addMetric(name, unit, value),
      }
    : sink;
}
