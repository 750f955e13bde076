import { Duration, TimeZone } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { deliveryReserveMs } from '../../../lambda/contract/deadline.ts';
import { frequencyOf } from '../../aws/schedule.ts';
import { PropError } from '../prop-checks.ts';
import { type AlarmRule, lastingPeriods, periodsOf, periodsOfInvocation } from './alarm-rule.ts';
import type { ProducerMetrics, WatchedResources } from './metrics.ts';
import { type ProofAlarmsProps, proofAlarmNames, proofAlarmRules } from './proof-alarms.ts';

/** The alarms, in the order in which an event meets their causes. */
export const alarmNames = [
  'Silence',
  'FunctionErrors',
  'FunctionThrottles',
  'FunctionDuration',
  'EventsUndelivered',
  'FailedRequests',
  'RefusedRecords',
  'BytesQuota',
  'RecordsQuota',
  'RequestsQuota',
  'DeliveryFreshness',
  'DeliverySuccess',
  ...proofAlarmNames,
  'WorkQueueStuck',
  'DeadLetters',
] as const;

/** One of {@link alarmNames}. */
export type AlarmName = (typeof alarmNames)[number];

/** What of an alarm may be different. */
export interface AlarmTuning {
  /**
   * What the metric is compared with, in the metric's own unit.
   *
   * @default - see docs/operating.md
   */
  readonly threshold?: number;

  /**
   * Periods that have to be bad until the alarm fires. From 1 to `outOf`.
   *
   * @default - see docs/operating.md
   */
  readonly periods?: number;

  /**
   * Of how many. With `periods` alone, an alarm that looks at periods in a row still does.
   *
   * @default - as described in docs/operating.md, and not fewer than `periods`
   */
  readonly outOf?: number;
}

/**
 * Which alarms are different; `false` leaves one out.
 *
 * @example
 * ```ts
 * import type { AlarmTunings } from 'firehose-event-producer';
 *
 * export const alarms: AlarmTunings = { BytesQuota: { threshold: 95 }, Silence: false };
 * ```
 */
export type AlarmTunings = { readonly [Name in AlarmName]?: AlarmTuning | false };

/** Properties of {@link Alarms}. */
export interface AlarmsProps {
  /** What is watched; the descriptions name its parts. */
  readonly watched: WatchedResources;

  /** The metrics of the producer. */
  readonly metrics: ProducerMetrics;

  /**
   * What proves that events are in the bucket.
   *
   * @default - nothing does, so nothing of it is watched
   */
  readonly proof?: ProofAlarmsProps;

  /** Start of the alarms' names, which have to differ from all others of the account and region. */
  readonly namePrefix: string;

  /** Time that an invocation may take. */
  readonly timeout: Duration;

  /** How long the stream buffers at most before it writes an object. */
  readonly bufferingInterval: Duration;

  /**
   * When the producer runs by itself.
   *
   * @default - it doesn't, so silence is no alarm
   */
  readonly schedule?: ScheduleExpression;

  /**
   * Who is told when an alarm fires, and when it is over.
   *
   * @default - nobody
   */
  readonly topic?: ITopic;

  /**
   * Which alarms are different.
   *
   * @default - none
   */
  readonly tunings?: AlarmTunings;
}

/** An alarm, and when it fires. */
export interface ProducerAlarm {
  /** The alarm. */
  readonly alarm: Alarm;
  /** What its metric is compared with. */
  readonly threshold: number;
  /** How long it has to be bad, such as `for 15 minutes`; empty if one period is enough. */
  readonly lasting: string;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } =
  ComparisonOperator;
const { BREACHING, IGNORE, NOT_BREACHING } = TreatMissingData;

/** The alarms of a producer: whether its events are produced, accepted, delivered and proven. */
export class Alarms extends Construct {
  readonly #byName = new Map<AlarmName, ProducerAlarm>();
  readonly #props: AlarmsProps;

  /**
   * @throws PropError if a tuning makes no sense.
   * @internal
   */
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    for (const name of Object.keys(props.tunings ?? {})) {
      if (!(alarmNames as readonly string[]).includes(name)) {
        throw new PropError(this, `alarms.${name} is not known: expected one of ${alarmNames.join(', ')}`);
      }
    }
    const rules = this.#rules();
    for (const name of alarmNames) {
      const tuning = props.tunings?.[name];
      if (rules[name] && tuning !== false) {
        this.#add(name, this.#tuned(name, rules[name], tuning ?? {}));
      }
    }
  }

  /** One of the alarms; `undefined` if it was left out, or if there is nothing for it to watch. */
  get(name: AlarmName): ProducerAlarm | undefined {
    return this.#byName.get(name);
  }

  /** All of them. */
  get all(): readonly Alarm[] {
    return [...this.#byName.values()].map(({ alarm }) => alarm);
  }

  #tuned(name: AlarmName, rule: AlarmRule, tuning: AlarmTuning): AlarmRule {
    const { threshold = rule.threshold, periods = rule.periods } = tuning;
    const outOf = tuning.outOf ?? Math.max(rule.outOf ?? 0, periods);
    const isCount = (value: number) => Number.isInteger(value) && value >= 1;
    if (!Number.isFinite(threshold)) {
      throw new PropError(
        this,
        `alarms.${name}.threshold is ${threshold}: expected a number, for example 80`,
      );
    }
    if (!isCount(periods) || !isCount(outOf) || periods > outOf) {
      throw new PropError(
        this,
        `alarms.${name} has periods ${periods} outOf ${outOf}: expected whole numbers from 1, periods not more than ` +
          'outOf, for example { periods: 3, outOf: 4 }',
      );
    }
    const minutes = periodOf(rule.metric);
    const longest = minutes < hour ? day : 7 * day;
    if (outOf * minutes > longest) {
      throw new PropError(
        this,
        `alarms.${name}.outOf is ${outOf}: expected at most ${longest / minutes}, the time that CloudWatch looks back`,
      );
    }
    return { ...rule, threshold, periods, outOf };
  }

  #add(name: AlarmName, rule: AlarmRule): void {
    const { metric, comparison, threshold, periods, outOf = periods, missingData, description } = rule;
    const lasting = describeLasting(periods, outOf, periodOf(metric));
    const alarm = new Alarm(this, name, {
      alarmName: `${this.#props.namePrefix}-${name}`,
      alarmDescription: description(threshold, lasting),
      metric,
      comparisonOperator: comparison,
      threshold,
      evaluationPeriods: outOf,
      datapointsToAlarm: periods,
      treatMissingData: missingData,
    });
    if (this.#props.topic) {
      const action = new SnsAction(this.#props.topic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    this.#byName.set(name, { alarm, threshold, lasting });
  }

  #rules(): Readonly<Partial<Record<AlarmName, AlarmRule | undefined>>> {
    const { watched, metrics, proof, timeout, bufferingInterval } = this.#props;
    const streamName = watched.deliveryStream.deliveryStreamName;
    const functionName = watched.function.functionName;
    const errorLog =
      `Errors of the function: aws logs tail ${watched.function.logGroup.logGroupName} --since 1h ` +
      `--filter-pattern '{ $.level = "ERROR" }'.`;
    const deliveryLog =
      `Why: console, Firehose, ${streamName}, "Destination error logs". Usually the bucket, its policy, its key or the ` +
      "stream's role was changed. Firehose keeps trying for 24 hours, then the records are lost.";
    return {
      Silence: this.#silence(errorLog),
      FunctionErrors: {
        metric: metrics.errors,
        comparison: GREATER_THAN_THRESHOLD,
        threshold: 0,
        periods: 1,
        outOf: periodsOfInvocation(timeout),
        // Without invocations none fails.
        missingData: NOT_BREACHING,
        description: () =>
          'Invocations fail. Lambda repeats scheduled ones twice, then they move to the dead-letter queue; those of a ' +
          `person are not repeated. ${errorLog}`,
      },
      FunctionThrottles: {
        metric: metrics.throttles,
        comparison: GREATER_THAN_THRESHOLD,
        threshold: 0,
        // Lambda and the queue try again for hours: only if it lasts does anything come too late.
        periods: lastingPeriods,
        // Without attempts none is throttled.
        missingData: NOT_BREACHING,
        description: (_, lasting) =>
          `Lambda has had no room for ${functionName} ${lasting || 'for 5 minutes'}; events come late. Compare ` +
          'ConcurrentExecutions with the limit of the account: aws lambda get-account-settings. Stop what fills it, or ask ' +
          'for more: console, Service Quotas, AWS Lambda.',
      },
      FunctionDuration: {
        metric: metrics.durationMax,
        comparison: GREATER_THAN_THRESHOLD,
        threshold: killedAfterMs(timeout),
        periods: 1,
        outOf: periodsOfInvocation(timeout),
        // Without invocations none is too long.
        missingData: NOT_BREACHING,
        description: () =>
          `An invocation took its whole timeout of ${timeout.toSeconds()} s, or was killed by it, instead of leaving the ` +
          `rest to the work queue in time; a later one sends the same UUIDs again. ${errorLog} Mostly the work queue did ` +
          'not respond: see the AWS Health Dashboard. If it happens again, raise timeout.',
      },
      EventsUndelivered: {
        metric: metrics.eventsUndelivered,
        comparison: GREATER_THAN_THRESHOLD,
        threshold: 0,
        periods: 1,
        // No report, so none with such events; that there is none at all is what Silence watches.
        missingData: NOT_BREACHING,
        description: () =>
          'Events were neither delivered nor left to the work queue. A slice that came from the queue is still there, and ' +
          'is tried five times in all; Lambda repeats a scheduled run twice; then look into the dead-letter queue. Only a ' +
          `test that a person started is not repeated. ${errorLog} Which events: the same with --filter-pattern ` +
          `'{ $.report.eventsUndelivered > 0 }'; "undelivered" there holds from and to for a payload ` +
          `{"runId", "from", "to"} of ${functionName}.`,
      },
      FailedRequests: {
        metric: metrics.requestsFailedShare,
        comparison: GREATER_THAN_THRESHOLD,
        // A lost connection now and then is nothing to see to.
        threshold: 10,
        periods: lastingPeriods,
        // An invocation publishes at its end: a long one says nothing for several periods.
        outOf: lastingPeriods * periodsOf(timeout),
        // Without requests none fails.
        missingData: NOT_BREACHING,
        description: (threshold, lasting) =>
          `More than ${threshold} % of the requests to ${streamName} fail as a whole ${lasting || 'for 5 minutes'}: no response, ` +
          'none that can be used, or an error. They are sent again, or wait in the work queue; EventsUndelivered says if not. ' +
          `Why: "lastFailure" in aws logs tail ${watched.function.logGroup.logGroupName} --since 1h --filter-pattern ` +
          "'{ $.report.requestsFailed > 0 }'. ECONNREFUSED, ENOTFOUND, no response in time: the network, the VPC endpoint, its " +
          'security group, the endpoint that AWS_ENDPOINT_URL sets. 502, 503 or a page of HTML: a proxy on the way. ' +
          "AccessDenied, ExpiredToken: the function's role, the policy of the VPC endpoint. ResourceNotFound: the stream. An " +
          'error of Firehose itself: see the AWS Health Dashboard.',
      },
      RefusedRecords: {
        metric: metrics.recordsRefusedShare,
        comparison: GREATER_THAN_THRESHOLD,
        // The producer itself finds the limit by having about 1 % refused.
        threshold: 10,
        periods: lastingPeriods,
        // Nothing is refused.
        missingData: NOT_BREACHING,
        description: (threshold) =>
          `Firehose refuses more than ${threshold} % of the records sent to ${streamName}. Nothing is lost: they are sent again, or ` +
          'wait in the work queue. Find out who else writes to the stream, and lower the pace (eventsPerSecond, ' +
          'maxConcurrency) or ask for more: console, Service Quotas, Amazon Data Firehose.',
      },
      BytesQuota: this.#quota(metrics.bytesQuotaUsed, 'bytes'),
      RecordsQuota: this.#quota(metrics.recordsQuotaUsed, 'records'),
      RequestsQuota: this.#quota(metrics.requestsQuotaUsed, 'requests'),
      DeliveryFreshness: {
        metric: metrics.freshness,
        comparison: GREATER_THAN_THRESHOLD,
        // A record may wait for as long as the stream buffers; five minutes more are for Firehose's own work.
        threshold: bufferingInterval.plus(Duration.minutes(5)).toSeconds(),
        // The age itself says for how long it has been bad.
        periods: 1,
        outOf: periodsOf(bufferingInterval),
        // Without records none waits.
        missingData: NOT_BREACHING,
        description: () => `Records that Firehose accepted do not reach S3 in time. ${deliveryLog}`,
      },
      DeliverySuccess: {
        metric: metrics.deliverySuccess,
        comparison: LESS_THAN_THRESHOLD,
        threshold: 1,
        // Firehose repeats a write that failed: a single one need not wake anybody.
        periods: lastingPeriods,
        outOf: lastingPeriods * periodsOf(bufferingInterval),
        // Without records nothing is written.
        missingData: NOT_BREACHING,
        description: () => `Firehose fails to write to S3. ${deliveryLog}`,
      },
      ...(proof && proofAlarmRules(watched, proof)),
      WorkQueueStuck: {
        metric: metrics.workQueueStuck,
        comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: 1,
        // Half an hour: an invocation may take fifteen minutes before it is done with its first message.
        periods: 6,
        // As with the dead letters: what waits must not look gone.
        missingData: IGNORE,
        description: (_, lasting) =>
          `Slices wait in the work queue, and ${lasting || 'for 5 minutes'} none was done. Is its trigger on? aws lambda ` +
          `list-event-source-mappings --function-name ${functionName} has to say State: Enabled. Is the function ` +
          `throttled? See the dashboard. ${errorLog} Messages are kept for 4 days.`,
      },
      DeadLetters: {
        metric: metrics.deadLetters,
        comparison: GREATER_THAN_THRESHOLD,
        threshold: 0,
        periods: 1,
        // SQS publishes nothing about a queue that nobody touches for hours: a letter must not look gone because of that.
        missingData: IGNORE,
        description: () =>
          'Slices of runs were given up: their events are not delivered until somebody sends them again. See them: aws sqs ' +
          `receive-message --queue-url ${watched.deadLetterQueue.queueUrl} --visibility-timeout 0. ${errorLog} ` +
          `${proof ? "Or see the prover's. " : ''}Fix the cause, then: aws sqs start-message-move-task ` +
          `--source-arn ${watched.deadLetterQueue.queueArn} --destination-arn ${watched.workQueue.queueArn}`,
      },
    };
  }

  #quota(metric: IMetric, unit: string): AlarmRule {
    return {
      metric,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 80,
      periods: lastingPeriods,
      // The sum of the latest period lacks what Firehose has not published yet, and is too small.
      outOf: lastingPeriods + 1,
      // Nothing comes in.
      missingData: NOT_BREACHING,
      description: (threshold) =>
        `${this.#props.watched.deliveryStream.deliveryStreamName} takes more than ${threshold} % of the ${unit} a second that it ` +
        'may. A large run does that, and loses nothing by it. If none is meant to run: find out who else writes to the ' +
        'stream. If it is to stay so: set eventsPerSecond, or ask for more: console, Service Quotas, Amazon Data Firehose.',
    };
  }

  #silence(errorLog: string): AlarmRule | undefined {
    const { metrics, schedule, timeout } = this.#props;
    const window = schedule && silenceWindow(schedule, timeout);
    return (
      window && {
        metric: new MathExpression({
          // Zeros, or CloudWatch would look past empty periods for older ones with events in them.
          expression: 'FILL(delivered, 0)',
          usingMetrics: { delivered: metrics.eventsDelivered },
          label: 'events delivered to Firehose',
          period: window.period,
        }),
        comparison: LESS_THAN_THRESHOLD,
        threshold: 1,
        periods: window.periods,
        // Silence is missing data.
        missingData: BREACHING,
        description: (_, lasting) =>
          `Not one event reached Firehose ${lasting || `for ${window.period.toMinutes()} minutes`}, though the schedule is ` +
          `${schedule.expressionString}. (Just deployed? Then wait for the first run.) Is the schedule on? Console, ` +
          `EventBridge Scheduler. Was the function invoked? See the dashboard. ${errorLog}`,
      }
    );
  }
}

/** Of a metric or of an expression, in minutes. */
function periodOf(metric: IMetric): number {
  return (metric as Metric | MathExpression).period.toMinutes();
}

/** How long periods have to be bad, for a person. */
function describeLasting(periods: number, outOf: number, minutes: number): string {
  if (periods === 1) {
    return '';
  }
  return periods === outOf
    ? `for ${periods * minutes} minutes`
    : `in ${periods * minutes} of ${outOf * minutes} minutes`;
}

/** A duration that only an invocation reaches that is about to be killed: one that used up half of its reserve. */
function killedAfterMs(timeout: Duration): number {
  const timeoutMs = timeout.toMilliseconds();
  return timeoutMs - deliveryReserveMs(timeoutMs) / 2;
}

const hour = 60;
const day = 24 * hour;

/**
 * For how long no event is silence: a run may come a whole gap after the one before, take its whole timeout, and be seen
 * some minutes later. So that a daily run is missed within two hours, and not after two days, the periods are short and
 * many.
 *
 * @returns Nothing if that is longer than CloudWatch looks back: a day in periods of minutes, a week in periods of an hour.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
function silenceWindow(
  { expressionString, timeZone }: ScheduleExpression,
  timeout: Duration,
): { readonly period: Duration; readonly periods: number } | undefined {
  const gap = frequencyOf(expressionString)?.longestGapMinutes ?? Number.POSITIVE_INFINITY;
  // The night in which summer time ends has an hour more.
  const clockChange =
    gap >= hour && timeZone && timeZone.timezoneName !== TimeZone.ETC_UTC.timezoneName ? hour : 0;
  const minutes = gap + clockChange + timeout.toSeconds() / 60 + 5;
  const periodMinutes = minutes <= day ? 5 : hour;
  const periods = Math.ceil(minutes / periodMinutes);
  return periods * periodMinutes <= 7 * day
    ? { period: Duration.minutes(periodMinutes), periods }
    : undefined;
}
