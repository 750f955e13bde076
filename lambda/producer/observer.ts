import type { Logger } from '@aws-lambda-powertools/logger';
import { claimsUnsentMetric, reportMetrics } from '../contract/metrics.ts';
import type { Report } from '../contract/report.ts';
import type { MetricSink } from '../runtime/metric-sink.ts';
import { describeStop } from './invocation/failure-text.ts';
import type { Observer } from './invocation/invocation.ts';

export function createObserver(
  deliveryStreamName: string,
  log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>,
  metrics: MetricSink,
): Required<Observer> {
  return {
    onSliceStarted: (slice, keys) => log.info('slice started', { ...keys, deliveryStreamName, slice }),
    onRequest: (trace, keys) => log.debug('request', { ...keys, ...trace }),
    onReport: (report, keys) => {
      if (report.stopReason && report.eventsQueued > 0) {
        log.error(`events are left to the work queue: ${describeStop(report)}`, { ...keys });
      }
      log.info('slice finished', { ...keys, report });
      addReport(report, metrics);
    },
    onMessageFailed: (failure) => log.error('message failed and stays in the queue', { ...failure }),
    onPostponeFailed: (error) => log.warn('could not shorten the pause of failed messages', { error }),
    onClaimsUnsent: (claims, error) => {
      for (const claim of claims) {
        log.error('claim not sent: these events are not proven', { runId: claim.runId, claim, error });
      }
      metrics.addMetric(claimsUnsentMetric.name, claimsUnsentMetric.unit, claims.length);
    },
  };
}

/** Adds the numbers of a report to the metrics. A slice of which nothing was sent has no pace, which would spoil the average. */
export function addReport(report: Report, metrics: MetricSink): void {
  for (const [field, { name, unit }] of Object.entries(reportMetrics)) {
    if (field !== 'eventsPerSecond' || report.requests > 0) {
      metrics.addMetric(name, unit, report[field as keyof typeof reportMetrics]);
    }
  }
}
