import { describe, expect, it } from 'vitest';
import { reportMetrics } from '../../lambda/contract/metric-names.ts';
import { stackDefaults } from '../../lib/cost/stack-defaults.ts';
import type { AlarmProperties } from '../../lib/simulation/cloudwatch.ts';
import { templateOf } from './synth.ts';

/** The properties of every resource of a type in the template. */
function propertiesOf(type: string, context: Record<string, string> = {}): unknown[] {
  return Object.values(templateOf(context).findResources(type)).map(({ Properties }) => Properties);
}

/** CloudWatch bills an alarm on a formula for each metric in it. */
const metricsOf = ({ Metrics }: AlarmProperties) =>
  Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;

describe('what the cost table says of the stack', () => {
  it('is how often it runs, and what the function is given', () => {
    expect(propertiesOf('AWS::Scheduler::Schedule')).toEqual([
      expect.objectContaining({ ScheduleExpression: stackDefaults.schedule }),
    ]);
    expect(propertiesOf('AWS::Lambda::Function')).toContainEqual(
      expect.objectContaining({ MemorySize: stackDefaults.memoryMiB, Architectures: ['arm64'] }),
    );
    expect(propertiesOf('AWS::Lambda::EventSourceMapping')).toEqual([
      expect.objectContaining({ ScalingConfig: { MaximumConcurrency: stackDefaults.maxConcurrency } }),
    ]);
  });

  it('is how many metrics the function publishes: those of the report, and its cold starts', () => {
    expect(stackDefaults.metrics).toBe(Object.keys(reportMetrics).length + 1);
  });

  it.each([
    ['rate(5 minutes)', stackDefaults],
    ['off', stackDefaults.withoutSchedule],
  ])(
    'is how many alarms there are with schedule=%s, and how many metrics they watch',
    (schedule, expected) => {
      // Act
      const alarms = propertiesOf('AWS::CloudWatch::Alarm', { schedule }) as AlarmProperties[];

      // Assess
      expect(expected).toMatchObject({
        alarms: alarms.length,
        alarmMetrics: alarms.reduce((sum, alarm) => sum + metricsOf(alarm), 0),
      });
    },
  );

  it('is how many dashboards there are', () => {
    expect(propertiesOf('AWS::CloudWatch::Dashboard')).toHaveLength(stackDefaults.dashboards);
  });
});
