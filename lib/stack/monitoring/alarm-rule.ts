import type { Duration } from 'aws-cdk-lib';
import type { ComparisonOperator, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

/** What makes an alarm of a metric. */
export interface AlarmRule {
  /** What is watched. */
  readonly metric: IMetric;
  /** How it is compared. */
  readonly comparison: ComparisonOperator;
  /** With what. */
  readonly threshold: number;
  /** Periods that have to be bad. */
  readonly periods: number;
  /** Of how many. @default - of as many, in a row */
  readonly outOf?: number;
  /** What a period without data counts as. */
  readonly missingData: TreatMissingData;
  /**
   * What is wrong and what to do, for a person who was asleep. At most 1,024 characters.
   *
   * @param lasting How long it has been bad, such as `for 15 minutes`; empty if one period is enough.
   */
  readonly description: (threshold: number, lasting: string) => string;
}

/** Periods of five minutes that a pressure has to last: a large run is meant to fill the stream for minutes. */
export const lastingPeriods = 3;

/** Periods of five minutes from one data point to the next, of what says something once in so long. */
export function periodsOf(interval: Duration): number {
  return Math.max(1, Math.ceil(interval.toMinutes({ integral: false }) / 5));
}

/**
 * How far back to look for an invocation that has just ended: Lambda stamps its metrics with the start of the invocation,
 * and a period later is too late when there are data points of others since.
 *
 * @returns Periods of five minutes, with one more for what is published late.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function periodsOfInvocation(timeout: Duration): number {
  return periodsOf(timeout) + 1;
}
