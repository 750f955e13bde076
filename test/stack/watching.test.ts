import { describe, expect, it } from 'vitest';
import { allMonitoringLevels, defaultSchedule, settings } from '../../lambda/contract/deployment-settings.ts';
import { proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import { proverMemoryMiB } from '../../lib/cost/proving.ts';
import { watchingOf } from '../../lib/cost/watching.ts';
import type { AlarmProperties } from '../simulation/aws/cloudwatch.ts';
import { templateOf } from './synth.ts';

/** The properties of every resource of a type in the template. */
function propertiesOf(type: string, context: Record<string, string> = {}): unknown[] {
  return Object.values(templateOf(context).findResources(type)).map(({ Properties }) => Properties);
}

/** CloudWatch bills an alarm on a formula for each metric in it. */
const metricsOf = ({ Metrics }: AlarmProperties) =>
  Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;

describe('the cost table', () => {
  it('has the schedule, memory and concurrency of the stack', () => {
    expect(propertiesOf('AWS::Scheduler::Schedule')).toEqual([
      expect.objectContaining({ ScheduleExpression: defaultSchedule }),
    ]);
    expect(propertiesOf('AWS::Lambda::Function')).toContainEqual(
      expect.objectContaining({ MemorySize: settings.memorySize.default, Architectures: ['arm64'] }),
    );
    expect(propertiesOf('AWS::Lambda::EventSourceMapping')).toEqual([
      expect.objectContaining({ ScalingConfig: { MaximumConcurrency: settings.maxConcurrency.default } }),
      // Lambda asks each queue as often: the prover's too.
      expect.objectContaining({ ScalingConfig: { MaximumConcurrency: 2 } }),
    ]);
    expect(propertiesOf('AWS::Lambda::Function')).toContainEqual(
      expect.objectContaining({ MemorySize: proverMemoryMiB, Timeout: 300 }),
    );
  });

  it.each(
    allMonitoringLevels.flatMap((monitoring) =>
      ['rate(5 minutes)', 'off'].flatMap((schedule) =>
        ['on', 'off'].map((proof) => ({ monitoring, schedule, proof })),
      ),
    ),
  )('counts the alarms and dashboards of the stack: %j', ({ monitoring, schedule, proof }) => {
    // Prepare
    const context = { monitoring, schedule, proof };

    // Act
    const alarms = propertiesOf('AWS::CloudWatch::Alarm', context) as AlarmProperties[];
    const dashboards = propertiesOf('AWS::CloudWatch::Dashboard', context);

    // Assess
    expect(watchingOf(monitoring, schedule !== 'off', proof === 'on')).toMatchObject({
      alarms: alarms.length,
      alarmMetrics: alarms.reduce((sum, alarm) => sum + metricsOf(alarm), 0),
      dashboards: dashboards.length,
    });
  });

  it('counts the metrics of the functions: those of the report, cold starts, the prover, claims not sent', () => {
    const producer = Object.keys(reportMetrics).length + 1;
    const prover = Object.keys(proverMetrics).length + 1;
    expect(watchingOf('full', true, false).metrics).toBe(producer);
    expect(watchingOf('full', true, true).metrics).toBe(producer + prover);
    expect(watchingOf('alarms', true, true).metrics).toBe(producer + prover);
  });
});
