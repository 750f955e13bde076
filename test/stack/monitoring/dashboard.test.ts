import { Size } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { EventProducer } from '../../../lib/stack/event-producer.ts';
import { type AlarmName, alarmNames } from '../../../lib/stack/monitoring/alarms.ts';
import {
  dashboardBody,
  type MetricRow,
  type Rendering,
  type Widget,
} from '../../../lib/stack/monitoring/picture/dashboard-body.ts';
import { dashboardPage } from '../../../lib/stack/monitoring/picture/page.ts';
import { createStack, templateOf } from '../synth.ts';

const body = dashboardBody(templateOf());

const renderingOf = (row: MetricRow) => row.at(-1) as Rendering;

/** A metric or expression as `label: what it is`, and on which axis if that is the right one. */
function describeRow(row: MetricRow): string {
  const { id, label, expression, stat = 'Average', visible = true, yAxis = 'left' } = renderingOf(row);
  const [namespace, name, ...dimensions] = row.slice(0, -1);
  const source =
    expression ??
    `${stat} ${namespace} ${name} {${dimensions.filter((_, order) => order % 2 === 1).join(', ')}}`;
  return (visible ? `${label}: ` : `${id} = `) + source + (yAxis === 'right' ? ' (right)' : '');
}

function describeWidget({ properties: { yAxis, metrics = [], annotations } }: Widget) {
  return {
    axes: [yAxis?.left, yAxis?.right].flatMap((axis) => axis?.label ?? []),
    draws: metrics.map(describeRow),
    lines: (annotations?.horizontal ?? []).map(({ value, label }) => `${value}: ${label}`),
  };
}

const own = (stat: string, name: string) =>
  `${stat} FirehoseEventProducer ${name} {stream, firehose-event-producer}`;
const firehose = (stat: string, name: string) => `${stat} AWS/Firehose ${name} {stream}`;
const sqs = (stat: string, name: string, queue = 'work-queue') => `${stat} AWS/SQS ${name} {${queue}}`;
const lambda = (stat: string, name: string) => `${stat} AWS/Lambda ${name} {function}`;

const limitWidget = (axis: string, incoming: string, limit: string, ofThisProducer?: string) => ({
  axes: [axis],
  draws: [
    'accepted: incoming / PERIOD(incoming)',
    `incoming = ${firehose('Sum', incoming)}`,
    ...(ofThisProducer ? ['of this producer: own / PERIOD(own)', `own = ${own('Sum', ofThisProducer)}`] : []),
    'alarm: more than 80 % in 15 of 20 minutes: 0.8 * limit',
    `limit of the stream: ${firehose('Minimum', limit)}`,
  ],
  lines: [],
});

const costOf = {
  firehose: 'FILL(bytes, 0) / 1073741824 * 0.029',
  lambda: 'FILL(ms, 0) / 1000 * 512 / 1024 * 0.0000133334 + FILL(invocations, 0) * 0.0000002',
};
const costSources = [
  `bytes = ${own('Sum', 'BilledBytes')}`,
  `ms = ${lambda('Sum', 'Duration')}`,
  `invocations = ${lambda('Sum', 'Invocations')}`,
];

/** Every widget with metrics, from the top left to the bottom right. */
const expected = {
  Events: {
    axes: ['events'],
    draws: [
      `asked of invocations: ${own('Sum', 'EventsRequested')}`,
      `delivered to Firehose: ${own('Sum', 'EventsDelivered')}`,
      `left to the work queue: ${own('Sum', 'EventsQueued')}`,
    ],
    lines: [],
  },
  'Events in doubt': {
    axes: ['events'],
    draws: [
      `undelivered: ${own('Sum', 'EventsUndelivered')}`,
      `perhaps delivered twice: ${own('Sum', 'EventsUncertain')}`,
    ],
    lines: ['0: alarm: any undelivered'],
  },
  'Pace of a run': {
    axes: ['events a second'],
    draws: [
      `average run: ${own('Average', 'EventsPerSecond')}`,
      `fastest run: ${own('Maximum', 'EventsPerSecond')}`,
    ],
    lines: [],
  },
  'Duration of a run, and cold starts': {
    axes: ['milliseconds', 'cold starts'],
    draws: [
      `median run: ${own('p50', 'Duration')}`,
      `longest run: ${own('Maximum', 'Duration')}`,
      `cold starts: ${own('Sum', 'ColdStart')} (right)`,
    ],
    lines: ['300000: timeout of 300 s'],
  },
  Bytes: limitWidget('bytes a second', 'IncomingBytes', 'BytesPerSecondLimit', 'BytesDelivered'),
  Records: limitWidget('records a second', 'IncomingRecords', 'RecordsPerSecondLimit'),
  Requests: limitWidget('requests a second', 'IncomingPutRequests', 'PutRequestsPerSecondLimit', 'Requests'),
  'Failed requests and refused records': {
    axes: ['percent', 'requests, records'],
    draws: [
      'requests that failed: 100 * failed / requests',
      `requests failed, sent again: ${own('Sum', 'RequestsFailed')} (right)`,
      `requests = ${own('Sum', 'Requests')}`,
      'records that the stream refused: 100 * refused / (refused + FILL(accepted, 0))',
      `refused = ${firehose('Sum', 'ThrottledRecords')}`,
      `accepted = ${firehose('Sum', 'IncomingRecords')}`,
      `records refused, sent again: ${own('Sum', 'RecordsRefused')} (right)`,
    ],
    lines: ['10: alarm: more requests, for 15 minutes', '10: alarm: more records, for 15 minutes'],
  },
  'How late': {
    axes: ['seconds'],
    draws: [`oldest record not in S3 yet: ${firehose('Maximum', 'DeliveryToS3.DataFreshness')}`],
    lines: ['360: alarm: older'],
  },
  Success: {
    axes: ['share, from 0 to 1'],
    draws: [`writes to S3 that succeed: ${firehose('Average', 'DeliveryToS3.Success')}`],
    lines: ['1: alarm: less, for 15 minutes'],
  },
  'Bytes in S3': {
    axes: ['bytes'],
    draws: [`written to S3: ${firehose('Sum', 'DeliveryToS3.Bytes')}`],
    lines: [],
  },
  'Records and objects in S3': {
    axes: ['records', 'objects'],
    draws: [
      `records: ${firehose('Sum', 'DeliveryToS3.Records')}`,
      `objects: ${firehose('Sum', 'DeliveryToS3.ObjectCount')} (right)`,
    ],
    lines: [],
  },
  'Events found': {
    axes: ['events'],
    draws: [
      `proven: ${own('Sum', 'EventsProven')}`,
      `late: not there at the first look: ${own('Sum', 'EventsLate')}`,
      `lost: ${own('Sum', 'EventsLost')}`,
    ],
    lines: ['0: alarm: any lost'],
  },
  'How long it takes': {
    axes: ['milliseconds'],
    draws: [
      `landed: median event: ${own('p50', 'DeliveryLatency')}`,
      `landed: 99 % of events: ${own('p99', 'DeliveryLatency')}`,
      `proven: median claim: ${own('p50', 'TimeToProof')}`,
      `proven: longest claim: ${own('Maximum', 'TimeToProof')}`,
    ],
    lines: [],
  },
  Claims: {
    axes: ['milliseconds', 'claims'],
    draws: [
      `oldest claim not proven: ${own('Maximum', 'OldestClaimAge')}`,
      `looked at: ${own('Sum', 'ClaimsSeen')} (right)`,
      `waiting: ${sqs('Maximum', 'ApproximateNumberOfMessagesVisible', 'proof-queue')} (right)`,
      `not sent: ${own('Sum', 'ClaimsUnsent')} (right)`,
    ],
    lines: ['660000: alarm: older'],
  },
  'Duplicates and corrupt lines': {
    axes: ['events, lines'],
    draws: [
      `events found more than once: ${own('Sum', 'EventsDuplicated')}`,
      `corrupt lines: ${own('Sum', 'LinesCorrupt')}`,
    ],
    lines: ['0: alarm: any corrupt'],
  },
  Messages: {
    axes: ['messages'],
    draws: [
      `waiting: ${sqs('Maximum', 'ApproximateNumberOfMessagesVisible')}`,
      `in progress: ${sqs('Maximum', 'ApproximateNumberOfMessagesNotVisible')}`,
    ],
    lines: [],
  },
  'Longest wait': {
    axes: ['seconds'],
    draws: [`oldest message: ${sqs('Maximum', 'ApproximateAgeOfOldestMessage')}`],
    lines: [],
  },
  'Sent and done': {
    axes: ['messages'],
    draws: [`sent: ${sqs('Sum', 'NumberOfMessagesSent')}`, `done: ${sqs('Sum', 'NumberOfMessagesDeleted')}`],
    lines: [],
  },
  'Dead letters': {
    axes: ['messages'],
    draws: [`dead letters: ${sqs('Maximum', 'ApproximateNumberOfMessagesVisible', 'dead-letter-queue')}`],
    lines: ['0: alarm: any'],
  },
  Invocations: {
    axes: ['invocations'],
    draws: [`invocations: ${lambda('Sum', 'Invocations')}`],
    lines: [],
  },
  'Invocations that went wrong': {
    axes: ['invocations'],
    draws: [`failed: ${lambda('Sum', 'Errors')}`, `not started: throttled: ${lambda('Sum', 'Throttles')}`],
    lines: ['0: alarm: any failed', '0: alarm: any throttled, for 15 minutes'],
  },
  'Duration of an invocation': {
    axes: ['milliseconds'],
    draws: [
      `median invocation: ${lambda('p50', 'Duration')}`,
      `longest invocation: ${lambda('Maximum', 'Duration')}`,
    ],
    lines: ['299000: alarm: longer, near the timeout of 300 s'],
  },
  'Invocations at once': {
    axes: ['invocations'],
    draws: [`most at once: ${lambda('Maximum', 'ConcurrentExecutions')}`],
    lines: [],
  },
  'Cost of five minutes': {
    axes: ['US dollars'],
    draws: [
      `Firehose: ${costOf.firehose}`,
      costSources[0],
      `Lambda: ${costOf.lambda}`,
      costSources[1],
      costSources[2],
    ],
    lines: [],
  },
  'A month at the pace of the time shown, in US dollars': {
    axes: [],
    draws: [
      `Firehose: (${costOf.firehose}) / PERIOD(bytes) * 2628000`,
      costSources[0],
      `Lambda: (${costOf.lambda}) / PERIOD(ms) * 2628000`,
      costSources[1],
      costSources[2],
    ],
    lines: [],
  },
};

/** The widgets that show when an alarm fires, and how what they say of it begins. */
const shownBy: Partial<Record<AlarmName, readonly [title: keyof typeof expected, said: string]>> = {
  FunctionErrors: ['Invocations that went wrong', 'alarm: any failed'],
  FunctionThrottles: ['Invocations that went wrong', 'alarm: any throttled'],
  FunctionDuration: ['Duration of an invocation', 'alarm: '],
  EventsUndelivered: ['Events in doubt', 'alarm: '],
  FailedRequests: ['Failed requests and refused records', 'alarm: more requests'],
  RefusedRecords: ['Failed requests and refused records', 'alarm: more records'],
  BytesQuota: ['Bytes', 'alarm: '],
  RecordsQuota: ['Records', 'alarm: '],
  RequestsQuota: ['Requests', 'alarm: '],
  DeliveryFreshness: ['How late', 'alarm: '],
  DeliverySuccess: ['Success', 'alarm: '],
  EventsUnproven: ['Claims', 'alarm: '],
  EventsLost: ['Events found', 'alarm: '],
  EventsCorrupt: ['Duplicates and corrupt lines', 'alarm: '],
  DeadLetters: ['Dead letters', 'alarm: '],
};

/** What is drawn when there is no such alarm. */
function expectedWithout(name: AlarmName) {
  const [title, said] = shownBy[name] ?? [];
  if (title === undefined) {
    return expected;
  }
  const others = (texts: readonly (string | undefined)[]) => texts.filter((text) => !text?.includes(said!));
  const { axes, draws, lines } = expected[title];
  return { ...expected, [title]: { axes, draws: others(draws), lines: others(lines) } };
}

function widgetOf({ widgets }: typeof body, title: string): Widget {
  return widgets.find(({ properties }) => properties.title === title)!;
}

/** The row of what is proven: its heading and its graphs. */
const provenWidgets = 5;

const graphs = body.widgets.filter(({ type }) => type === 'metric');

describe('the dashboard', () => {
  it('begins with the state of every alarm', () => {
    // Act
    const [first] = body.widgets;

    // Assess
    expect(first).toMatchObject({ type: 'alarm', x: 0, y: 0, width: 24 });
    expect(first!.properties.alarms).toHaveLength(
      Object.keys(templateOf().findResources('AWS::CloudWatch::Alarm')).length,
    );
  });

  it('follows an event from top to bottom, under headings', () => {
    const headings = body.widgets.flatMap(({ properties: { markdown } }) => markdown ?? []);
    expect(headings.map((heading) => heading.replace(/:.*/, ''))).toEqual([
      '## Produced',
      '## Accepted',
      '## Delivered',
      '## Proven',
      '## Work queue',
      '## Function',
      '## Cost',
    ]);
  });

  it('has these graphs', () => {
    expect(graphs.map(({ properties: { title } }) => title)).toEqual(Object.keys(expected));
  });

  it.each(Object.entries(expected))('%s draws its metrics, axes and lines', (title, graph) => {
    const widget = graphs.find(({ properties }) => properties.title === title)!;
    expect(describeWidget(widget)).toEqual(graph);
  });

  it('starts each axis at 0, and names it by its label alone', () => {
    const axes = graphs.flatMap(({ properties: { yAxis } }) => [yAxis?.left, yAxis?.right]);
    for (const axis of axes.filter((axis) => axis !== undefined)) {
      expect(axis).toMatchObject({ showUnits: false, min: 0 });
    }
  });

  it('fills its rows and lets nothing overlap', () => {
    const cells = body.widgets.flatMap(({ x, y, width, height }) =>
      Array.from(
        { length: width * height },
        (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`,
      ),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells.length).toBe(24 * Math.max(...body.widgets.map(({ y, height }) => y + height)));
  });

  it('keeps to the five minutes of the alarms, and to the time shown for what a month costs', () => {
    expect(body).toMatchObject({ start: '-PT12H', periodOverride: 'inherit' });
    expect(graphs.filter(({ properties }) => properties.setPeriodToTimeRange)).toHaveLength(1);
  });

  it('has a name that no other stack, region or producer has, and its address is an output', () => {
    // Prepare
    const stack = createStack();
    new EventProducer(stack, 'Second');

    // Act
    const template = Template.fromStack(stack);

    // Assess
    for (const producer of ['Producer', 'Second']) {
      template.hasResourceProperties('AWS::CloudWatch::Dashboard', {
        DashboardName: { 'Fn::Join': ['', [`FirehoseEventProducer-${producer}-`, { Ref: 'AWS::Region' }]] },
      });
    }
    const [dashboard] = Object.keys(templateOf().findResources('AWS::CloudWatch::Dashboard'));
    templateOf().hasOutput('DashboardUrl', {
      Value: {
        'Fn::Join': [
          '',
          Match.arrayWith([Match.stringLikeRegexp('#dashboards/dashboard/$'), { Ref: dashboard }]),
        ],
      },
    });
  });

  it('has sample data for its picture', () => {
    expect(dashboardPage(body).html).toContain('A month at the pace');
  });

  it('draws a stream that was there already too, which may buffer for 15 minutes', () => {
    // Act
    const imported = dashboardBody(templateOf({ deliveryStreamName: 'my-stream' }));

    // Assess
    expect(imported.widgets).toHaveLength(body.widgets.length - provenWidgets);
    expect(describeWidget(widgetOf(imported, 'How late'))).toMatchObject({
      draws: ['oldest record not in S3 yet: Maximum AWS/Firehose DeliveryToS3.DataFreshness {my-stream}'],
      lines: ['1200: alarm: older'],
    });
    expect(describeWidget(widgetOf(imported, 'Success')).lines).toEqual([
      '1: alarm: less, in 15 of 45 minutes',
    ]);
  });

  it('has no row of what is proven without proof', () => {
    const { widgets } = dashboardBody(templateOf({ proof: 'off' }));
    expect(widgets).toHaveLength(body.widgets.length - provenWidgets);
  });

  it('says when alarms fire that are tuned', () => {
    // Prepare
    const stack = createStack(
      {},
      {
        alarms: {
          BytesQuota: { threshold: 95, periods: 2, outOf: 6 },
          RecordsQuota: { threshold: 70, periods: 1 },
          FailedRequests: { threshold: 50 },
          RefusedRecords: { threshold: 25, outOf: 4 },
          DeadLetters: { periods: 2 },
        },
      },
    );

    // Act
    const tuned = dashboardBody(Template.fromStack(stack));

    // Assess
    const said = (title: string) => describeWidget(widgetOf(tuned, title));
    expect(said('Bytes').draws).toContain('alarm: more than 95 % in 10 of 30 minutes: 0.95 * limit');
    expect(said('Records').draws).toContain('alarm: more than 70 %: 0.7 * limit');
    expect(said('Failed requests and refused records').lines).toEqual([
      '50: alarm: more requests, for 15 minutes',
      '25: alarm: more records, in 15 of 20 minutes',
    ]);
    expect(said('Dead letters').lines).toEqual(['0: alarm: any, for 10 minutes']);
  });

  it.each(alarmNames)('draws nothing of %s when it is left out, and all the rest', (name) => {
    // Prepare
    const stack = createStack({}, { alarms: { [name]: false } });

    // Act
    const { widgets } = dashboardBody(Template.fromStack(stack));

    // Assess
    const drawn = widgets.flatMap(({ type, properties }) =>
      type === 'metric' ? [[properties.title, describeWidget({ type, properties } as Widget)]] : [],
    );
    expect(Object.fromEntries(drawn)).toEqual(expectedWithout(name));
    expect(widgets[0]!.properties.alarms).toHaveLength(alarmNames.length - 1);
  });

  it('counts with the memory and the prices that it is given', () => {
    // Prepare
    const stack = createStack({}, { memorySize: Size.mebibytes(1_024), prices: { firehoseUsdPerGb: 0.05 } });

    // Act
    const { widgets } = dashboardBody(Template.fromStack(stack));

    // Assess
    const cost = widgets.find(({ properties }) => properties.title === 'Cost of five minutes')!;
    expect(describeWidget(cost).draws).toEqual(
      expect.arrayContaining([
        'Firehose: FILL(bytes, 0) / 1073741824 * 0.05',
        'Lambda: FILL(ms, 0) / 1000 * 1024 / 1024 * 0.0000133334 + FILL(invocations, 0) * 0.0000002',
      ]),
    );
  });
});
