import { proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import type { MonitoringLevel } from '../../lambda/contract/settings.ts';

/** What watching a producer is made of, as far as it costs something. */
export interface Watching {
  /** Metrics of its own: those of the report, the cold starts and, where events are proven, those of the prover. */
  readonly metrics: number;
  /** Alarms. */
  readonly alarms: number;
  /** Metrics that the alarms watch, all together: what CloudWatch bills. */
  readonly alarmMetrics: number;
  /** Dashboards. */
  readonly dashboards: number;
}

const producerMetricCount = Object.keys(reportMetrics).length + 1;

/** Those of the prover, and the claims that were not sent. */
const proofMetricCount = Object.keys(proverMetrics).length + 1;

/** Alarms of what is proven, and the metrics that they watch. */
const proofAlarms = { alarms: 7, alarmMetrics: 9 };

/**
 * What is deployed to watch a producer. The numbers of alarms are copied, because this folder reads no template: a test
 * of the stack compares them to it.
 *
 * @param schedule Whether there is one: without it, silence is no alarm.
 * @param proof Whether events are proven.
 */
export function watchingOf(monitoring: MonitoringLevel, schedule: boolean, proof: boolean): Watching {
  if (monitoring === 'off') {
    return { metrics: 0, alarms: 0, alarmMetrics: 0, dashboards: 0 };
  }
  return {
    metrics: producerMetricCount + (proof ? proofMetricCount : 0),
    alarms: (schedule ? 14 : 13) + (proof ? proofAlarms.alarms : 0),
    alarmMetrics: (schedule ? 20 : 19) + (proof ? proofAlarms.alarmMetrics : 0),
    dashboards: monitoring === 'full' ? 1 : 0,
  };
}
