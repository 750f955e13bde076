import { reportMetrics } from '../../lambda/contract/metrics.ts';
import type { MonitoringLevel } from '../../lambda/contract/settings.ts';

/** What watching a producer is made of, as far as it costs something. */
export interface Watching {
  /** Metrics of its own: those of the report, and the cold starts. */
  readonly metrics: number;
  /** Alarms. */
  readonly alarms: number;
  /** Metrics that the alarms watch, all together: what CloudWatch bills. */
  readonly alarmMetrics: number;
  /** Dashboards. */
  readonly dashboards: number;
}

const metrics = Object.keys(reportMetrics).length + 1;

/**
 * What is deployed to watch a producer. The numbers of alarms are copied, because this folder reads no template: a test
 * of the stack compares them to it.
 *
 * @param schedule Whether there is one: without it, silence is no alarm.
 */
export function watchingOf(monitoring: MonitoringLevel, schedule: boolean): Watching {
  if (monitoring === 'off') {
    return { metrics: 0, alarms: 0, alarmMetrics: 0, dashboards: 0 };
  }
  return {
    metrics,
    alarms: schedule ? 14 : 13,
    alarmMetrics: schedule ? 20 : 19,
    dashboards: monitoring === 'full' ? 1 : 0,
  };
}
