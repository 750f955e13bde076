import { Duration, type Size } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  type IWidget,
  MathExpression,
  type Metric,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
  TextWidgetBackground,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { bytesPerGb, type Target, targets } from '../../../lambda/contract/targets.ts';
import { hoursPerMonth } from '../../aws/billing.ts';
import { type Prices, pricesSource, usdPerGbOf } from '../../aws/prices.ts';
import type { AlarmName, Alarms, ProducerAlarm } from './alarms.ts';
import type { ProducerMetrics, ProofMetrics } from './metrics.ts';

interface ProducerDashboardProps {
  /** Unique in the account, in all of its regions. */
  readonly name: string;
  readonly metrics: ProducerMetrics;
  /** @default - events are not proven */
  readonly proof?: ProofMetrics | undefined;
  readonly alarms: Alarms;
  readonly target: Target;
  readonly timeout: Duration;
  readonly memorySize: Size;
  readonly prices: Prices;
}

const columns = 24;
const rowHeight = 5;

/** A dashboard on which an event goes from top to bottom: produced, accepted, delivered, proven; then the resources and the cost. */
export class ProducerDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ProducerDashboardProps) {
    super(scope, id);
    const { metrics, alarms, timeout, proof, target } = props;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: props.name,
      defaultInterval: Duration.hours(12),
      // The alarms look at five minutes each: other periods would not compare with their thresholds.
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        ...alarmStatus(alarms),
        ...producedSection(metrics, alarms, timeout),
        ...acceptedSection(metrics, alarms, targets[target].title),
        ...(metrics.delivery ? deliveredSection(metrics.delivery, alarms) : []),
        ...(proof ? provenSection(proof, alarms) : []),
        ...workQueueSection(metrics, alarms),
        ...functionSection(metrics, alarms, timeout),
        ...costSection(props),
      ],
    });
  }
}

/** Nothing if each alarm was left out: CloudWatch refuses an empty widget. */
function alarmStatus({ all }: Alarms): IWidget[][] {
  return all.length > 0
    ? [[new AlarmStatusWidget({ title: 'Alarms', alarms: [...all], width: columns, height: rowHeight })]]
    : [];
}

function producedSection(metrics: ProducerMetrics, alarms: Alarms, timeout: Duration) {
  const timeoutLine = {
    value: timeout.toMilliseconds(),
    label: `timeout of ${timeout.toSeconds()} s`,
    color: Color.GREY,
  };
  return section(
    'Produced',
    'events that invocations were asked for, and their outcome, every five minutes',
    [
      graph('Events', 'events', [metrics.eventsRequested, metrics.eventsDelivered, metrics.eventsQueued]),
      graph('Events in doubt', 'events', [metrics.eventsUndelivered, metrics.eventsUncertain], {
        lines: alarmLines(alarms, 'EventsUndelivered', 'any undelivered'),
      }),
      graph('Pace of a run', 'events a second', [metrics.paceAverage, metrics.paceMax]),
      graph(
        'Duration of a run, and cold starts',
        'milliseconds',
        [metrics.runDurationMedian, metrics.runDurationMax],
        { lines: [timeoutLine], right: { unit: 'cold starts', metrics: [metrics.coldStarts] } },
      ),
    ],
  );
}

function acceptedSection(metrics: ProducerMetrics, alarms: Alarms, title: string) {
  return section('Accepted', `what ${title} accepted, and the quota`, [
    limitGraph(
      'Bytes',
      [metrics.bytesPerSecond, metrics.ownBytesPerSecond],
      metrics.bytesLimit,
      alarms.get('BytesQuota'),
    ),
    limitGraph('Records', [metrics.recordsPerSecond], metrics.recordsLimit, alarms.get('RecordsQuota')),
    limitGraph(
      'Requests',
      [metrics.requestsPerSecond, metrics.ownRequestsPerSecond],
      metrics.requestsLimit,
      alarms.get('RequestsQuota'),
    ),
    graph(
      'Failed requests and refused records',
      'percent',
      [metrics.requestsFailedShare, metrics.recordsRefusedShare],
      {
        lines: [
          ...alarmLines(alarms, 'FailedRequests', 'more requests'),
          ...alarmLines(alarms, 'RefusedRecords', 'more records'),
        ],
        right: { unit: 'requests, records', metrics: [metrics.requestsFailed, metrics.recordsRefused] },
      },
    ),
  ]);
}

function deliveredSection(metrics: NonNullable<ProducerMetrics['delivery']>, alarms: Alarms) {
  return section('Delivered', 'what Firehose wrote to S3', [
    graph('How late', 'seconds', [metrics.freshness, ...(metrics.behind ? [metrics.behind] : [])], {
      lines: [
        ...alarmLines(alarms, 'DeliveryFreshness', 'older'),
        ...alarmLines(alarms, 'FirehoseBehind', 'read later'),
      ],
    }),
    graph('Success', 'share, from 0 to 1', [metrics.success], {
      lines: alarmLines(alarms, 'DeliverySuccess', 'less'),
    }),
    graph('Bytes in S3', 'bytes', [metrics.bytesInBucket]),
    graph('Records and objects in S3', 'records', [metrics.recordsInBucket], {
      right: { unit: 'objects', metrics: [metrics.objectsInBucket] },
    }),
  ]);
}

function provenSection(metrics: ProofMetrics, alarms: Alarms) {
  return section('Proven', 'what the prover found in the bucket', [
    graph('Events found', 'events', [metrics.eventsProven, metrics.eventsLate, metrics.eventsLost], {
      lines: alarmLines(alarms, 'EventsLost', 'any lost'),
    }),
    graph('How long it takes', 'milliseconds', [
      ...[metrics.latencyMedian, metrics.latencyMost, metrics.timeToProofMedian, metrics.timeToProofMax],
    ]),
    graph('Claims', 'milliseconds', [metrics.oldestClaimAge], {
      lines: alarmLines(alarms, 'EventsUnproven', 'older'),
      right: {
        unit: 'claims',
        metrics: [metrics.claimsSeen, metrics.claimsWaiting, metrics.claimsUnsent],
      },
    }),
    graph('Duplicates and corrupt lines', 'events, lines', [metrics.eventsDuplicated, metrics.linesCorrupt], {
      lines: alarmLines(alarms, 'EventsCorrupt', 'any corrupt'),
    }),
  ]);
}

function workQueueSection(metrics: ProducerMetrics, alarms: Alarms) {
  return section('Work queue', 'slices of large runs, and slices that an invocation could not finish', [
    graph('Messages', 'messages', [metrics.messagesWaiting, metrics.messagesInProgress]),
    graph('Longest wait', 'seconds', [metrics.oldestMessage]),
    graph('Sent and done', 'messages', [metrics.messagesSent, metrics.messagesDone]),
    graph('Dead letters', 'messages', [metrics.deadLetters], {
      lines: alarmLines(alarms, 'DeadLetters', 'any'),
    }),
  ]);
}

function functionSection(metrics: ProducerMetrics, alarms: Alarms, timeout: Duration) {
  return section('Function', 'the Lambda function', [
    graph('Invocations', 'invocations', [metrics.invocations]),
    graph('Invocations that went wrong', 'invocations', [metrics.errors, metrics.throttles], {
      lines: [
        ...alarmLines(alarms, 'FunctionErrors', 'any failed'),
        ...alarmLines(alarms, 'FunctionThrottles', 'any throttled'),
      ],
    }),
    graph('Duration of an invocation', 'milliseconds', [metrics.durationMedian, metrics.durationMax], {
      lines: alarmLines(alarms, 'FunctionDuration', `longer, near the timeout of ${timeout.toSeconds()} s`),
    }),
    graph('Invocations at once', 'invocations', [metrics.concurrentExecutions]),
  ]);
}

function costSection({ metrics, target, memorySize, prices }: ProducerDashboardProps) {
  const { billedBytes, durationSum, invocations } = metrics;
  const { title } = targets[target];
  const sent = `FILL(bytes, 0) / ${bytesPerGb} * ${decimal(usdPerGbOf(target, prices))}`;
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
      graph(
        'Cost of five minutes',
        'US dollars',
        [usd(sent, { bytes: billedBytes }, title), usd(lambda, { ms: durationSum, invocations }, 'Lambda')],
        { width: columns / 2 },
      ),
      new SingleValueWidget({
        title: 'A month at the pace of the time shown, in US dollars',
        metrics: [
          usd(`(${sent}) / PERIOD(bytes) * ${secondsPerMonth}`, { bytes: billedBytes }, title),
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

/** A row under its heading. */
function section(title: string, subtitle: string, row: IWidget[]): IWidget[][] {
  const heading = new TextWidget({
    markdown: `## ${title}: ${subtitle}`,
    width: columns,
    height: 1,
    background: TextWidgetBackground.TRANSPARENT,
  });
  return [[heading], row];
}

interface GraphOptions {
  readonly lines?: HorizontalAnnotation[];
  /** A second axis. */
  readonly right?: { readonly unit: string; readonly metrics: IMetric[] };
  readonly width?: number;
}

function graph(title: string, unit: string, metrics: IMetric[], options: GraphOptions = {}): GraphWidget {
  const { lines = [], right, width = columns / 4 } = options;
  return new GraphWidget({
    title,
    left: metrics,
    leftYAxis: { label: unit, showUnits: false, min: 0 },
    leftAnnotations: lines,
    ...(right && { right: right.metrics, rightYAxis: { label: right.unit, showUnits: false, min: 0 } }),
    width,
    height: rowHeight,
  });
}

/** The threshold of an alarm, with its periods; nothing if the alarm was left out. */
function alarmLines(alarms: Alarms, name: AlarmName, label: string): HorizontalAnnotation[] {
  const alarm = alarms.get(name);
  return alarm ? [{ value: alarm.threshold, label: alarmLabel(label, alarm), color: Color.RED }] : [];
}

function alarmLabel(label: string, { threshold, lasting }: ProducerAlarm): string {
  const counted = threshold > 0 ? label.replace(/^any\b/, `more than ${threshold}`) : label;
  return `alarm: ${counted}${lasting && `, ${lasting}`}`;
}

/** Firehose's limits move: each is a metric instead of a line, and so is the alarm's share of it. Without a limit, rates alone. */
function limitGraph(
  title: string,
  rates: (IMetric | undefined)[],
  limit: Metric | MathExpression | undefined,
  alarm: ProducerAlarm | undefined,
): GraphWidget {
  const alarmAt =
    alarm &&
    limit &&
    new MathExpression({
      expression: `${alarm.threshold / 100} * limit`,
      usingMetrics: { limit },
      label: alarmLabel(`more than ${alarm.threshold} %`, alarm).replace('%,', '%'),
      color: Color.RED,
      period: limit.period,
    });
  const metrics = [...rates, alarmAt, limit].filter((metric) => metric !== undefined);
  return graph(title, `${title.toLowerCase()} a second`, metrics);
}

/** Without an exponent: metric math may not read one. */
function decimal(value: number): string {
  return value.toFixed(15).replace(/\.?0+$/, '');
}
