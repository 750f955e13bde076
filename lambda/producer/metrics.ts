import type { MetricUnit } from '@aws-lambda-powertools/metrics/types';
import { reportMetrics } from '../contract/metrics.ts';
import type { Report } from '../contract/report.ts';

/** Takes a metric, as Powertools' `Metrics` does. */
export interface MetricSink {
  /** Adds a value to a metric. */
  addMetric(name: string, unit: MetricUnit, value: number): unknown;
}

/**
 * Adds what a report says to the metrics of the invocation: a value each, so that the sums of both agree. A slice of which
 * nothing was sent has no pace, which would spoil the average.
 */
export function addReport(report: Report, metrics: MetricSink): void {
  for (const [field, { name, unit }] of Object.entries(reportMetrics)) {
    if (field !== 'eventsPerSecond' || report.requests > 0) {
      metrics.addMetric(name, unit, report[field as keyof typeof reportMetrics]);
    }
  }
}
