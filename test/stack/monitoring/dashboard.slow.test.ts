import { Size } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { EventProducer } from '../../../lib/stack/event-producer.ts';
import { createStack, directPutAlarms, fullTemplateOf } from '../synth.ts';

interface Rendering {
  readonly id?: string;
  readonly label?: string;
  readonly expression?: string;
  readonly stat?: string;
  readonly visible?: boolean;
  readonly yAxis?: 'left' | 'right';
}

/** Namespace, name, dimensions and values in turn, rendering; of an expression the rendering alone. */
type MetricRow = readonly [...string[], Rendering];

interface Widget {
  readonly type: 'alarm' | 'text' | 'metric';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly MetricRow[];
    readonly yAxis?: { readonly left?: object; readonly right?: object };
    readonly annotations?: { readonly horizontal: readonly { value: number; label: string }[] };
    readonly setPeriodToTimeRange?: boolean;
  };
}

/**
 * The body of the template's dashboard, with short names in place of references.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
function dashboardOf(template: Template): { readonly widgets: readonly Widget[] } {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts: unknown[] = dashboard!.Properties.DashboardBody['Fn::Join'][1];
  const nameOf = (reference: string) =>
    /DeadLetterQueue|WorkQueue|ProofQueue|DeliveryStream|ProducerFunction|ProverFunction/.exec(
      reference,
    )?.[0] ?? reference.replaceAll('"', '');
  return JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : nameOf(JSON.stringify(part)))).join(''),
  );
}

/** A metric or expression as `label: source`, hidden ones as `id = source`. */
function describeRow(row: MetricRow): string {
  const { id, label, expression, stat, visible = true, yAxis } = row.at(-1) as Rendering;
  const [namespace, name, ...dimensions] = row.slice(0, -1);
  const values = dimensions.filter((_, order) => order % 2 === 1);
  const source = expression ?? `${stat ?? 'Average'} ${namespace} ${name} {${values.join(', ')}}`;
  return (visible ? `${label}: ` : `${id} = `) + source + (yAxis === 'right' ? ' (right)' : '');
}

function graphsOf(template: Template): Record<string, { draws: string[]; lines: string[] }> {
  const graphs = dashboardOf(template).widgets.filter(({ type }) => type === 'metric');
  return Object.fromEntries(
    graphs.map(({ properties: { title, metrics = [], annotations } }) => [
      title,
      {
        draws: metrics.map(describeRow),
        lines: (annotations?.horizontal ?? []).map(({ value, label }) => `${value}: ${label}`),
      },
    ]),
  );
}

const body = dashboardOf(fullTemplateOf());
const graphs = graphsOf(fullTemplateOf());

function textsOf(graphs: ReturnType<typeof graphsOf>): string[] {
  return Object.entries(graphs).flatMap(([title, { draws, lines }]) =>
    [...draws, ...lines].map((text) => `${title}: ${text}`),
  );
}

const texts = textsOf(graphs);

/** Widgets of the section on proof: its heading and its graphs. */
const proofWidgets = 5;

describe('the dashboard', () => {
  it('begins with the state of every alarm', () => {
    const [first] = body.widgets;
    expect(first).toMatchObject({ type: 'alarm', x: 0, y: 0, width: 24 });
    expect(first!.properties.alarms).toHaveLength(directPutAlarms.length);
  });

  it('follows an event from top to bottom, under headings', () => {
    const headings = body.widgets.flatMap(({ properties: { markdown } }) => markdown ?? []);
    expect(headings.map((heading) => /^## ([^:]+)/.exec(heading)?.[1])).toEqual([
      ...['Produced', 'Accepted', 'Delivered', 'Proven', 'Work queue', 'Function', 'Cost'],
    ]);
  });

  it('draws a quota beside its use, with the threshold of its alarm', () => {
    expect(graphs.Bytes).toEqual({
      draws: [
        'accepted: incoming / PERIOD(incoming)',
        'incoming = Sum AWS/Firehose IncomingBytes {DeliveryStream}',
        'of this producer: own / PERIOD(own)',
        'own = Sum FirehoseEventProducer BytesDelivered {DeliveryStream, FirehoseEventProducer/Producer, firehose-event-producer}',
        'alarm: more than 80 % in 15 of 20 minutes: 0.8 * limit',
        'limit of the stream: Minimum AWS/Firehose BytesPerSecondLimit {DeliveryStream}',
      ],
      lines: [],
    });
  });

  it('draws thresholds that do not move as lines', () => {
    expect(graphs['Duration of an invocation']?.lines).toEqual([
      '299000: alarm: longer, near the timeout of 300 s',
    ]);
    expect(graphs['Failed requests and refused records']?.lines).toEqual([
      '10: alarm: more requests, for 15 minutes',
      '10: alarm: more records, for 15 minutes',
    ]);
    expect(graphs.Claims?.lines).toEqual(['660000: alarm: older']);
  });

  it('draws the thresholds of 15 alarms', () => {
    expect(texts.filter((text) => text.includes(': alarm: '))).toHaveLength(15);
  });

  it('draws no metric twice in a graph', () => {
    for (const { draws } of Object.values(graphs)) {
      expect(new Set(draws).size).toBe(draws.length);
    }
  });

  it('starts each axis at 0, and names it by its label alone', () => {
    const axes = body.widgets.flatMap(({ properties: { yAxis } }) => [yAxis?.left, yAxis?.right]);
    for (const axis of axes.filter((axis) => axis !== undefined)) {
      expect(axis).toMatchObject({ label: expect.any(String), showUnits: false, min: 0 });
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

  it('keeps to the five minutes of the alarms, and to the time shown for the cost of a month', () => {
    expect(body).toMatchObject({ start: '-PT12H', periodOverride: 'inherit' });
    const stretched = body.widgets.filter(({ properties }) => properties.setPeriodToTimeRange);
    expect(stretched.map(({ properties: { title } }) => title)).toEqual([
      'A month at the pace of the time shown, in US dollars',
    ]);
  });

  it('has a name that no other stack, region or producer has, and its address is an output', () => {
    // Prepare
    const stack = createStack({ monitoring: 'full' });
    new EventProducer(stack, 'Second', { monitoring: 'full' });

    // Act
    const template = Template.fromStack(stack);

    // Assess
    for (const producer of ['Producer', 'Second']) {
      template.hasResourceProperties('AWS::CloudWatch::Dashboard', {
        DashboardName: { 'Fn::Join': ['', [`FirehoseEventProducer-${producer}-`, { Ref: 'AWS::Region' }]] },
      });
    }
    const [dashboard] = Object.keys(fullTemplateOf().findResources('AWS::CloudWatch::Dashboard'));
    fullTemplateOf().hasOutput('DashboardUrl', {
      Value: {
        'Fn::Join': [
          '',
          Match.arrayWith([Match.stringLikeRegexp('#dashboards/dashboard/$'), { Ref: dashboard }]),
        ],
      },
    });
  });

  it('draws an existing stream, which may buffer for 15 minutes', () => {
    // Act
    const template = fullTemplateOf({ deliveryStreamName: 'my-stream' });

    // Assess
    expect(dashboardOf(template).widgets).toHaveLength(body.widgets.length - proofWidgets);
    expect(graphsOf(template)['How late']).toEqual({
      draws: ['oldest record not in S3 yet: Maximum AWS/Firehose DeliveryToS3.DataFreshness {my-stream}'],
      lines: ['1200: alarm: older'],
    });
    expect(graphsOf(template).Success?.lines).toEqual(['1: alarm: less, in 15 of 45 minutes']);
  });

  it('has no section on proof without proof', () => {
    const { widgets } = dashboardOf(fullTemplateOf({ proof: 'off' }));
    expect(widgets).toHaveLength(body.widgets.length - proofWidgets);
  });

  it('draws the thresholds and periods of tuned alarms', () => {
    // Prepare
    const alarms = {
      BytesQuota: { threshold: 95, periods: 2, outOf: 6 },
      RecordsQuota: { threshold: 70, periods: 1 },
      FailedRequests: { threshold: 50 },
      RefusedRecords: { threshold: 25, outOf: 4 },
      DeadLetters: { periods: 2 },
    };

    // Act
    const tuned = graphsOf(Template.fromStack(createStack({ monitoring: 'full' }, { alarms })));

    // Assess
    expect(tuned.Bytes?.draws).toContain('alarm: more than 95 % in 10 of 30 minutes: 0.95 * limit');
    expect(tuned.Records?.draws).toContain('alarm: more than 70 %: 0.7 * limit');
    expect(tuned['Failed requests and refused records']?.lines).toEqual([
      '50: alarm: more requests, for 15 minutes',
      '25: alarm: more records, in 15 of 20 minutes',
    ]);
    expect(tuned['Dead letters']?.lines).toEqual(['0: alarm: any, for 10 minutes']);
  });

  it.each(directPutAlarms)('without the alarm %s lacks its threshold alone', (name) => {
    // Act
    const template = Template.fromStack(createStack({ monitoring: 'full' }, { alarms: { [name]: false } }));

    // Assess
    const left = textsOf(graphsOf(template));
    const missing = texts.filter((text) => !left.includes(text));
    expect(missing.every((text) => text.includes(': alarm: '))).toBe(true);
    expect(missing.length).toBeLessThanOrEqual(1);
    expect(left.length + missing.length).toBe(texts.length);
    expect(dashboardOf(template).widgets[0]!.properties.alarms).toHaveLength(directPutAlarms.length - 1);
  });

  it('counts with the memory and the prices that are set', () => {
    // Prepare
    const props = { memorySize: Size.mebibytes(1_024), prices: { firehoseUsdPerGb: 0.05 } };

    // Act
    const template = Template.fromStack(createStack({ monitoring: 'full' }, props));

    // Assess
    const { draws } = graphsOf(template)['Cost of five minutes']!;
    expect(draws).toContain('Firehose: FILL(bytes, 0) / 1073741824 * 0.05');
    expect(draws).toContain(
      'Lambda: FILL(ms, 0) / 1000 * 1024 / 1024 * 0.0000133334 + FILL(invocations, 0) * 0.0000002',
    );
    expect(graphs['A month at the pace of the time shown, in US dollars']?.draws).toContain(
      'Firehose: (FILL(bytes, 0) / 1073741824 * 0.029) / PERIOD(bytes) * 2628000',
    );
  });
});
