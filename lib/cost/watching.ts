import type { MonitoringLevel } from '../../lambda/contract/deployment-settings.ts';
import { proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import { producerAlarms, producerAlarmsOnTwoMetrics } from '../stack/monitoring/producer-alarms.ts';
import { proofAlarms, proofAlarmsOnTwoMetrics } from '../stack/monitoring/proof-alarms.ts';

/** The billed parts of monitoring. */
export interface Watching {
  /** Custom metrics: those of the report, cold starts and, if events are proven, those of the prover. */
  readonly metrics: number;
  readonly alarms: number;
  /** Metrics of all alarms: CloudWatch bills these. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
}

const producerMetricCount = Object.keys(reportMetrics).length + 1;

/** Metrics of the prover, and the claims that were not sent. */
const proofMetricCount = Object.keys(proverMetrics).length + 1;

/** The billed monitoring of the stack. Some schedules have no alarm `Silence`; it is counted with every schedule. */
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
