/**
 * What the stack has by default, as far as it costs something. The numbers are copied, because this folder reads no
 * template: a test of the infrastructure compares them to it.
 */
export const stackDefaults = {
  /** How often it runs. */
  schedule: 'rate(5 minutes)',
  /** Memory of the function. */
  memoryMiB: 512,
  /** Invocations that work off the queue side by side, at most. */
  maxConcurrency: 4,
  /** Metrics of its own: those of the report, and the cold starts. */
  metrics: 12,
  /** Alarms. */
  alarms: 13,
  /** Metrics that the alarms watch, all together: what CloudWatch bills. */
  alarmMetrics: 18,
  /** The same with `schedule=off`, where silence is no alarm. */
  withoutSchedule: { alarms: 12, alarmMetrics: 17 },
  /** Dashboards. */
  dashboards: 1,
} as const;
