import { Duration, type Size } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  MathExpression,
  type Metric,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
  TextWidgetBackground,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { bytesPerGb } from '../../../lambda/contract/cost.ts';
import { hoursPerMonth } from '../../aws/billing.ts';
import { type Prices, pricesSource } from '../../aws/prices.ts';
import type { AlarmName, Alarms, ProducerAlarm } from './alarms.ts';
import type { ProducerMetrics } from './metrics.ts';
import type { ProofMetrics } from './proof-metrics.ts';

/** Properties of a {@link ProducerDashboard}. */
export interface ProducerDashboardProps {
  /** Name, which has to differ from all others of the account, whatever the region. */
  readonly name: string;
  /** What is drawn. */
  readonly metrics: ProducerMetrics;
  /** What of proving is drawn. @default - nothing is proven */
  readonly proof?: ProofMetrics;
  /** Whose state and thresholds are drawn. */
  readonly alarms: Alarms;
  /** Time that an invocation may take. */
  readonly timeout: Duration;
  /** Memory of the function, by which it is paid for. */
  readonly memorySize: Size;
  /** What Firehose and Lambda charge. */
  readonly prices: Prices;
}

const columns = 24;
const rowHeight = 5;

/** A dashboard on which an event goes from top to bottom: produced, accepted, delivered, proven; then what that takes and costs. */
export class ProducerDashboard extends Construct {
  /** The dashboard. */
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ProducerDashboardProps) {
    super(scope, id);
    const { metrics, alarms } = props;
    const timeout = `timeout of ${props.timeout.toSeconds()} s`;

    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: props.name,
      defaultInterval: Duration.hours(12),
      // The alarms look at five minutes each: other periods would not compare with their thresholds.
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        ...alarmStatus(alarms),
        ...section('Produced', 'what invocations were asked for, and what became of it, every five minutes', [
          graph({
            title: 'Events',
            unit: 'events',
            metrics: [metrics.eventsRequested, metrics.eventsDelivered, metrics.eventsQueued],
          }),
          graph({
            title: 'Events in doubt',
            unit: 'events',
            metrics: [metrics.eventsUndelivered, metrics.eventsUncertain],
            lines: alarmLines(alarms, 'EventsUndelivered', 'any undelivered'),
          }),
          graph({
            title: 'Pace of a run',
            unit: 'events a second',
            metrics: [metrics.paceAverage, metrics.paceMax],
          }),
          graph({
            title: 'Duration of a run, and cold starts',
            unit: 'milliseconds',
            metrics: [metrics.runDurationMedian, metrics.runDurationMax],
            lines: [{ value: props.timeout.toMilliseconds(), label: timeout, color: Color.GREY }],
            right: { unit: 'cold starts', metrics: [metrics.coldStarts] },
          }),
        ]),
        ...section('Accepted', 'what Firehose took, beside what it takes at most', [
          limitGraph(
            'Bytes',
            'bytes a second',
            [metrics.bytesPerSecond, metrics.ownBytesPerSecond],
            metrics.bytesLimit,
            alarms.get('BytesQuota'),
          ),
          limitGraph(
            'Records',
            'records a second',
            [metrics.recordsPerSecond],
            metrics.recordsLimit,
            alarms.get('RecordsQuota'),
          ),
          limitGraph(
            'Requests',
            'requests a second',
            [metrics.requestsPerSecond, metrics.ownRequestsPerSecond],
            metrics.requestsLimit,
            alarms.get('RequestsQuota'),
          ),
          graph({
            title: 'Failed requests and refused records',
            unit: 'percent',
            metrics: [metrics.requestsFailedShare, metrics.recordsRefusedShare],
            lines: [
              ...alarmLines(alarms, 'FailedRequests', 'more requests'),
              ...alarmLines(alarms, 'RefusedRecords', 'more records'),
            ],
            right: { unit: 'requests, records', metrics: [metrics.requestsFailed, metrics.recordsRefused] },
          }),
        ]),
        ...section('Delivered', 'what Firehose wrote to S3', [
          graph({
            title: 'How late',
            unit: 'seconds',
            metrics: [metrics.freshness],
            lines: alarmLines(alarms, 'DeliveryFreshness', 'older'),
          }),
          graph({
            title: 'Success',
            unit: 'share, from 0 to 1',
            metrics: [metrics.deliverySuccess],
            lines: alarmLines(alarms, 'DeliverySuccess', 'less'),
          }),
          graph({ title: 'Bytes in S3', unit: 'bytes', metrics: [metrics.bytesInBucket] }),
          graph({
            title: 'Records and objects in S3',
            unit: 'records',
            metrics: [metrics.recordsInBucket],
            right: { unit: 'objects', metrics: [metrics.objectsInBucket] },
          }),
        ]),
        ...(props.proof ? provenSection(props.proof, alarms) : []),
        ...section('Work queue', 'slices of large runs, and what an invocation could not finish', [
          graph({
            title: 'Messages',
            unit: 'messages',
            metrics: [metrics.messagesWaiting, metrics.messagesInProgress],
          }),
          graph({ title: 'Longest wait', unit: 'seconds', metrics: [metrics.oldestMessage] }),
          graph({
            title: 'Sent and done',
            unit: 'messages',
            metrics: [metrics.messagesSent, metrics.messagesDone],
          }),
          graph({
            title: 'Dead letters',
            unit: 'messages',
            metrics: [metrics.deadLetters],
            lines: alarmLines(alarms, 'DeadLetters', 'any'),
          }),
        ]),
        ...section('Function', 'the Lambda function', [
          graph({ title: 'Invocations', unit: 'invocations', metrics: [metrics.invocations] }),
          graph({
            title: 'Invocations that went wrong',
            unit: 'invocations',
            metrics: [metrics.errors, metrics.throttles],
            lines: [
              ...alarmLines(alarms, 'FunctionErrors', 'any failed'),
              ...alarmLines(alarms, 'FunctionThrottles', 'any throttled'),
            ],
          }),
          graph({
            title: 'Duration of an invocation',
            unit: 'milliseconds',
            metrics: [metrics.durationMedian, metrics.durationMax],
            lines: alarmLines(alarms, 'FunctionDuration', `longer, near the ${timeout}`),
          }),
          graph({
            title: 'Invocations at once',
            unit: 'invocations',
            metrics: [metrics.concurrentExecutions],
          }),
        ]),
        ...costSection(props),
      ],
    });
  }
}

/** The state of all alarms; nothing if each of them was left out, which CloudWatch would refuse. */
function alarmStatus({ all }: Alarms): AlarmStatusWidget[][] {
  return all.length > 0
    ? [[new AlarmStatusWidget({ title: 'Alarms', alarms: [...all], width: columns, height: rowHeight })]]
    : [];
}

/** A row under its heading. */
function section(title: string, subtitle: string, row: (GraphWidget | SingleValueWidget)[]) {
  const heading = new TextWidget({
    markdown: `## ${title}: ${subtitle}`,
    width: columns,
    height: 1,
    background: TextWidgetBackground.TRANSPARENT,
  });
  return [[heading], row];
}

interface GraphOptions {
  readonly title: string;
  /** What the vertical axis counts. */
  readonly unit: string;
  readonly metrics: IMetric[];
  readonly lines?: HorizontalAnnotation[];
  /** A second axis. */
  readonly right?: { readonly unit: string; readonly metrics: IMetric[] };
  readonly width?: number;
}

function graph({ title, unit, metrics, lines = [], right, width = columns / 4 }: GraphOptions): GraphWidget {
  return new GraphWidget({
    title,
    left: metrics,
    leftYAxis: { label: unit, showUnits: false, min: 0 },
    leftAnnotations: lines,
    ...(right && {
      right: right.metrics,
      rightYAxis: { label: right.unit, showUnits: false, min: 0 },
    }),
    width,
    height: rowHeight,
  });
}

/** The threshold of an alarm, with when it fires; nothing if the alarm was left out. */
function alarmLines(alarms: Alarms, name: AlarmName, label: string): HorizontalAnnotation[] {
  const watching = alarms.get(name);
  return watching
    ? [{ value: watching.threshold, label: alarmLabel(label, watching), color: Color.RED }]
    : [];
}

function alarmLabel(label: string, { threshold, lasting }: ProducerAlarm): string {
  const counted = threshold > 0 ? label.replace(/^any\b/, `more than ${threshold}`) : label;
  return `alarm: ${counted}${lasting && `, ${lasting}`}`;
}

/** A limit that moves, as Firehose's do, is a metric and no line: so is the alarm's share of it. */
function limitGraph(
  title: string,
  unit: string,
  rates: IMetric[],
  limit: Metric,
  alarm: ProducerAlarm | undefined,
): GraphWidget {
  const alarmAt = alarm && [
    new MathExpression({
      expression: `${alarm.threshold / 100} * limit`,
      usingMetrics: { limit },
      label: alarmLabel(`more than ${alarm.threshold} %`, alarm).replace('%,', '%'),
      color: Color.RED,
      period: limit.period,
    }),
  ];
  return graph({ title, unit, metrics: [...rates, ...(alarmAt ?? []), limit] });
}

function provenSection(metrics: ProofMetrics, alarms: Alarms) {
  return section('Proven', 'what the prover found in the bucket', [
    graph({
      title: 'Events found',
      unit: 'events',
      metrics: [metrics.eventsProven, metrics.eventsLate, metrics.eventsLost],
      lines: alarmLines(alarms, 'EventsLost', 'any lost'),
    }),
    graph({
      title: 'How long it takes',
      unit: 'milliseconds',
      metrics: [
        metrics.latencyMedian,
        metrics.latencyMost,
        metrics.timeToProofMedian,
        metrics.timeToProofMax,
      ],
    }),
    graph({
      title: 'Claims',
      unit: 'milliseconds',
      metrics: [metrics.oldestClaimAge],
      lines: alarmLines(alarms, 'EventsUnproven', 'older'),
      right: {
        unit: 'claims',
        metrics: [metrics.claimsSeen, metrics.claimsWaiting, metrics.claimsUnsent],
      },
    }),
    graph({
      title: 'Duplicates and corrupt lines',
      unit: 'events, lines',
      metrics: [metrics.eventsDuplicated, metrics.linesCorrupt],
      lines: alarmLines(alarms, 'EventsCorrupt', 'any corrupt'),
    }),
  ]);
}

function costSection({ metrics, memorySize, prices }: ProducerDashboardProps) {
  const { billedBytes, durationSum, invocations } = metrics;
  const firehose = `FILL(bytes, 0) / ${bytesPerGb} * ${decimal(prices.firehoseUsdPerGb)}`;
  const lambda =
    `FILL(ms, 0) / 1000 * ${memorySize.toMebibytes()} / 1024 * ${decimal(prices.lambdaUsdPerGbSecond)} ` +
    `+ FILL(invocations, 0) * ${decimal(prices.lambdaUsdPerRequest)}`;
  const usd = (expression: string, usingMetrics: Record<string, IMetric>, label: string) =>
    new MathExpression({ expression, usingMetrics, label, period: billedBytes.period });
  const secondsPerMonth = hoursPerMonth * 3_600;
  const { region, date } = pricesSource;
  return section(
    'Cost',
    `US dollars, at the prices that the stack was deployed with (by default those of ${region}, ${date})`,
    [
      graph({
        title: 'Cost of five minutes',
        unit: 'US dollars',
        metrics: [
          usd(firehose, { bytes: billedBytes }, 'Firehose'),
          usd(lambda, { ms: durationSum, invocations }, 'Lambda'),
        ],
        width: columns / 2,
      }),
      new SingleValueWidget({
        title: 'A month at the pace of the time shown, in US dollars',
        metrics: [
          usd(`(${firehose}) / PERIOD(bytes) * ${secondsPerMonth}`, { bytes: billedBytes }, 'Firehose'),
          usd(`(${lambda}) / PERIOD(ms) * ${secondsPerMonth}`, { ms: durationSum, invocations }, 'Lambda'),
        ],
        setPeriodToTimeRange: true,
        fullPrecision: true,
        width: columns / 2,
        height: rowHeight,
      }),
    ],
  );
}

/** Without an exponent, which metric math does not promise to read. */
function decimal(value: number): string {
  return value.toFixed(15).replace(/\.?0+$/, '');
}
