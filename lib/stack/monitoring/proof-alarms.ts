import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { claimRetentionDays } from '../../../lambda/contract/claim.ts';
import { type AlarmRule, lastingPeriods, periodsOf, periodsOfInvocation } from './alarm-rule.ts';
import type { WatchedResources } from './metrics.ts';
import type { ProofMetrics, WatchedProver } from './proof-metrics.ts';

/** The alarms of what is proven, in the order in which a claim meets their causes. */
export const proofAlarmNames = [
  'ClaimsUnsent',
  'ProverSilence',
  'ProverErrors',
  'EventsUnproven',
  'EventsLost',
  'EventsCorrupt',
  'Duplicates',
] as const;

/** One of {@link proofAlarmNames}. */
export type ProofAlarmName = (typeof proofAlarmNames)[number];

/** What the alarms of proving need to know. */
export interface ProofAlarmsProps {
  /** The prover and its queue. */
  readonly watched: WatchedProver;
  /** The metrics of proving. */
  readonly metrics: ProofMetrics;
  /** How long the stream buffers. */
  readonly bufferingInterval: Duration;
  /** When an event that is not in the bucket is lost. */
  readonly lostAfter: Duration;
  /** Time that an invocation of the prover may take. */
  readonly timeout: Duration;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD } = ComparisonOperator;
const { IGNORE, NOT_BREACHING } = TreatMissingData;

/** How rarely a claim is looked at when it has waited for long. */
const rarestLook = Duration.minutes(15);

/** What Firehose and the prover may take beside buffering. */
const patience = Duration.minutes(10);

/** The rules of the alarms of what is proven. */
export function proofAlarmRules(
  { deliveryStream, deadLetterQueue, workQueue, function: producer }: WatchedResources,
  { watched, metrics, bufferingInterval, lostAfter, timeout }: ProofAlarmsProps,
): Readonly<Record<ProofAlarmName, AlarmRule>> {
  const streamName = deliveryStream.deliveryStreamName;
  const logOf = (logGroupName: string, pattern: string) =>
    `aws logs tail ${logGroupName} --since 1h --filter-pattern '${pattern}'`;
  const proverLog = (pattern: string) => logOf(watched.function.logGroup.logGroupName, pattern);
  const proverErrors = `Its errors: ${proverLog('{ $.level = "ERROR" }')}.`;
  return {
    ClaimsUnsent: {
      metric: metrics.claimsUnsent,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      // Nothing was sent, so no claim was lost.
      missingData: NOT_BREACHING,
      description: () =>
        'The proof queue did not take claims of what was delivered: nobody proves these events. Nothing is sent again ' +
        `because of that. Which runs: ${logOf(producer.logGroup.logGroupName, '{ $.level = "ERROR" }')}. Prove them by ` +
        "hand: npm run verify. Mostly SQS did not respond, or the queue or the role's permission is gone: see the AWS Health " +
        'Dashboard, and deploy again.',
    },
    ProverSilence: {
      metric: metrics.proverSilent,
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // An invocation publishes at its end, and takes up to five minutes.
      periods: lastingPeriods,
      // SQS publishes nothing about a queue that nobody touches for hours: what waits must not look gone.
      missingData: IGNORE,
      description: (_, lasting) =>
        `Claims wait in the proof queue, and none was looked at ${lasting || 'for 5 minutes'}: nothing is proven. Is the ` +
        `trigger on? aws lambda list-event-source-mappings --function-name ${watched.function.functionName} has to say ` +
        `State: Enabled. Is the prover throttled, or killed by its timeout? See its metrics in the console. ${proverErrors} ` +
        `No event is lost by this; claims are kept for ${claimRetentionDays} days.`,
    },
    ProverErrors: {
      metric: metrics.proverErrors,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      outOf: periodsOfInvocation(timeout),
      // Without invocations none fails.
      missingData: NOT_BREACHING,
      description: () =>
        `Invocations of the prover fail. Claims stay in the proof queue and are looked at again. ${proverErrors} ` +
        "AccessDenied: the prover's role, the bucket's policy, its KMS key, of which the prover's role needs kms:Decrypt. " +
        `NoSuchBucket: the bucket's name. Fix it soon: the queue keeps claims for ${claimRetentionDays} days, and what is ` +
        'unproven a day before that becomes dead letters.',
    },
    EventsUnproven: {
      metric: metrics.oldestClaimAge,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: bufferingInterval.plus(patience).toMilliseconds(),
      periods: 1,
      // What has waited for long is looked at so rarely.
      outOf: periodsOf(rarestLook) + 1,
      // Nothing is looked at, so nothing is late; that claims wait is what ProverSilence watches.
      missingData: NOT_BREACHING,
      description: () =>
        `Events that Firehose accepted are not in the bucket, though ${streamName} had ${patience.toMinutes()} minutes more ` +
        'than it buffers. They are late, not lost: Firehose keeps trying for 24 hours. With DeliveryFreshness: console, ' +
        `Firehose, ${streamName}, "Destination error logs". Without it, they were written and are gone or elsewhere: look for ` +
        "a clean-up, a lifecycle rule, a changed prefix, objects under the stream's error prefix. Which events: " +
        `${proverLog('{ $.verdict = "waiting" }')} (isOutOfTime: too many objects to read in time)`,
    },
    EventsLost: {
      metric: metrics.eventsLost,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      // No verdict, so none of that kind.
      missingData: NOT_BREACHING,
      description: () =>
        `Events are not in the bucket ${lostAfter.toHours()} hours after they were sent: they are lost. The dead-letter queue ` +
        'has payloads that send exactly these again. First find out why: console, Firehose, ' +
        `${streamName}, "Destination error logs"; a clean-up, a lifecycle rule, a changed prefix. Then: aws sqs ` +
        `start-message-move-task --source-arn ${deadLetterQueue.queueArn} --destination-arn ${workQueue.queueArn}`,
    },
    EventsCorrupt: {
      metric: metrics.linesCorrupt,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      // No objects, so no corrupt line.
      missingData: NOT_BREACHING,
      description: () =>
        'The bucket has lines that are not what was sent: cut, changed, or of an object that cannot be read. npm run verify ' +
        `shows each; which runs: ${proverLog('{ $.runId = * }')}. Did somebody change the stream's compression, its format ` +
        'conversion or its transformation (console, Firehose), or did something else write into the bucket?',
    },
    Duplicates: {
      metric: metrics.duplicatesUnexplained,
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      // Not one: the producer may have said in the hour before that these events are perhaps there twice.
      periods: 2,
      // Nothing was found more than once.
      missingData: NOT_BREACHING,
      description: (_, lasting) =>
        `Events are in the bucket more than once, and more of them than the producer knows of ${lasting || 'for an hour'}. Were ` +
        `runs sent twice: by hand, by a redrive, by invocations that were killed (alarms FunctionErrors, FunctionDuration)? ` +
        "Else something copies objects within the bucket, or Firehose's writes time out: console, Firehose, " +
        `${streamName}, "Destination error logs". Which runs: ${proverLog('{ $.duplicated > 0 }')}. Readers can remove duplicates ` +
        'by the UUID.',
    },
  };
}
