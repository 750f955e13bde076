import { Duration, TimeZone } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { frequencyOf } from '../../aws/schedule.ts';
import type { EventProducer } from '../event-producer.ts';
import type { ProducerMetrics } from './metrics.ts';

/** Properties of {@link Alarms}. */
export interface AlarmsProps {
  /** What is watched; the descriptions name its parts. */
  readonly producer: Pick<EventProducer, 'function' | 'deliveryStream' | 'workQueue' | 'deadLetterQueue'>;

  /** The metrics of the producer. */
  readonly metrics: ProducerMetrics;

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
}

/** What makes an alarm of a metric. */
interface AlarmRule {
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** Periods that have to be bad. */
  readonly periods: number;
  /** Of how many; of as many, in a row, if it is missing. */
  readonly outOf?: number;
  readonly missingData: TreatMissingData;
  /** What is wrong and what to do, for a person who was asleep. At most 1,024 characters. */
  readonly description: string;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } =
  ComparisonOperator;
const { BREACHING, IGNORE, NOT_BREACHING } = TreatMissingData;

/** Periods of five minutes that a pressure has to last: a large run is meant to fill the stream for minutes. */
const lasting = 3;

/** Periods of five minutes from one write of the stream to the next: a stream that buffers for long says little. */
function periodsOfWrite(bufferingInterval: Duration): number {
  return Math.max(1, Math.ceil(bufferingInterval.toMinutes({ integral: false }) / 5));
}

/** The alarms of a producer: whether its events are produced, accepted and delivered. */
export class Alarms extends Construct {
  /** Records wait for longer than the stream buffers them. */
  readonly deliveryFreshness: Alarm;
  /** Firehose cannot write to the bucket. */
  readonly deliverySuccess: Alarm;
  /** The stream refuses more than the few records by which the producer finds its limit. */
  readonly refusedRecords: Alarm;
  /** The stream takes nearly as many bytes as it may. */
  readonly bytesQuota: Alarm;
  /** The stream takes nearly as many records as it may. */
  readonly recordsQuota: Alarm;
  /** The stream takes nearly as many requests as it may. */
  readonly requestsQuota: Alarm;
  /** An invocation delivered nothing, and handed nothing on. */
  readonly eventsUndelivered: Alarm;
  /** Payloads are left that nobody will work on any more. */
  readonly deadLetters: Alarm;
  /** Messages wait, and none is worked off. */
  readonly workQueueStuck: Alarm;
  /** Invocations fail. */
  readonly functionErrors: Alarm;
  /** Lambda keeps refusing to start the function. */
  readonly functionThrottles: Alarm;
  /** An invocation is killed, or nearly. */
  readonly functionDuration: Alarm;
  /** The schedule runs and no event comes; missing without a schedule, and with one too rare for an alarm's window. */
  readonly silence?: Alarm;

  /** All of these. */
  readonly all: readonly Alarm[];

  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    const { producer, metrics, timeout, bufferingInterval, schedule } = props;
    const streamName = producer.deliveryStream.deliveryStreamName;
    const functionName = producer.function.functionName;
    const errorLog =
      `Errors of the function: aws logs tail ${producer.function.logGroup.logGroupName} --since 1h ` +
      `--filter-pattern '{ $.level = "ERROR" }'.`;
    const deliveryLog =
      `Why: console, Firehose, ${streamName}, "Destination error logs". Usually the bucket, its policy, its key or the ` +
      "stream's role was changed. Firehose keeps trying for 24 hours, then the records are lost.";

    this.deliveryFreshness = this.#add('DeliveryFreshness', {
      metric: metrics.freshness,
      comparison: GREATER_THAN_THRESHOLD,
      // A record may wait for as long as the stream buffers; five minutes more are for Firehose's own work.
      threshold: bufferingInterval.plus(Duration.minutes(5)).toSeconds(),
      // The age says itself for how long it has been bad.
      periods: 1,
      outOf: periodsOfWrite(bufferingInterval),
      // Without records none waits.
      missingData: NOT_BREACHING,
      description: `Records that Firehose accepted do not reach S3 in time. ${deliveryLog}`,
    });
    this.deliverySuccess = this.#add('DeliverySuccess', {
      metric: metrics.deliverySuccess,
      comparison: LESS_THAN_THRESHOLD,
      threshold: 1,
      // Firehose repeats a write that failed: a single one need wake nobody.
      periods: lasting,
      outOf: lasting * periodsOfWrite(bufferingInterval),
      // Without records nothing is written.
      missingData: NOT_BREACHING,
      description: `Firehose fails to write to S3. ${deliveryLog}`,
    });
    this.refusedRecords = this.#add('RefusedRecords', {
      metric: metrics.recordsRefusedShare,
      comparison: GREATER_THAN_THRESHOLD,
      // The producer itself finds the limit by having about 1 % refused.
      threshold: 10,
      periods: lasting,
      // Nothing is refused.
      missingData: NOT_BREACHING,
      description:
        `Firehose refuses more than 10 % of the records sent to ${streamName}. Nothing is lost: they are sent again, or wait ` +
        'in the work queue. Look who else writes to the stream, and lower the pace (eventsPerSecond, maxConcurrency) or ask ' +
        'for more: console, Service Quotas, Amazon Data Firehose.',
    });
    this.bytesQuota = this.#addQuota('BytesQuota', metrics.bytesQuotaUsed, 'bytes');
    this.recordsQuota = this.#addQuota('RecordsQuota', metrics.recordsQuotaUsed, 'records');
    this.requestsQuota = this.#addQuota('RequestsQuota', metrics.requestsQuotaUsed, 'requests');
    this.eventsUndelivered = this.#add('EventsUndelivered', {
      metric: metrics.eventsUndelivered,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      // No report, so none with such events; that there is none at all is the business of Silence.
      missingData: NOT_BREACHING,
      description:
        'An invocation delivered nothing and handed nothing on. A slice that came from the work queue is still there, and is ' +
        'tried five times in all; Lambda repeats a scheduled run twice; then look into the dead-letter queue. Only a test that ' +
        `a person started is repeated by nobody. ${errorLog} Which events: the same with --filter-pattern ` +
        `'{ $.eventsUndelivered > 0 }'; "undelivered" there holds from and to for a payload {"runId", "from", "to"} of ` +
        `${functionName}.`,
    });
    this.deadLetters = this.#add('DeadLetters', {
      metric: metrics.deadLetters,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      // SQS says nothing of a queue that nobody touches for hours: a letter must not look gone because of that.
      missingData: IGNORE,
      description:
        'Slices of runs were given up: their events are not delivered until somebody sends them again. See them: aws sqs ' +
        `receive-message --queue-url ${producer.deadLetterQueue.queueUrl} --visibility-timeout 0. ${errorLog} Mend the ` +
        `cause, then: aws sqs start-message-move-task --source-arn ${producer.deadLetterQueue.queueArn} ` +
        `--destination-arn ${producer.workQueue.queueArn}`,
    });
    this.workQueueStuck = this.#add('WorkQueueStuck', {
      metric: metrics.workQueueStands,
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // Half an hour: an invocation may take fifteen minutes before it is done with its first message.
      periods: 6,
      // As with the dead letters: what waits must not look gone.
      missingData: IGNORE,
      description:
        'Slices wait in the work queue, and for half an hour none was done. Is its trigger on? aws lambda ' +
        `list-event-source-mappings --function-name ${functionName} has to say State: Enabled. Is the function throttled? ` +
        `See the dashboard. ${errorLog} Messages are kept for 14 days.`,
    });
    this.functionErrors = this.#add('FunctionErrors', {
      metric: metrics.errors,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      outOf: periodsOfInvocation(timeout),
      // Without invocations none fails.
      missingData: NOT_BREACHING,
      description:
        'Invocations fail. Lambda repeats scheduled ones twice, then they rest in the dead-letter queue; those of a person ' +
        `are not repeated. ${errorLog}`,
    });
    this.functionThrottles = this.#add('FunctionThrottles', {
      metric: metrics.throttles,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      // Lambda and the queue try again for hours: only if it lasts does anything come too late.
      periods: lasting,
      // Without attempts none is throttled.
      missingData: NOT_BREACHING,
      description:
        `Lambda has had no room for ${functionName} for a quarter of an hour; events come late. Compare ConcurrentExecutions ` +
        'with the limit of the account: aws lambda get-account-settings. Stop what fills it, or ask for more: console, ' +
        'Service Quotas, AWS Lambda.',
    });
    this.functionDuration = this.#add('FunctionDuration', {
      metric: metrics.durationMax,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: killedAfterMs(timeout),
      periods: 1,
      outOf: periodsOfInvocation(timeout),
      // Without invocations none is too long.
      missingData: NOT_BREACHING,
      description:
        `An invocation took its whole timeout of ${timeout.toSeconds()} s, or was killed by it, instead of leaving the rest ` +
        `to the work queue in time; a later one sends the same UUIDs again. ${errorLog} Mostly SQS or Firehose did not ` +
        'answer: see the AWS Health Dashboard. If it comes again, raise timeout.',
    });
    const window = schedule && silenceWindow(schedule, timeout);
    if (window) {
      this.silence = this.#add('Silence', {
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
        description:
          `Not one event reached Firehose for ${window.period.toMinutes() * window.periods} minutes, though the schedule is ` +
          `${schedule.expressionString}. (Just deployed? Then wait for the first run.) Is the schedule on? Console, ` +
          `EventBridge Scheduler. Was the function invoked? See the dashboard. ${errorLog}`,
      });
    }
    this.all = this.node.children.filter((child) => child instanceof Alarm);
  }

  #addQuota(id: string, metric: IMetric, unit: string): Alarm {
    return this.#add(id, {
      metric,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 80,
      periods: lasting,
      // The sum of the latest period lacks what Firehose has not published yet, and is too small.
      outOf: lasting + 1,
      // Nothing comes in.
      missingData: NOT_BREACHING,
      description:
        `${this.#props.producer.deliveryStream.deliveryStreamName} takes more than 80 % of the ${unit} a second that it may. A ` +
        'large run does that, and loses nothing by it. If none is meant to run: look who else writes to the stream. If it is ' +
        'to stay so: set eventsPerSecond, or ask for more: console, Service Quotas, Amazon Data Firehose.',
    });
  }

  #add(id: string, rule: AlarmRule): Alarm {
    const { metric, comparison, threshold, periods, outOf = periods, missingData, description } = rule;
    const alarm = new Alarm(this, id, {
      alarmName: `${this.#props.namePrefix}-${id}`,
      alarmDescription: description,
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
    return alarm;
  }
}

/**
 * What only an invocation takes that is about to be killed: the function stops for its queue and its report 2 s before its
 * time is over, a quarter of the timeout before when that is shorter (`lambda/deadline.ts`), and should not use up half of it.
 */
function killedAfterMs(timeout: Duration): number {
  const timeoutMs = timeout.toMilliseconds();
  return timeoutMs - Math.min(2_000, timeoutMs / 4) / 2;
}

/**
 * How far back to look for an invocation that has just ended: Lambda stamps its metrics with the start of the invocation, and
 * a period later is too late when there are data points of others since.
 *
 * @returns Periods of five minutes, with one more for what is published late.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
function periodsOfInvocation(timeout: Duration): number {
  return Math.ceil(timeout.toMinutes({ integral: false }) / 5) + 1;
}

const hour = 60;
const day = 24 * hour;

/**
 * For how long no event is silence: a run may come a whole gap after the one before, take its whole timeout, and be seen some
 * minutes later. So that a daily run is missed within two hours, and not after two days, the periods are short and many.
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
