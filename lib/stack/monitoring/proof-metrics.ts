import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { claimsUnsentMetric, proverMetrics, reportMetrics } from '../../../lambda/contract/metrics.ts';
import { ownMetric, type WatchedResources } from './metrics.ts';

/** What of proving has metrics. */
export interface WatchedProver {
  /** The prover. */
  readonly function: LambdaFunction;
  /** Claims that wait for it. */
  readonly proofQueue: IQueue;
}

/** The metrics of {@link proofMetrics}, by what they say. */
export type ProofMetrics = ReturnType<typeof proofMetrics>;

/** Every metric that tells whether events are in the bucket, each made once. Their period is five minutes. */
export function proofMetrics(
  { deliveryStream }: Pick<WatchedResources, 'deliveryStream'>,
  { function: prover, proofQueue }: WatchedProver,
) {
  const period = Duration.minutes(5);
  const own = ({ name }: { readonly name: string }, statistic: string, label: string) =>
    ownMetric(deliveryStream, name, { statistic, label, period });
  const claimsWaiting = proofQueue.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    label: 'waiting',
    period,
  });
  const claimsSeen = own(proverMetrics.claimsSeen, Stats.SUM, 'looked at');
  const eventsDuplicated = own(proverMetrics.eventsDuplicated, Stats.SUM, 'events found more than once');
  return {
    eventsProven: own(proverMetrics.eventsProven, Stats.SUM, 'proven'),
    eventsLate: own(proverMetrics.eventsLate, Stats.SUM, 'late: not there at the first look'),
    eventsLost: own(proverMetrics.eventsLost, Stats.SUM, 'lost'),
    eventsDuplicated,
    linesCorrupt: own(proverMetrics.linesCorrupt, Stats.SUM, 'corrupt lines'),
    latencyMedian: own(proverMetrics.latencyMs, Stats.p(50), 'landed: median event'),
    latencyMost: own(proverMetrics.latencyMs, Stats.p(99), 'landed: 99 % of events'),
    timeToProofMedian: own(proverMetrics.timeToProofMs, Stats.p(50), 'proven: median claim'),
    timeToProofMax: own(proverMetrics.timeToProofMs, Stats.MAXIMUM, 'proven: longest claim'),
    /** Age of the oldest claim that was looked at and is not proven, in milliseconds. */
    oldestClaimAge: own(proverMetrics.oldestClaimAgeMs, Stats.MAXIMUM, 'oldest claim not proven'),
    claimsSeen,
    claimsWaiting,
    claimsUnsent: own(claimsUnsentMetric, Stats.SUM, 'not sent'),
    /** Events found more than once, of an hour, beyond those that may have been sent more than once. */
    duplicatesUnexplained: new MathExpression({
      expression: 'FILL(duplicated, 0) - FILL(uncertain, 0)',
      usingMetrics: {
        duplicated: eventsDuplicated,
        uncertain: own(reportMetrics.eventsUncertain, Stats.SUM, 'perhaps delivered twice'),
      },
      label: 'duplicates that nothing explains',
      period: Duration.hours(1),
    }),
    /** 1 while claims wait and none is looked at. */
    proverSilent: new MathExpression({
      expression: 'IF(waiting > 0 AND FILL(seen, 0) == 0, 1, 0)',
      usingMetrics: { waiting: claimsWaiting, seen: claimsSeen },
      label: 'claims wait and none is looked at',
      period,
    }),
    proverErrors: prover.metricErrors({ label: 'failed', period }),
  };
}
