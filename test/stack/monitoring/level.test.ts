import { readFileSync } from 'node:fs';
import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { type MonitoringLevel, monitoringLevels } from '../../../lambda/contract/deployment-settings.ts';
import { reportMetrics } from '../../../lambda/contract/metrics.ts';
import type { Tally } from '../../../lambda/prover/comparison/tally.ts';
import { EventProducer, type EventProducerProps } from '../../../lib/stack/event-producer.ts';
import { PropError } from '../../../lib/stack/prop-checks.ts';
import { createStack, directPutAlarms, fullTemplateOf, templateOf } from '../synth.ts';

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
    ['essential', { alarms: 9, dashboards: 0, dashboardUrls: 0 }],
    ['full', { alarms: directPutAlarms.length, dashboards: 1, dashboardUrls: 1 }],
    ['alarms', { alarms: directPutAlarms.length, dashboards: 0, dashboardUrls: 0 }],
    ['off', { alarms: 0, dashboards: 0, dashboardUrls: 0 }],
  ] as const)('%s leaves %j', (monitoring, counts) => {
    expect(countsOf(templateWith(monitoring))).toEqual(counts);
  });

  it.each([
    ['essential', 'EventsDelivered ClaimsUnsent ClaimsSeen OldestClaimAge LinesCorrupt'],
    ['full', Match.absent()],
    ['alarms', Match.absent()],
    ['off', 'none'],
  ] as const)('%s lets the functions publish metrics: %j', (monitoring, published) => {
    templateWith(monitoring).allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: { PUBLISHED_METRICS: published } },
    });
  });
});

describe('essential monitoring', () => {
  const essential = templateOf();

  it('is the default', () => {
    expect(countsOf(essential)).toEqual(countsOf(templateOf({ monitoring: 'essential' })));
  });

  it('has alarms of full, unchanged', () => {
    const full = fullTemplateOf().findResources('AWS::CloudWatch::Alarm');
    for (const [id, alarm] of Object.entries(essential.findResources('AWS::CloudWatch::Alarm'))) {
      expect(alarm).toEqual(full[id]);
    }
  });

  it('names no alarm that it lacks, and no dashboard', () => {
    // Prepare
    const resources = essential.findResources('AWS::CloudWatch::Alarm');
    const there = Object.values(resources).map(({ Properties }) => Properties.AlarmName.split('-').at(-1));
    const lacking = directPutAlarms.filter((name) => !there.includes(name));

    // Assess
    expect(JSON.stringify(resources)).not.toMatch(new RegExp(`\\b(${lacking.join('|')}|dashboard)\\b`));
  });

  it('watches how late Firehose is where nothing is proven', () => {
    const alarms = Object.keys(templateOf({ proof: 'off' }).findResources('AWS::CloudWatch::Alarm'));
    const names = alarms.map((id) => id.replace(/^.*Alarms|[0-9A-F]{8}$/g, ''));
    expect(names).toEqual([
      'Silence',
      'FunctionErrors',
      'DeliveryFreshness',
      'WorkQueueStuck',
      'DeadLetters',
    ]);
  });

  it('publishes no metric whose alarm is left out', () => {
    const template = Template.fromStack(createStack({}, { alarms: { Silence: false, BytesQuota: false } }));
    template.allResourcesProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { PUBLISHED_METRICS: 'ClaimsUnsent ClaimsSeen OldestClaimAge LinesCorrupt' },
      },
    });
  });

  it('refuses to tune an alarm that it lacks, and names full', () => {
    const create = () => createStack({}, { alarms: { BytesQuota: { threshold: 95 } } });
    expect(create).toThrow(PropError);
    expect(create).toThrow(
      "FirehoseEventProducer/Producer/Alarms: alarms.BytesQuota is set, but monitoring is 'essential', which does not " +
        "have this alarm: set monitoring: 'full', or tune one of Silence, FunctionErrors, ",
    );
  });

  it('publishes the metrics of which a method says so', () => {
    // Prepare
    const source = readFileSync('lib/stack/event-producer.ts', 'utf8');
    const methods = [...source.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s+metric([A-Z]\w*)\(/gs)];

    // Act
    const levels = Object.fromEntries(
      methods.map(([, doc, name]) => [name, /(Needs|From) `(full|essential)`( on)?\./.exec(doc!)]),
    );

    // Assess
    expect(methods).toHaveLength(20);
    expect(Object.values(levels)).not.toContain(null);
    expect(Object.keys(levels).filter((name) => levels[name]![2] === 'essential')).toEqual([
      ...['EventsDelivered', 'ClaimsUnsent', 'LinesCorrupt', 'OldestClaimAge', 'ClaimsSeen'],
    ]);
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
  it('decides which parts the construct has', () => {
    const partsOf = (monitoring: MonitoringLevel) => {
      const { alarms, dashboard } = createStack({}, { monitoring }).producer;
      return [alarms !== undefined, dashboard !== undefined];
    };

    expect(monitoringLevels.map(partsOf)).toEqual([
      [true, false],
      [true, true],
      [false, false],
    ]);
  });
});

describe('the saved queries', () => {
  it.each(monitoringLevels)('show each figure of the reports, and of the proof, at %s', (monitoring) => {
    // Act
    const queries = templateOf({ monitoring }).findResources('AWS::Logs::QueryDefinition');

    // Assess
    const counts: (keyof Tally)[] = ['expected', 'present', 'missing', 'duplicated'];
    const [proof, reports] = Object.values(queries)
      .map(({ Properties }) => Properties)
      .sort((one, other) => one.Name.localeCompare(other.Name));
    expect(reports.Name).toBe('FirehoseEventProducer-Producer-Reports');
    expect(proof.Name).toBe('FirehoseEventProducer-Producer-Proof');
    for (const field of Object.keys(reportMetrics)) {
      expect(reports.QueryString).toContain(`(report.${field}) as ${field}`);
    }
    for (const count of counts) {
      expect(proof.QueryString).toContain(`sum(${count}) as `);
    }
  });
});
