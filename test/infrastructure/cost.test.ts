import { describe, expect, it } from 'vitest';
import { reportMetrics } from '../../lambda/metric-names.ts';
import { stack } from '../../lib/cost/stack.ts';
import { templateOf } from './synth.ts';

interface AlarmProperties {
  readonly Metrics?: readonly { readonly MetricStat?: unknown }[];
}

/** The properties of every resource of a type in the default template. */
function propertiesOf(type: string): unknown[] {
  return Object.values(templateOf().findResources(type)).map(({ Properties }) => Properties);
}

/** CloudWatch bills an alarm on a formula for each metric in it. */
const metricsOf = ({ Metrics }: AlarmProperties) =>
  Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;

describe('what the cost table says of the stack', () => {
  it('is how often it runs, and what the function is given', () => {
    expect(propertiesOf('AWS::Scheduler::Schedule')).toEqual([
      expect.objectContaining({ ScheduleExpression: stack.schedule }),
    ]);
    expect(propertiesOf('AWS::Lambda::Function')).toContainEqual(
      expect.objectContaining({ MemorySize: stack.memoryMiB, Architectures: ['arm64'] }),
    );
    expect(propertiesOf('AWS::Lambda::EventSourceMapping')).toEqual([
      expect.objectContaining({ ScalingConfig: { MaximumConcurrency: stack.maxConcurrency } }),
    ]);
  });

  it('is how many metrics the function publishes: those of the report, and its cold starts', () => {
    expect(stack.metrics).toBe(Object.keys(reportMetrics).length + 1);
  });

  it('is how many alarms there are, and how many metrics they watch', () => {
    // Act
    const alarms = propertiesOf('AWS::CloudWatch::Alarm') as AlarmProperties[];

    // Assess
    expect({
      alarms: alarms.length,
      alarmMetrics: alarms.reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    }).toEqual({ alarms: stack.alarms, alarmMetrics: stack.alarmMetrics });
  });

  it('is how many dashboards there are', () => {
    expect(propertiesOf('AWS::CloudWatch::Dashboard')).toHaveLength(stack.dashboards);
  });
});
