/**
 * Names of the metrics that a function publishes, separated by spaces: those with an alarm, unless zero. For both functions.
 * Missing if all are published.
 */
export const publishedMetricsVariable = 'PUBLISHED_METRICS';

/** The environment variables of both functions. The producer has the place of the objects only if it is known, and for commands alone. */
const common = {
  /** Name of the stream that events are sent to. */
  deliveryStreamName: 'DELIVERY_STREAM_NAME',
  /** Missing for Firehose. */
  target: 'TARGET',
  producerName: 'PRODUCER_NAME',
  bucketName: 'BUCKET_NAME',
  /** S3 prefix of the stream, with expressions such as `!{timestamp:yyyy}`. */
  prefix: 'PREFIX',
  /** Time zone of the times in the prefix. Missing if that is UTC. */
  prefixTimeZone: 'PREFIX_TIME_ZONE',
  /** Values of partition keys in the prefix, such as `customer=canary,region=eu`. Only if they are known. */
  partition: 'PARTITION',
  /** `true` if others write to the bucket, too. */
  isShared: 'SHARED',
  /** `id` if events are recognized by their UUID alone. */
  match: 'MATCH',
  /** The producer has it only where events are proven. */
  proofQueueUrl: 'PROOF_QUEUE_URL',
} as const;

/** The producer's environment variables that are no settings. */
export const variables = {
  ...common,
  workQueueUrl: 'WORK_QUEUE_URL',
  recordFormat: 'RECORD_FORMAT',
  /** `before` if a record begins with a line break. */
  separator: 'SEPARATOR',
  firehoseUsdPerGb: 'FIREHOSE_USD_PER_GB',
  /** Instead of Firehose's price, if the target is Kinesis. */
  kinesisUsdPerGb: 'KINESIS_USD_PER_GB',
  lambdaUsdPerGbSecond: 'LAMBDA_USD_PER_GB_SECOND',
  /** Seconds that a claim waits until its first check. Only where events are proven. */
  proofDelaySeconds: 'PROOF_DELAY_SECONDS',
} as const;

/** The environment variables of the prover. */
export const proverVariables = {
  ...common,
  /** S3 prefix of undeliverable records, up to its first expression. */
  errorPrefix: 'ERROR_PREFIX',
  /** Seconds that the stream buffers. */
  bufferingSeconds: 'BUFFERING_SECONDS',
  /** Hours after which a missing event is lost. */
  lostAfterHours: 'LOST_AFTER_HOURS',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** Divisor of all delays: 1 in AWS, more on a laptop. */
  timeFactor: 'TIME_FACTOR',
} as const;
