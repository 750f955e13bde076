import { reportMetrics } from '../contract/metrics.ts';
import type { Report } from '../contract/report.ts';
import type { MetricSink } from '../runtime/handler.ts';

/**
 * Adds the numbers of a report to the metrics of the invocation: a value each, so that the sums of both agree. A slice of which
 * nothing was sent has no pace, which would spoil the average.
 */
export function addReport(report: Report, metrics: MetricSink): void {
  for (const [field, { name, unit }] of Object.entries(reportMetrics)) {
    if (field !== 'eventsPerSecond' || report.requests > 0) {
      metrics.addMetric(name, unit, report[field as keyof typeof reportMetrics]);
    }
  }
}
