import type { Duration, IResource } from 'aws-cdk-lib';
import type {
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { ProducerMetrics, ProofMetrics, WatchedProducer, WatchedProver } from './metrics.ts';

/** Everything that the rules of alarms depend on. */
export interface Watched {
  readonly producer: WatchedProducer;
  readonly metrics: ProducerMetrics;
  /** @default - events are not proven */
  readonly proof?: WatchedProof | undefined;
  /** Of the producer's function. */
  readonly timeout: Duration;
  /** Upper bound of the time that the stream buffers before it writes an object. */
  readonly bufferingInterval: Duration;
  /** @default - no runs by itself */
  readonly schedule?: ScheduleExpression | undefined;
}

export interface WatchedProof {
  readonly prover: WatchedProver;
  readonly metrics: ProofMetrics;
}

/** An alarm, as a row of a table. This file and the tables never load the CDK: `npm run cost` counts their rows. */
export interface AlarmRule {
  readonly metric: Metric | MathExpression;
  /** @default 'GreaterThanThreshold' */
  readonly comparison?: `${ComparisonOperator}`;
  /** @default 0 */
  readonly threshold?: number;
  /** Bad periods, of the latest `outOf`, until the alarm fires. @default 1 */
  readonly periods?: number;
  /** @default - `periods`: bad periods in a row */
  readonly outOf?: number;
  /** @default 'notBreaching' - the metric has no data while nothing happens, and then nothing is wrong */
  readonly missingData?: `${TreatMissingData}`;
  /**
   * The problem and its remedy, for a person who was asleep. At most 1,024 characters.
   *
   * @param lasting Duration of the problem, such as `for 15 minutes`; empty if one period is enough.
   */
  readonly description: (threshold: number, lasting: string) => string;
}

/** Periods of five minutes that pressure has to last: a large run may fill the stream for minutes. */
export const lastingPeriods = 3;

/** Periods of five minutes between two data points of a metric that is published once in an interval. */
export function periodsOf(interval: Duration): number {
  return Math.max(1, Math.ceil(interval.toMinutes({ integral: false }) / 5));
}

/**
 * Periods of five minutes to look back for an invocation that has just ended, and one more for late data: Lambda stamps
 * its metrics with the start of the invocation, and a later period may have data points of other invocations.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function periodsOfInvocation(timeout: Duration): number {
  return periodsOf(timeout) + 1;
}

/** The option of an AWS command that names a resource's region. */
export function regionOption({ env }: Pick<IResource, 'env'>): string {
  return `--region ${env.region}`;
}

/** The command, of version 2 of the AWS CLI, that shows the last hour of a function's log, filtered. */
export function logCommand(lambda: Pick<LambdaFunction, 'env' | 'logGroup'>, pattern: string): string {
  return `aws logs tail ${lambda.logGroup.logGroupName} ${regionOption(lambda)} --since 1h --filter-pattern '${pattern}'`;
}

export const errorPattern = '{ $.level = "ERROR" }';

/** Time for which Firehose retries: that for which the Kinesis stream keeps the records, if it reads one. */
export function retriesOf({ producer: { kinesisStream } }: Watched): string {
  return kinesisStream ? 'until they expire' : 'for 24 hours';
}

/** Where to look for the errors of what delivers to the bucket. */
export function deliveryErrorsOf({ producer: { deliveryStream, stream } }: Watched): string {
  return deliveryStream
    ? `console, Firehose, ${deliveryStream.deliveryStreamName}, "Destination error logs"`
    : `the errors of what reads ${stream.name} into the bucket`;
}

/** The command that sends the dead letters again. */
export function redriveCommand({ deadLetterQueue, workQueue }: WatchedProducer): string {
  return (
    `aws sqs start-message-move-task ${regionOption(deadLetterQueue)} --source-arn ${deadLetterQueue.queueArn} ` +
    `--destination-arn ${workQueue.queueArn}`
  );
}
