import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { reportMetrics, serviceDimension, streamDimension } from '../lambda/metric-names.ts';
import type { EventProducer } from './event-producer.ts';

/** Namespace of the metrics that the function publishes. */
export const metricNamespace = 'FirehoseEventProducer';

/** Name of the service: in the function's log lines, and the value of a dimension of its metrics. */
export const serviceName = 'firehose-event-producer';

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
export function producerMetrics(
  producer: Pick<EventProducer, 'function' | 'deliveryStream' | 'workQueue' | 'deadLetterQueue'>,
) {
  const { function: lambda, deliveryStream, workQueue, deadLetterQueue } = producer;
  const period = Duration.minutes(5);
  const own = (metricName: string, statistic: string, label: string) =>
    new Metric({
      namespace: metricNamespace,
      metricName,
      dimensionsMap: {
        [serviceDimension]: serviceName,
        [streamDimension]: deliveryStream.deliveryStreamName,
      },
      statistic,
      label,
      period,
    });
  const firehose = (name: string, statistic: string, label: string) =>
    deliveryStream.metric(name, { statistic, label, period });

  const incomingBytes = firehose('IncomingBytes', Stats.SUM, 'accepted');
  const incomingRecords = firehose('IncomingRecords', Stats.SUM, 'accepted');
  const incomingRequests = firehose('IncomingPutRequests', Stats.SUM, 'accepted');
  const bytesLimit = firehose('BytesPerSecondLimit', Stats.MINIMUM, 'limit');
  const recordsLimit = firehose('RecordsPerSecondLimit', Stats.MINIMUM, 'limit');
  const requestsLimit = firehose('PutRequestsPerSecondLimit', Stats.MINIMUM, 'limit');
  const throttledRecords = firehose('ThrottledRecords', Stats.SUM, 'refused by the stream');
  const messagesWaiting = workQueue.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    label: 'waiting',
    period,
  });
  const messagesDeleted = workQueue.metricNumberOfMessagesDeleted({ label: 'done', period });

  return {
    eventsRequested: own(reportMetrics.eventsRequested.name, Stats.SUM, 'requested'),
    eventsDelivered: own(reportMetrics.eventsDelivered.name, Stats.SUM, 'delivered to Firehose'),
    eventsQueued: own(reportMetrics.eventsQueued.name, Stats.SUM, 'left to the queue'),
    eventsUncertain: own(reportMetrics.eventsUncertain.name, Stats.SUM, 'uncertain'),
    eventsUndelivered: own(reportMetrics.eventsUndelivered.name, Stats.SUM, 'undelivered'),

    incomingBytes,
    incomingRecords,
    incomingRequests,
    bytesLimit,
    recordsLimit,
    requestsLimit,
    throttledRecords,
    /** Percent of the limit of the stream. */
    bytesQuotaUsed: quotaUsed(incomingBytes, bytesLimit),
    /** Percent of the limit of the stream. */
    recordsQuotaUsed: quotaUsed(incomingRecords, recordsLimit),
    /** Percent of the limit of the stream. */
    requestsQuotaUsed: quotaUsed(incomingRequests, requestsLimit),
    /** Percent of the records that reached the stream; nothing while the stream refuses none. */
    recordsRefusedShare: new MathExpression({
      expression: '100 * refused / (refused + FILL(accepted, 0))',
      usingMetrics: { refused: throttledRecords, accepted: incomingRecords },
      label: 'refused',
      period,
    }),

    /** Age of the oldest record that is not in the bucket yet. */
    freshness: firehose('DeliveryToS3.DataFreshness', Stats.MAXIMUM, 'age of the oldest record not in S3'),
    /** Share of Firehose's own attempts to write an object, from 0 to 1. */
    deliverySuccess: firehose('DeliveryToS3.Success', Stats.AVERAGE, 'share of writes to S3 that succeed'),

    messagesWaiting,
    messagesDeleted,
    /** 1 while messages wait and none is done. */
    workQueueStands: new MathExpression({
      expression: 'IF(waiting > 0 AND FILL(done, 0) == 0, 1, 0)',
      usingMetrics: { waiting: messagesWaiting, done: messagesDeleted },
      label: 'messages wait and none is done',
      period,
    }),
    deadLetters: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      label: 'dead letters',
      period,
    }),

    errors: lambda.metricErrors({ label: 'failed', period }),
    throttles: lambda.metricThrottles({ label: 'not started: throttled', period }),
    durationMax: lambda.metricDuration({ statistic: Stats.MAXIMUM, label: 'longest', period }),
  };
}

function quotaUsed(incoming: Metric, limit: Metric): MathExpression {
  return new MathExpression({
    expression: '100 * incoming / PERIOD(incoming) / limit',
    usingMetrics: { incoming, limit },
    label: 'of the limit',
    period: incoming.period,
  });
}
