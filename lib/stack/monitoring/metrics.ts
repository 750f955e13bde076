import { Duration } from 'aws-cdk-lib';
import { Color, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import {
  claimsUnsentMetric,
  coldStartMetric,
  metricNamespace,
  producerDimension,
  proverMetrics,
  reportMetrics,
  serviceDimension,
  serviceName,
  streamDimension,
} from '../../../lambda/contract/metrics.ts';

/** The parts of a producer that have metrics: an `EventProducer`, for one. */
export interface WatchedProducer {
  readonly function: LambdaFunction;
  readonly deliveryStream: IDeliveryStream;
  /** That of the created stream. @default - the stream was there before */
  readonly bucket?: IBucket;
  readonly producerName: string;
  readonly workQueue: IQueue;
  readonly deadLetterQueue: IQueue;
}

/** A prover: a `ProverFunction`, for one. */
export interface WatchedProver {
  readonly function: LambdaFunction;
  readonly proofQueue: IQueue;
  readonly bufferingInterval: Duration;
  readonly lostAfter: Duration;
}

type OwnerOfMetrics = Pick<WatchedProducer, 'deliveryStream' | 'producerName'>;

/** A metric that the functions of a producer publish. */
export function ownMetric(
  { deliveryStream, producerName }: OwnerOfMetrics,
  metricName: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: {
      [serviceDimension]: serviceName,
      [streamDimension]: deliveryStream.deliveryStreamName,
      [producerDimension]: producerName,
    },
    ...options,
  });
}

const { SUM, MINIMUM, MAXIMUM, AVERAGE } = Stats;
const period = Duration.minutes(5);

const formula = (
  expression: string,
  usingMetrics: Record<string, Metric>,
  label: string,
  ofPeriod = period,
) => new MathExpression({ expression, usingMetrics, label, period: ofPeriod });

const waitingIn = (queue: IQueue, label: string) =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: MAXIMUM, label, period });

/** Makes metrics that the functions of a producer publish. */
const ownMetricsOf =
  (producer: OwnerOfMetrics) =>
  ({ name }: { readonly name: string }, statistic: string, label: string) =>
    ownMetric(producer, name, { statistic, label, period });

export type ProducerMetrics = ReturnType<typeof producerMetrics>;

/**
 * The metrics of a producer, each made once: alarms and dashboard share them. Their period is five minutes.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function producerMetrics(producer: WatchedProducer) {
  const { function: lambda, deliveryStream, workQueue, deadLetterQueue } = producer;
  const own = ownMetricsOf(producer);
  const firehose = (name: string, statistic: string, label: string) =>
    deliveryStream.metric(name, { statistic, label, period });
  const limit = (name: string) => firehose(name, MINIMUM, 'limit of the stream').with({ color: Color.GREY });
  const perSecond = (id: string, metric: Metric) =>
    formula(`${id} / PERIOD(${id})`, { [id]: metric }, metric.label!);
  /** In percent. */
  const quotaUsed = (incoming: Metric, limit: Metric) =>
    formula('100 * incoming / PERIOD(incoming) / limit', { incoming, limit }, 'of the limit');

  const incomingBytes = firehose('IncomingBytes', SUM, 'accepted');
  const incomingRecords = firehose('IncomingRecords', SUM, 'accepted');
  const incomingRequests = firehose('IncomingPutRequests', SUM, 'accepted');
  const bytesLimit = limit('BytesPerSecondLimit');
  const recordsLimit = limit('RecordsPerSecondLimit');
  const requestsLimit = limit('PutRequestsPerSecondLimit');
  const throttledRecords = firehose('ThrottledRecords', SUM, 'refused by the stream');
  const requests = own(reportMetrics.requests, SUM, 'of this producer');
  const requestsFailed = own(reportMetrics.requestsFailed, SUM, 'requests failed, sent again');
  const eventsDelivered = own(reportMetrics.eventsDelivered, SUM, 'delivered to Firehose');
  const messagesWaiting = waitingIn(workQueue, 'waiting');
  const messagesDone = workQueue.metricNumberOfMessagesDeleted({ label: 'done', period });

  return {
    eventsRequested: own(reportMetrics.eventsRequested, SUM, 'asked of invocations'),
    eventsDelivered,
    /** With zeros for empty periods: else CloudWatch evaluates older periods that have data. */
    eventsDeliveredOrZero: (minutes: number) =>
      formula(
        'FILL(delivered, 0)',
        { delivered: eventsDelivered },
        'events delivered to Firehose',
        Duration.minutes(minutes),
      ),
    eventsQueued: own(reportMetrics.eventsQueued, SUM, 'left to the work queue'),
    eventsUndelivered: own(reportMetrics.eventsUndelivered, SUM, 'undelivered'),
    eventsUncertain: own(reportMetrics.eventsUncertain, SUM, 'perhaps delivered twice'),
    paceAverage: own(reportMetrics.eventsPerSecond, AVERAGE, 'average run'),
    paceMax: own(reportMetrics.eventsPerSecond, MAXIMUM, 'fastest run'),
    runDurationMedian: own(reportMetrics.durationMs, Stats.p(50), 'median run'),
    runDurationMax: own(reportMetrics.durationMs, MAXIMUM, 'longest run'),
    coldStarts: own(coldStartMetric, SUM, 'cold starts'),
    /** Each refusal of a record counts, by the quota or by an error of Firehose. */
    recordsRefused: own(reportMetrics.recordsRefused, SUM, 'records refused, sent again'),
    /** Requests without a response, with an unusable one, or with an error. */
    requestsFailed,
    billedBytes: own(reportMetrics.billedBytes, SUM, 'bytes that Firehose bills'),

    bytesPerSecond: perSecond('incoming', incomingBytes),
    recordsPerSecond: perSecond('incoming', incomingRecords),
    requestsPerSecond: perSecond('incoming', incomingRequests),
    /** The part of this producer: others may write to the stream. */
    ownBytesPerSecond: perSecond('own', own(reportMetrics.bytesDelivered, SUM, 'of this producer')),
    /** With requests that the stream rejected. */
    ownRequestsPerSecond: perSecond('own', requests),
    bytesLimit,
    recordsLimit,
    requestsLimit,
    bytesQuotaUsed: quotaUsed(incomingBytes, bytesLimit),
    recordsQuotaUsed: quotaUsed(incomingRecords, recordsLimit),
    requestsQuotaUsed: quotaUsed(incomingRequests, requestsLimit),
    /** Percent of this producer's requests; no data without requests. */
    requestsFailedShare: formula(
      '100 * failed / requests',
      { failed: requestsFailed, requests },
      'requests that failed',
    ),
    /** Percent of the records that reached the stream; no data unless the stream refuses some. */
    recordsRefusedShare: formula(
      '100 * refused / (refused + FILL(accepted, 0))',
      { refused: throttledRecords, accepted: incomingRecords },
      'records that the stream refused',
    ),

    /** Age of the oldest record that is not in the bucket yet, in seconds. */
    freshness: firehose('DeliveryToS3.DataFreshness', MAXIMUM, 'oldest record not in S3 yet'),
    /** Share of Firehose's own attempts to write an object, from 0 to 1. */
    deliverySuccess: firehose('DeliveryToS3.Success', AVERAGE, 'writes to S3 that succeed'),
    bytesInBucket: firehose('DeliveryToS3.Bytes', SUM, 'written to S3'),
    recordsInBucket: firehose('DeliveryToS3.Records', SUM, 'records'),
    objectsInBucket: firehose('DeliveryToS3.ObjectCount', SUM, 'objects'),

    messagesWaiting,
    messagesInProgress: workQueue.metricApproximateNumberOfMessagesNotVisible({
      statistic: MAXIMUM,
      label: 'in progress',
      period,
    }),
    messagesSent: workQueue.metricNumberOfMessagesSent({ label: 'sent', period }),
    messagesDone,
    oldestMessage: workQueue.metricApproximateAgeOfOldestMessage({ label: 'oldest message', period }),
    /** 1 if messages wait and none is deleted, else 0. */
    workQueueStuck: formula(
      'IF(waiting > 0 AND FILL(done, 0) == 0, 1, 0)',
      { waiting: messagesWaiting, done: messagesDone },
      'messages wait and none is done',
    ),
    deadLetters: waitingIn(deadLetterQueue, 'dead letters'),

    invocations: lambda.metricInvocations({ label: 'invocations', period }),
    errors: lambda.metricErrors({ label: 'failed', period }),
    throttles: lambda.metricThrottles({ label: 'not started: throttled', period }),
    durationMedian: lambda.metricDuration({ statistic: Stats.p(50), label: 'median invocation', period }),
    durationMax: lambda.metricDuration({ statistic: MAXIMUM, label: 'longest invocation', period }),
    durationSum: lambda.metricDuration({ statistic: SUM, label: 'all invocations', period }),
    concurrentExecutions: lambda.metric('ConcurrentExecutions', {
      statistic: MAXIMUM,
      label: 'most at once',
      period,
    }),
  };
}

export type ProofMetrics = ReturnType<typeof proofMetrics>;

/** The metrics of the proof, each made once. Their period is five minutes, unless noted. */
export function proofMetrics(
  producer: OwnerOfMetrics,
  { function: prover, proofQueue }: Pick<WatchedProver, 'function' | 'proofQueue'>,
) {
  const own = ownMetricsOf(producer);
  const claimsWaiting = waitingIn(proofQueue, 'waiting');
  const claimsSeen = own(proverMetrics.claimsSeen, SUM, 'checked');
  const eventsDuplicated = own(proverMetrics.eventsDuplicated, SUM, 'events found more than once');
  return {
    eventsProven: own(proverMetrics.eventsProven, SUM, 'proven'),
    eventsLate: own(proverMetrics.eventsLate, SUM, 'late: not there at the first check'),
    eventsLost: own(proverMetrics.eventsLost, SUM, 'lost'),
    eventsDuplicated,
    linesCorrupt: own(proverMetrics.linesCorrupt, SUM, 'corrupt lines'),
    latencyMedian: own(proverMetrics.latencyMs, Stats.p(50), 'landed: median event'),
    latencyMost: own(proverMetrics.latencyMs, Stats.p(99), 'landed: 99 % of events'),
    timeToProofMedian: own(proverMetrics.timeToProofMs, Stats.p(50), 'proven: median claim'),
    timeToProofMax: own(proverMetrics.timeToProofMs, MAXIMUM, 'proven: longest claim'),
    /** Age of the oldest checked claim that is not proven, in milliseconds. */
    oldestClaimAge: own(proverMetrics.oldestClaimAgeMs, MAXIMUM, 'oldest claim not proven'),
    claimsSeen,
    claimsWaiting,
    claimsUnsent: own(claimsUnsentMetric, SUM, 'not sent'),
    /** Events found more than once within an hour, less those that may have been sent more than once. */
    duplicatesUnexplained: formula(
      'FILL(duplicated, 0) - FILL(uncertain, 0)',
      {
        duplicated: eventsDuplicated,
        uncertain: own(reportMetrics.eventsUncertain, SUM, 'perhaps delivered twice'),
      },
      'unexplained duplicates',
      Duration.hours(1),
    ),
    /** 1 if claims wait and none is checked, else 0. */
    proverSilent: formula(
      'IF(waiting > 0 AND FILL(seen, 0) == 0, 1, 0)',
      { waiting: claimsWaiting, seen: claimsSeen },
      'claims wait and none is checked',
    ),
    proverErrors: prover.metricErrors({ label: 'failed', period }),
  };
}
