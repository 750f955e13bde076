import type { Metrics } from '@aws-lambda-powertools/metrics';
import { reportMetrics } from './metric-names.ts';
import type { Report } from './report.ts';

/** Adds what a report says to the metrics of the invocation: a value each, so that the sums of both agree. */
export function addReport(report: Report, metrics: Pick<Metrics, 'addMetric'>): void {
  for (const [field, { name, unit }] of Object.entries(reportMetrics)) {
    metrics.addMetric(name, unit, report[field as keyof typeof reportMetrics]);
  }
}
