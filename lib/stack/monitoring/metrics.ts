import { Duration } from 'aws-cdk-lib';
import { Color, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import {
  coldStartMetric,
  metricNamespace,
  reportMetrics,
  serviceDimension,
  serviceName,
  streamDimension,
} from '../../../lambda/contract/metrics.ts';

/** What of a producer has metrics. */
export interface WatchedResources {
  /** The function. */
  readonly function: LambdaFunction;
  /** The stream that it pushes to. */
  readonly deliveryStream: IDeliveryStream;
  /** The queue that it processes. */
  readonly workQueue: IQueue;
  /** Where payloads go that were given up. */
  readonly deadLetterQueue: IQueue;
}

/** A metric that the function publishes about a stream. */
export function ownMetric(
  deliveryStream: IDeliveryStream,
  metricName: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: {
      [serviceDimension]: serviceName,
      [streamDimension]: deliveryStream.deliveryStreamName,
    },
    ...options,
  });
}

/** The metrics of {@link producerMetrics}, by what they say. */
export type ProducerMetrics = ReturnType<typeof producerMetrics>;

/**
 * Every metric that tells how a producer does, each made once: alarms and dashboard take them from here, so that what is
 * drawn is what is watched. Their period is five minutes.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function producerMetrics({
  function: lambda,
  deliveryStream,
  workQueue,
  deadLetterQueue,
}: WatchedResources) {
  const period = Duration.minutes(5);
  const own = (name: string, statistic: string, label: string) =>
    ownMetric(deliveryStream, name, { statistic, label, period });
  const firehose = (name: string, statistic: string, label: string, color?: string) =>
    deliveryStream.metric(name, { statistic, label, period, ...(color && { color }) });

  const incomingBytes = firehose('IncomingBytes', Stats.SUM, 'accepted');
  const incomingRecords = firehose('IncomingRecords', Stats.SUM, 'accepted');
  const incomingRequests = firehose('IncomingPutRequests', Stats.SUM, 'accepted');
  const bytesLimit = firehose('BytesPerSecondLimit', Stats.MINIMUM, 'limit of the stream', Color.GREY);
  const recordsLimit = firehose('RecordsPerSecondLimit', Stats.MINIMUM, 'limit of the stream', Color.GREY);
  const requestsLimit = firehose(
    'PutRequestsPerSecondLimit',
    Stats.MINIMUM,
    'limit of the stream',
    Color.GREY,
  );
  const throttledRecords = firehose('ThrottledRecords', Stats.SUM, 'refused by the stream');
  const requests = own(reportMetrics.requests.name, Stats.SUM, 'of this producer');
  const requestsFailed = own(reportMetrics.requestsFailed.name, Stats.SUM, 'requests failed, sent again');
  const messagesWaiting = workQueue.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    label: 'waiting',
    period,
  });
  const messagesDone = workQueue.metricNumberOfMessagesDeleted({ label: 'done', period });

  return {
    eventsRequested: own(reportMetrics.eventsRequested.name, Stats.SUM, 'asked of invocations'),
    eventsDelivered: own(reportMetrics.eventsDelivered.name, Stats.SUM, 'delivered to Firehose'),
    eventsQueued: own(reportMetrics.eventsQueued.name, Stats.SUM, 'left to the work queue'),
    /** Events that are neither delivered nor queued. */
    eventsUndelivered: own(reportMetrics.eventsUndelivered.name, Stats.SUM, 'undelivered'),
    /** Events that may be in the stream more than once. */
    eventsUncertain: own(reportMetrics.eventsUncertain.name, Stats.SUM, 'perhaps delivered twice'),
    paceAverage: own(reportMetrics.eventsPerSecond.name, Stats.AVERAGE, 'average run'),
    paceMax: own(reportMetrics.eventsPerSecond.name, Stats.MAXIMUM, 'fastest run'),
    runDurationMedian: own(reportMetrics.durationMs.name, Stats.p(50), 'median run'),
    runDurationMax: own(reportMetrics.durationMs.name, Stats.MAXIMUM, 'longest run'),
    coldStarts: own(coldStartMetric, Stats.SUM, 'cold starts'),
    /** Records that were refused, each time counted: by the quota, or by an error of Firehose's. */
    recordsRefused: own(reportMetrics.recordsRefused.name, Stats.SUM, 'records refused, sent again'),
    /** Requests that failed as a whole: without a response, with one that cannot be used, or with an error. */
    requestsFailed,
    billedBytes: own(reportMetrics.billedBytes.name, Stats.SUM, 'bytes that Firehose bills'),

    bytesPerSecond: perSecond('incoming', incomingBytes),
    recordsPerSecond: perSecond('incoming', incomingRecords),
    requestsPerSecond: perSecond('incoming', incomingRequests),
    /** What of it came from this producer: others may write to the stream. */
    ownBytesPerSecond: perSecond(
      'own',
      own(reportMetrics.bytesDelivered.name, Stats.SUM, 'of this producer'),
    ),
    /** Requests made, those that the stream rejected included. */
    ownRequestsPerSecond: perSecond('own', requests),
    bytesLimit,
    recordsLimit,
    requestsLimit,
    /** Percent of the limit of the stream. */
    bytesQuotaUsed: quotaUsed(incomingBytes, bytesLimit),
    /** Percent of the limit of the stream. */
    recordsQuotaUsed: quotaUsed(incomingRecords, recordsLimit),
    /** Percent of the limit of the stream. */
    requestsQuotaUsed: quotaUsed(incomingRequests, requestsLimit),
    /** Percent of the requests that this producer made; nothing while it makes none. */
    requestsFailedShare: new MathExpression({
      expression: '100 * failed / requests',
      usingMetrics: { failed: requestsFailed, requests },
      label: 'requests that failed',
      period,
    }),
    /** Percent of the records that reached the stream; nothing while the stream refuses none. */
    recordsRefusedShare: new MathExpression({
      expression: '100 * refused / (refused + FILL(accepted, 0))',
      usingMetrics: { refused: throttledRecords, accepted: incomingRecords },
      label: 'records that the stream refused',
      period,
    }),

    /** Age of the oldest record that is not in the bucket yet, in seconds. */
    freshness: firehose('DeliveryToS3.DataFreshness', Stats.MAXIMUM, 'oldest record not in S3 yet'),
    /** Share of Firehose's own attempts to write an object, from 0 to 1. */
    deliverySuccess: firehose('DeliveryToS3.Success', Stats.AVERAGE, 'writes to S3 that succeed'),
    bytesInBucket: firehose('DeliveryToS3.Bytes', Stats.SUM, 'written to S3'),
    recordsInBucket: firehose('DeliveryToS3.Records', Stats.SUM, 'records'),
    objectsInBucket: firehose('DeliveryToS3.ObjectCount', Stats.SUM, 'objects'),

    messagesWaiting,
    messagesInProgress: workQueue.metricApproximateNumberOfMessagesNotVisible({
      statistic: Stats.MAXIMUM,
      label: 'in progress',
      period,
    }),
    messagesSent: workQueue.metricNumberOfMessagesSent({ label: 'sent', period }),
    messagesDone,
    oldestMessage: workQueue.metricApproximateAgeOfOldestMessage({ label: 'oldest message', period }),
    /** 1 while messages wait and none is done. */
    workQueueStuck: new MathExpression({
      expression: 'IF(waiting > 0 AND FILL(done, 0) == 0, 1, 0)',
      usingMetrics: { waiting: messagesWaiting, done: messagesDone },
      label: 'messages wait and none is done',
      period,
    }),
    deadLetters: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      label: 'dead letters',
      period,
    }),

    invocations: lambda.metricInvocations({ label: 'invocations', period }),
    errors: lambda.metricErrors({ label: 'failed', period }),
    throttles: lambda.metricThrottles({ label: 'not started: throttled', period }),
    durationMedian: lambda.metricDuration({ statistic: Stats.p(50), label: 'median invocation', period }),
    durationMax: lambda.metricDuration({ statistic: Stats.MAXIMUM, label: 'longest invocation', period }),
    durationSum: lambda.metricDuration({ statistic: Stats.SUM, label: 'all invocations', period }),
    concurrentExecutions: lambda.metric('ConcurrentExecutions', {
      statistic: Stats.MAXIMUM,
      label: 'most at once',
      period,
    }),
  };
}

function perSecond(id: string, metric: Metric): MathExpression {
  return new MathExpression({
    expression: `${id} / PERIOD(${id})`,
    usingMetrics: { [id]: metric },
    label: metric.label!,
    period: metric.period,
  });
}

function quotaUsed(incoming: Metric, limit: Metric): MathExpression {
  return new MathExpression({
    expression: '100 * incoming / PERIOD(incoming) / limit',
    usingMetrics: { incoming, limit },
    label: 'of the limit',
    period: incoming.period,
  });
}
