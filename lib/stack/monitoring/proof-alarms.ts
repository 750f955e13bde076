import type { Duration } from 'aws-cdk-lib';
import { claimRetentionDays } from '../../../lambda/contract/claim.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import {
  type AlarmRule,
  deliveryErrorsOf as deliveryErrors,
  errorPattern,
  lastingPeriods,
  logCommand,
  periodsOfInvocation,
  redriveCommand,
  regionOption,
  retriesOf,
  type Watched,
  type WatchedProof,
} from './alarm-rule.ts';

/** Minutes that Firehose and the prover may take beside buffering. */
const toleranceMinutes = 10;

/** Claims that have waited for long are checked every 15 minutes: three periods, and one more for late data. */
const periodsOfCheck = 4;

const proverErrors = ({ prover }: WatchedProof) =>
  `Its errors: ${logCommand(prover.function, errorPattern)}.`;

const hours = (duration: Duration) => (duration.toHours() === 1 ? 'an hour' : `${duration.toHours()} hours`);

/** Alarms of the proof. */
export type ProofAlarmName =
  | 'ClaimsUnsent'
  | 'ProverSilence'
  | 'ProverErrors'
  | 'EventsUnproven'
  | 'EventsLost'
  | 'EventsCorrupt'
  | 'Duplicates';

/** Those of the level `essential`. Lost events are dead letters, too. */
export const essentialProofAlarms: readonly ProofAlarmName[] = [
  'ClaimsUnsent',
  'ProverSilence',
  'ProverErrors',
  'EventsUnproven',
  'EventsCorrupt',
];

/** Alarms whose metric is a formula of two: CloudWatch bills each. */
export const proofAlarmsOnTwoMetrics: readonly ProofAlarmName[] = ['ProverSilence', 'Duplicates'];

type Rule = (watched: Watched, proof: WatchedProof) => AlarmRule;

/** The alarms of the proof, in the order in which a claim meets their causes. */
export const proofAlarms: Readonly<Record<ProofAlarmName, Rule>> = {
  ClaimsUnsent: ({ producer }, { metrics }) => ({
    metric: metrics.claimsUnsent,
    description: () =>
      'The proof queue did not take claims of delivered events: these events are not proven, and nothing is sent again ' +
      `because of that. Which runs: ${logCommand(producer.function, errorPattern)}. Prove them by hand: npm run verify. ` +
      "Mostly SQS did not respond, or the queue or the role's permission is gone: see the AWS Health Dashboard, and deploy " +
      'again.',
  }),
  ProverSilence: (_, proof) => ({
    metric: proof.metrics.proverSilent,
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    // An invocation publishes its metrics at its end, and takes up to five minutes.
    periods: lastingPeriods,
    // SQS publishes nothing about a queue that is idle for hours: waiting claims must not look gone.
    missingData: 'ignore',
    description: (_, lasting) =>
      `Claims wait in the proof queue, and none was checked ${lasting || 'for 5 minutes'}: nothing is proven. Is the trigger ` +
      `on? aws lambda list-event-source-mappings --function-name ${proof.prover.function.functionName} ` +
      `${regionOption(proof.prover.function)} must show State: Enabled. Is the prover throttled, or killed by its ` +
      `timeout? See its metrics in the console. ${proverErrors(proof)} ` +
      `No event is lost by this; claims are kept for ${claimRetentionDays} days.`,
  }),
  ProverErrors: ({ producer }, proof) => ({
    metric: proof.metrics.proverErrors,
    outOf: periodsOfInvocation(proof.prover.function.timeout!),
    description: () =>
      `Invocations of the prover fail. Claims stay in the proof queue and are checked again. ${proverErrors(proof)} ` +
      "AccessDenied: the prover's role, the bucket's policy, its KMS key, for which the prover's role needs kms:Decrypt" +
      `${producer.bucket ? '' : ' (set bucketKey)'}. ` +
      `NoSuchBucket: the bucket's name. Fix it soon: the queue keeps claims for ${claimRetentionDays} days, and events that ` +
      'are unproven a day before that become dead letters.',
  }),
  EventsUnproven: (watched, { metrics, prover }) => ({
    metric: metrics.oldestClaimAge,
    threshold: prover.bufferingInterval.toMilliseconds() + toleranceMinutes * 60_000,
    outOf: periodsOfCheck,
    // No claim was checked, so none is late. ProverSilence watches claims that wait.
    description: () =>
      `Events that ${targets[watched.producer.stream.target].title} accepted are not in the bucket, though ` +
      `${watched.producer.stream.name} had ${toleranceMinutes} minutes more than it buffers. They are ` +
      `late, not lost: Firehose retries ${retriesOf(watched)}. Corrupt if EventsCorrupt fires. If the stream has errors: ` +
      `${deliveryErrors(watched)}. If not: a clean-up, a lifecycle ` +
      "rule, a changed prefix, objects under the stream's error prefix. Which events: " +
      `${logCommand(prover.function, '{ $.verdict = "waiting" }')} (isOutOfTime: too many objects; unreadObjects: ` +
      'what cannot be read)',
  }),
  EventsLost: (watched, { metrics, prover }) => ({
    metric: metrics.eventsLost,
    description: () =>
      `Events are not in the bucket ${hours(prover.lostAfter)} after they were sent: they are lost. The dead-letter ` +
      `queue has payloads that send exactly these again. First find the cause: ${deliveryErrors(watched)}; a clean-up, a ` +
      `lifecycle rule, a changed prefix. Then: ${redriveCommand(watched.producer)}`,
  }),
  EventsCorrupt: (_, { metrics, prover }) => ({
    metric: metrics.linesCorrupt,
    description: () =>
      'The bucket has lines that differ from the events sent: cut, changed, or in an object that cannot be read. npm run ' +
      `verify shows each; which objects: ${logCommand(prover.function, '{ $.linesCorrupt = * }')}. Was the stream's compression, its ` +
      'format conversion or its transformation changed (console, Firehose), or does something else write into the bucket?',
  }),
  Duplicates: (watched, { metrics, prover }) => ({
    metric: metrics.duplicatesUnexplained,
    // Not one: the producer may have counted these events as uncertain in the hour before.
    periods: 2,
    description: (_, lasting) =>
      `The bucket has more duplicates than the producer can explain, ${lasting || 'for an hour'}. Were runs sent twice: by ` +
      'hand, by a redrive, by killed invocations (alarms FunctionErrors, FunctionDuration)? Else something copies objects ' +
      `within the bucket, or Firehose's writes time out: ${deliveryErrors(watched)}. Which runs: ` +
      `${logCommand(prover.function, '{ $.duplicated > 0 }')}. Readers can remove duplicates by the UUID.`,
  }),
};
