import { Duration, Token } from 'aws-cdk-lib';
import {
  Color,
  type IMetric,
  MathExpression,
  Metric,
  type MetricOptions,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnStream, IStream } from 'aws-cdk-lib/aws-kinesis';
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
import { targets } from '../../../lambda/contract/targets.ts';
import { shardQuota } from '../../aws/quotas.ts';
import type { TargetStream } from '../kinesis/kinesis-stream.ts';

/** The parts of a producer that have metrics. */
export interface WatchedProducer {
  readonly function: LambdaFunction;
  readonly stream: TargetStream;
  /** The stream that delivers to the bucket. @default - unknown, as another stack reads the Kinesis stream */
  readonly deliveryStream: IDeliveryStream | undefined;
  readonly kinesisStream: IStream | undefined;
  /** That of the created stream. @default - the stream was there before */
  readonly bucket: IBucket | undefined;
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

type OwnerOfMetrics = Pick<WatchedProducer, 'stream' | 'producerName'>;

/** A metric that the functions of a producer publish. */
export function ownMetric(
  { stream, producerName }: OwnerOfMetrics,
  metricName: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: {
      [serviceDimension]: serviceName,
      [streamDimension]: stream.name,
      [producerDimension]: producerName,
    },
    ...options,
  });
}

const { SUM, MINIMUM, MAXIMUM, AVERAGE } = Stats;
const period = Duration.minutes(5);

const formula = (
  expression: string,
  usingMetrics: Record<string, IMetric>,
  label: string,
  ofPeriod = period,
  color?: string,
) => new MathExpression({ expression, usingMetrics, label, period: ofPeriod, ...(color && { color }) });

const waitingIn = (queue: IQueue, label: string) =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: MAXIMUM, label, period });

/** Makes metrics that the functions of a producer publish. */
const ownMetricsOf =
  (producer: OwnerOfMetrics) =>
  ({ name }: { readonly name: string }, statistic: string, label: string) =>
    ownMetric(producer, name, { statistic, label, period });

/** In percent; `undefined` if one of them is not known. */
function quotaUsed(incoming: Metric | undefined, limit: IMetric | undefined): MathExpression | undefined {
  return (
    incoming &&
    limit &&
    formula('100 * incoming / PERIOD(incoming) / limit', { incoming, limit }, 'of the limit')
  );
}

/** Metrics of the stream that events are sent to, and of all its writers. Those that do not exist, or are not known, are `undefined`. */
function incomingMetrics({ stream, kinesisStream, deliveryStream }: WatchedProducer) {
  const ofStream = (name: string, label: string, statistic: string = SUM) =>
    (kinesisStream ?? deliveryStream)!.metric(name, { statistic, label, period });
  const bytes = ofStream('IncomingBytes', 'accepted');
  const records = ofStream('IncomingRecords', 'accepted');
  const limitLabel = 'limit of the stream';
  if (kinesisStream) {
    // Only a stream of the app tells it, and only a provisioned one has it.
    const { shardCount } = (kinesisStream.node.defaultChild ?? {}) as Partial<CfnStream>;
    const shards = stream.target === 'kinesis' && !Token.isUnresolved(shardCount) ? shardCount : undefined;
    const limit = (incoming: Metric, ofShard: number) =>
      shards && formula(`${shards * ofShard} + 0 * incoming`, { incoming }, limitLabel, period, Color.GREY);
    return {
      bytes,
      records,
      requests: undefined,
      refusedRecords: ofStream('WriteProvisionedThroughputExceeded', 'refused by the stream'),
      bytesLimit: limit(bytes, shardQuota.bytes) || undefined,
      recordsLimit: limit(records, shardQuota.records) || undefined,
      requestsLimit: undefined,
    };
  }
  const limit = (name: string) => ofStream(name, limitLabel, MINIMUM).with({ color: Color.GREY });
  return {
    bytes,
    records,
    requests: ofStream('IncomingPutRequests', 'accepted'),
    refusedRecords: ofStream('ThrottledRecords', 'refused by the stream'),
    bytesLimit: limit('BytesPerSecondLimit'),
    recordsLimit: limit('RecordsPerSecondLimit'),
    requestsLimit: limit('PutRequestsPerSecondLimit'),
  };
}

/** Metrics of Firehose's delivery; `undefined` if the reader of the Kinesis stream is not known. */
function deliveryMetrics({ deliveryStream, kinesisStream }: WatchedProducer) {
  const firehose = (name: string, statistic: string, label: string) =>
    deliveryStream!.metric(name, { statistic, label, period });
  return (
    deliveryStream && {
      /** Age of the oldest record that is not in the bucket yet, in seconds. */
      freshness: firehose('DeliveryToS3.DataFreshness', MAXIMUM, 'oldest record not in S3 yet'),
      /** Share of Firehose's own attempts to write an object, from 0 to 1. */
      success: firehose('DeliveryToS3.Success', AVERAGE, 'writes to S3 that succeed'),
      bytesInBucket: firehose('DeliveryToS3.Bytes', SUM, 'written to S3'),
      recordsInBucket: firehose('DeliveryToS3.Records', SUM, 'records'),
      objectsInBucket: firehose('DeliveryToS3.ObjectCount', SUM, 'objects'),
      /** Age of the record of the Kinesis stream that Firehose read last, compared with the newest, in seconds. */
      behind:
        kinesisStream &&
        formula(
          'behind / 1000',
          { behind: firehose('KinesisMillisBehindLatest', MAXIMUM, 'behind') },
          'Firehose reads behind the Kinesis stream',
        ),
    }
  );
}

export type ProducerMetrics = ReturnType<typeof producerMetrics>;

/**
 * The metrics of a producer, each made once: alarms and dashboard share them. Their period is five minutes.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function producerMetrics(producer: WatchedProducer) {
  const { function: lambda, workQueue, deadLetterQueue } = producer;
  const { title } = targets[producer.stream.target];
  const own = ownMetricsOf(producer);
  const perSecond = (id: string, metric: Metric) =>
    formula(`${id} / PERIOD(${id})`, { [id]: metric }, metric.label!);
  const incoming = incomingMetrics(producer);
  const requests = own(reportMetrics.requests, SUM, 'of this producer');
  const requestsFailed = own(reportMetrics.requestsFailed, SUM, 'requests failed, sent again');
  const eventsDelivered = own(reportMetrics.eventsDelivered, SUM, `delivered to ${title}`);
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
        `events delivered to ${title}`,
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
    billedBytes: own(reportMetrics.billedBytes, SUM, `bytes that ${title} bills`),

    bytesPerSecond: perSecond('incoming', incoming.bytes),
    recordsPerSecond: perSecond('incoming', incoming.records),
    requestsPerSecond: incoming.requests && perSecond('incoming', incoming.requests),
    /** The part of this producer: others may write to the stream. */
    ownBytesPerSecond: perSecond('own', own(reportMetrics.bytesDelivered, SUM, 'of this producer')),
    /** With requests that the stream rejected. */
    ownRequestsPerSecond: perSecond('own', requests),
    bytesLimit: incoming.bytesLimit,
    recordsLimit: incoming.recordsLimit,
    requestsLimit: incoming.requestsLimit,
    bytesQuotaUsed: quotaUsed(incoming.bytes, incoming.bytesLimit),
    recordsQuotaUsed: quotaUsed(incoming.records, incoming.recordsLimit),
    requestsQuotaUsed: quotaUsed(incoming.requests, incoming.requestsLimit),
    /** Percent of this producer's requests; no data without requests. */
    requestsFailedShare: formula(
      '100 * failed / requests',
      { failed: requestsFailed, requests },
      'requests that failed',
    ),
    /** Percent of the records that reached the stream; no data unless the stream refuses some. */
    recordsRefusedShare: formula(
      '100 * refused / (refused + FILL(accepted, 0))',
      { refused: incoming.refusedRecords, accepted: incoming.records },
      'records that the stream refused',
    ),

    /** `undefined` if the reader of the Kinesis stream is not known. */
    delivery: deliveryMetrics(producer),

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
