import { proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import type { MonitoringLevel } from '../../lambda/contract/settings.ts';
import { producerAlarms, producerAlarmsOnTwoMetrics } from '../stack/monitoring/producer-alarms.ts';
import { proofAlarms, proofAlarmsOnTwoMetrics } from '../stack/monitoring/proof-alarms.ts';

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

/**
 * The monitoring that is deployed, as far as it costs something. Some schedules have no alarm `Silence` either; it counts
 * with every schedule.
 */
export function watchingOf(monitoring: MonitoringLevel, schedule: boolean, proof: boolean): Watching {
  if (monitoring === 'off') {
    return { metrics: 0, alarms: 0, alarmMetrics: 0, dashboards: 0 };
  }
  const alarms =
    Object.keys(producerAlarms).length - (schedule ? 0 : 1) + (proof ? Object.keys(proofAlarms).length : 0);
  return {
    metrics: producerMetricCount + (proof ? proofMetricCount : 0),
    alarms,
    alarmMetrics: alarms + producerAlarmsOnTwoMetrics.length + (proof ? proofAlarmsOnTwoMetrics.length : 0),
    dashboards: monitoring === 'full' ? 1 : 0,
  };
}
