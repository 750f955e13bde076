import type { Metrics } from '@aws-lambda-powertools/metrics';
import { reportMetrics } from './metric-names.ts';
import type { Report } from './report.ts';

/**
 * Adds what a report says to the metrics of the invocation: a value each, so that the sums of both agree. A slice of which
 * nothing was sent has no pace, which would spoil the average.
 */
export function addReport(report: Report, metrics: Pick<Metrics, 'addMetric'>): void {
  for (const [field, { name, unit }] of Object.entries(reportMetrics)) {
    if (field === 'eventsPerSecond' && report.requests === 0) {
      continue;
    }
    metrics.addMetric(name, unit, report[field as keyof typeof reportMetrics]);
  }
}
