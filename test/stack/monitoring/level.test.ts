import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { type MonitoringLevel, monitoringLevels } from '../../../lambda/contract/deployment-settings.ts';
import { EventProducer, type EventProducerProps } from '../../../lib/stack/event-producer.ts';
import { alarmNames } from '../../../lib/stack/monitoring/alarms.ts';
import { createStack, templateOf } from '../synth.ts';

/** By the context, and by the prop. */
const ways: readonly (readonly [string, (monitoring: MonitoringLevel) => Template])[] = [
  ['-c monitoring', (monitoring) => templateOf({ monitoring })],
  ['the prop monitoring', (monitoring) => Template.fromStack(createStack({}, { monitoring }))],
];

function countsOf(template: Template) {
  const count = (type: string) => Object.keys(template.findResources(type)).length;
  return {
    alarms: count('AWS::CloudWatch::Alarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    dashboardUrls: Object.keys(template.findOutputs('DashboardUrl')).length,
  };
}

describe.each(ways)('%s', (_, templateWith) => {
  it.each([
    ['full', { alarms: alarmNames.length, dashboards: 1, dashboardUrls: 1 }],
    ['alarms', { alarms: alarmNames.length, dashboards: 0, dashboardUrls: 0 }],
    ['off', { alarms: 0, dashboards: 0, dashboardUrls: 0 }],
  ] as const)('%s leaves %j', (monitoring, counts) => {
    expect(countsOf(templateWith(monitoring))).toEqual(counts);
  });

  it.each([
    ['full', Match.absent()],
    ['alarms', Match.absent()],
    ['off', 'true'],
  ] as const)('%s decides whether the function publishes metrics', (monitoring, disabled) => {
    templateWith(monitoring).allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: { POWERTOOLS_METRICS_DISABLED: disabled } },
    });
  });
});

describe('monitoring that is off', () => {
  it.each<[string, (stack: Stack) => EventProducerProps]>([
    ['alarms', () => ({ alarms: { Silence: false } })],
    ['alarmTopic', (stack) => ({ alarmTopic: new Topic(stack, 'Topic', { enforceSSL: true }) })],
  ])('is refused with %s, by the path of the construct', (prop, propsIn) => {
    // Prepare
    const stack = createStack();
    const props = propsIn(stack);

    // Act
    const create = () => new EventProducer(stack, 'Second', { monitoring: 'off', ...props });

    // Assess
    expect(create).toThrow(
      expect.objectContaining({
        name: 'PropError',
        message: `FirehoseEventProducer/Second: ${prop} is set, but monitoring is 'off': leave one of them out`,
      }),
    );
  });
});

describe('monitoring', () => {
  it('is full by default', () => {
    expect(countsOf(templateOf())).toEqual(countsOf(templateOf({ monitoring: 'full' })));
  });

  it('decides which parts the construct has', () => {
    const partsOf = (monitoring: MonitoringLevel) => {
      const { alarms, dashboard } = createStack({}, { monitoring }).producer;
      return [alarms !== undefined, dashboard !== undefined];
    };

    expect(monitoringLevels.map(partsOf)).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ]);
  });
});
