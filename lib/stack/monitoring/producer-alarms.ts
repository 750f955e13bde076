import type { Duration } from 'aws-cdk-lib';
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { deliveryReserveMs } from '../../../lambda/contract/invocation.ts';
import { type Target, targets } from '../../../lambda/contract/targets.ts';
import { frequencyOf } from '../../aws/schedule.ts';
import {
  type AlarmRule,
  deliveryErrorsOf,
  errorPattern,
  lastingPeriods,
  logCommand,
  periodsOf,
  periodsOfInvocation,
  redriveCommand,
  regionOption,
  retriesOf,
  type Watched,
} from './alarm-rule.ts';

const streamName = ({ producer }: Watched) => producer.stream.name;
const isKinesis = ({ producer }: Watched) => producer.stream.target !== 'firehose';
const title = ({ producer }: Watched) => targets[producer.stream.target].title;

const functionErrors = ({ producer }: Watched) =>
  `Errors of the function: ${logCommand(producer.function, errorPattern)}.`;

/** Of an existing stream, whose key may change; the created one has no other key than the stack's. */
const keyErrors = (watched: Watched) =>
  watched.producer.bucket
    ? ''
    : ` ${isKinesis(watched) ? 'An error that begins with KMS' : 'InvalidKMSResourceException'}, or AccessDenied on kms: the ` +
      "stream's key: is it enabled, and is streamKey set to it? The " +
      `function needs kms:GenerateDataKey${isKinesis(watched) ? '' : ' and kms:Decrypt'}.`;

const deliveryErrors = (watched: Watched) =>
  `Cause: ${deliveryErrorsOf(watched)}. Usually the bucket, its policy, its key or ` +
  `the stream's role was changed. Firehose retries ${retriesOf(watched)}, then the records are lost.`;

/** Alarms of the producer. */
export type ProducerAlarmName =
  | 'Silence'
  | 'FunctionErrors'
  | 'FunctionThrottles'
  | 'FunctionDuration'
  | 'EventsUndelivered'
  | 'FailedRequests'
  | 'RefusedRecords'
  | 'BytesQuota'
  | 'RecordsQuota'
  | 'RequestsQuota'
  | 'FirehoseBehind'
  | 'DeliveryFreshness'
  | 'DeliverySuccess'
  | 'WorkQueueStuck'
  | 'DeadLetters';

/** Those of the level `essential`. Without a prover, Firehose's own metric has to show that events are late. */
export function essentialProducerAlarms(isProven: boolean): readonly ProducerAlarmName[] {
  const delivery = isProven ? [] : (['DeliveryFreshness'] as const);
  return ['Silence', 'FunctionErrors', ...delivery, 'WorkQueueStuck', 'DeadLetters'];
}

/** Alarms whose metric is a formula of two: CloudWatch bills each. */
export const producerAlarmsOnTwoMetrics: readonly ProducerAlarmName[] = [
  'FailedRequests',
  'RefusedRecords',
  'BytesQuota',
  'RecordsQuota',
  'RequestsQuota',
  'WorkQueueStuck',
];

/** Alarms that make no sense where streams are created and events are sent to this target. */
export const alarmsWithout: Readonly<Record<Target, readonly ProducerAlarmName[]>> = {
  firehose: ['FirehoseBehind'],
  kinesis: ['RequestsQuota'],
  'kinesis-on-demand': ['BytesQuota', 'RecordsQuota', 'RequestsQuota'],
};

type Rule = (watched: Watched) => AlarmRule | undefined;

/** The alarms of the producer, in the order in which an event meets their causes; `undefined` if one makes no sense. */
export const producerAlarms: Readonly<Record<ProducerAlarmName, Rule>> = {
  Silence: (watched) => {
    const { metrics, schedule, timeout } = watched;
    const window = schedule && silenceWindow(schedule, timeout);
    return (
      window && {
        metric: metrics.eventsDeliveredOrZero(window.periodMinutes),
        comparison: 'LessThanThreshold',
        threshold: 1,
        periods: window.periods,
        // Silence is missing data.
        missingData: 'breaching',
        description: (_, lasting) =>
          `No event reached ${title(watched)} ${lasting || `for ${window.periodMinutes} minutes`}, though the schedule is ` +
          `${schedule.expressionString}. (Just deployed? Then wait for the first run.) Is the schedule on? Console, ` +
          `EventBridge Scheduler. Was the function invoked? Console, Lambda, Monitor. ${functionErrors(watched)}`,
      }
    );
  },
  FunctionErrors: (watched) => ({
    metric: watched.metrics.errors,
    outOf: periodsOfInvocation(watched.timeout),
    description: () =>
      'Invocations fail. Lambda retries scheduled ones twice, then they move to the dead-letter queue; invocations by hand ' +
      `are not retried. ${functionErrors(watched)}${keyErrors(watched)}`,
  }),
  FunctionThrottles: ({ metrics, producer }) => ({
    metric: metrics.throttles,
    // Lambda and the queue retry for hours: events are late only if it lasts.
    periods: lastingPeriods,
    description: (_, lasting) =>
      `Lambda has throttled ${producer.function.functionName} ${lasting || 'for 5 minutes'}; events are late. Compare ` +
      'ConcurrentExecutions with the limit of the account: aws lambda get-account-settings ' +
      `${regionOption(producer.function)}. Stop the functions that use it ` +
      'up, or ask for a higher limit: console, Service Quotas, AWS Lambda.',
  }),
  FunctionDuration: (watched) => ({
    metric: watched.metrics.durationMax,
    threshold: killedAfterMs(watched.timeout),
    outOf: periodsOfInvocation(watched.timeout),
    description: () =>
      `An invocation used up its timeout of ${watched.timeout.toSeconds()} s, or was killed by it, instead of leaving the rest ` +
      `to the work queue in time; a later invocation sends the same UUIDs again. ${functionErrors(watched)} Mostly the work ` +
      'queue did not respond: see the AWS Health Dashboard. If it happens again, raise timeout.',
  }),
  EventsUndelivered: (watched) => ({
    metric: watched.metrics.eventsUndelivered,
    // Without reports there are no undelivered events. Silence watches missing reports.
    description: () =>
      'Events were neither delivered nor left to the work queue. A slice from the queue is still there, and is tried five ' +
      'times in all; Lambda retries a scheduled run twice; then see the dead-letter queue. Only a run started by hand is not ' +
      `retried. ${functionErrors(watched)} Which events: the same with --filter-pattern ` +
      `'{ $.report.eventsUndelivered > 0 }'; "undelivered" there holds from and to for a payload ` +
      `{"runId", "from", "to"} of ${watched.producer.function.functionName}.`,
  }),
  FailedRequests: (watched) => ({
    metric: watched.metrics.requestsFailedShare,
    // A lost connection now and then is harmless.
    threshold: 10,
    periods: lastingPeriods,
    // An invocation publishes its metrics at its end: a long one leaves several periods empty.
    outOf: lastingPeriods * periodsOf(watched.timeout),
    description: (threshold, lasting) =>
      `More than ${threshold} % of the requests to ${streamName(watched)} fail as a whole ${lasting || 'for 5 minutes'}: no ` +
      'response, an unusable one, or an error. They are sent again, or wait in the work queue; if not, EventsUndelivered ' +
      'fires. Cause: "lastFailure" in ' +
      `${logCommand(watched.producer.function, '{ $.report.requestsFailed > 0 }')}. ECONNREFUSED, ENOTFOUND, no response in ` +
      'time: the network, the VPC endpoint, its security group, the endpoint of AWS_ENDPOINT_URL. 502, 503 or a page of ' +
      "HTML: a proxy on the way. AccessDenied, ExpiredToken: the function's role, the policy of the VPC endpoint. " +
      `ResourceNotFound: the stream. An error of ${title(watched)} itself: see the AWS Health Dashboard.${keyErrors(watched)}`,
  }),
  RefusedRecords: (watched) => ({
    metric: watched.metrics.recordsRefusedShare,
    // The producer finds the limit by having about 1 % refused.
    threshold: 10,
    periods: lastingPeriods,
    description: (threshold) =>
      `${title(watched)} refuses more than ${threshold} % of the records sent to ${streamName(watched)}. Nothing is lost: they are sent ` +
      'again, or wait in the work queue. Find out who else writes to the stream, and lower the pace (eventsPerSecond, ' +
      `maxConcurrency) or ${raisedQuota(watched)}.`,
  }),
  BytesQuota: (watched) => quota(watched, watched.metrics.bytesQuotaUsed, 'bytes'),
  RecordsQuota: (watched) => quota(watched, watched.metrics.recordsQuotaUsed, 'records'),
  RequestsQuota: (watched) => quota(watched, watched.metrics.requestsQuotaUsed, 'requests'),
  FirehoseBehind: (watched) =>
    watched.metrics.delivery?.behind && {
      metric: watched.metrics.delivery.behind,
      threshold: firehoseSeconds,
      periods: lastingPeriods,
      description: (threshold, lasting) =>
        `Firehose reads ${streamName(watched)} more than ${threshold} s late ${lasting || 'for 5 minutes'}. Nothing is lost as ` +
        'long as the Kinesis stream keeps the records. Does something else read the stream, so that Firehose is throttled ' +
        "(metrics ReadProvisionedThroughputExceeded, ThrottledGetRecords)? Were the role's permissions or the key changed? " +
        `${deliveryErrors(watched)}`,
    },
  DeliveryFreshness: (watched) =>
    watched.metrics.delivery && {
      metric: watched.metrics.delivery.freshness,
      // A record may wait while the stream buffers; Firehose itself gets five minutes more.
      threshold: watched.bufferingInterval.toSeconds() + firehoseSeconds,
      // The age contains the duration of the problem.
      outOf: periodsOf(watched.bufferingInterval),
      description: () => `Records that Firehose accepted do not reach S3 in time. ${deliveryErrors(watched)}`,
    },
  DeliverySuccess: (watched) =>
    watched.metrics.delivery && {
      metric: watched.metrics.delivery.success,
      comparison: 'LessThanThreshold',
      threshold: 1,
      // Firehose retries a failed write: a single failure is harmless.
      periods: lastingPeriods,
      outOf: lastingPeriods * periodsOf(watched.bufferingInterval),
      description: () => `Firehose fails to write to S3. ${deliveryErrors(watched)}`,
    },
  WorkQueueStuck: (watched) => ({
    metric: watched.metrics.workQueueStuck,
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    // Half an hour: an invocation may take fifteen minutes until its first message is done.
    periods: 6,
    // SQS publishes nothing about a queue that is idle for hours: waiting slices must not look gone.
    missingData: 'ignore',
    description: (_, lasting) =>
      `Slices wait in the work queue, and ${lasting || 'for 5 minutes'} none was done. Is its trigger on? aws lambda ` +
      `list-event-source-mappings --function-name ${watched.producer.function.functionName} ` +
      `${regionOption(watched.producer.function)} must show State: Enabled. Is the function throttled? ` +
      `Console, Lambda, Monitor. ${functionErrors(watched)} Messages are kept for 4 days.`,
  }),
  DeadLetters: (watched) => ({
    metric: watched.metrics.deadLetters,
    // As with the work queue: a dead letter must not look gone.
    missingData: 'ignore',
    description: () =>
      'Slices were given up; their events are not delivered. See: aws sqs ' +
      `receive-message --queue-url ${watched.producer.deadLetterQueue.queueUrl} ` +
      `${regionOption(watched.producer.deadLetterQueue)} --visibility-timeout 0. ` +
      `${functionErrors(watched)} ${watched.proof ? "Or the prover's. " : ''}Fix the cause, then: ` +
      redriveCommand(watched.producer),
  }),
};

const raisedQuota = (watched: Watched) =>
  isKinesis(watched)
    ? 'give it more shards: console, Kinesis, Data streams'
    : 'ask for a higher quota: console, Service Quotas, Amazon Data Firehose';

/** Time that Firehose may take itself. */
const firehoseSeconds = 5 * 60;

function quota(
  watched: Watched,
  metric: AlarmRule['metric'] | undefined,
  unit: string,
): AlarmRule | undefined {
  return (
    metric && {
      metric,
      threshold: 80,
      periods: lastingPeriods,
      // The latest sum is too small: the service publishes late.
      outOf: lastingPeriods + 1,
      description: (threshold) =>
        `${streamName(watched)} takes more than ${threshold} % of the ${unit} per second of its quota. A large run does that, and ` +
        'loses nothing by it. If there should be no large run: find out who else writes to the stream. If it is to stay so: ' +
        `set eventsPerSecond, or ${raisedQuota(watched)}.`,
    }
  );
}

/** Only an invocation that is about to be killed takes as long: it used up half of its reserve. */
function killedAfterMs(timeout: Duration): number {
  const timeoutMs = timeout.toMilliseconds();
  return timeoutMs - deliveryReserveMs(timeoutMs) / 2;
}

const hour = 60;
const day = 24 * hour;

/**
 * The time without events after which the schedule failed: the longest gap between two runs, the timeout of a run, and
 * some minutes for its metrics. The periods are short, so that a missing daily run fires within two hours and not after
 * two days.
 *
 * @returns `undefined` if CloudWatch does not look back that far: a day in periods of minutes, a week in periods of an hour.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
function silenceWindow(
  { expressionString, timeZone }: ScheduleExpression,
  timeout: Duration,
): { readonly periodMinutes: number; readonly periods: number } | undefined {
  const gap = frequencyOf(expressionString)?.longestGapMinutes ?? Number.POSITIVE_INFINITY;
  // The night in which summer time ends is an hour longer.
  const clockChange = gap >= hour && timeZone && timeZone.timezoneName !== 'Etc/UTC' ? hour : 0;
  const minutes = gap + clockChange + timeout.toSeconds() / 60 + 5;
  const periodMinutes = minutes <= day ? 5 : hour;
  const periods = Math.ceil(minutes / periodMinutes);
  return periods * periodMinutes <= 7 * day ? { periodMinutes, periods } : undefined;
}
