/**
 * Names of the metrics that a function publishes, separated by spaces: those with an alarm, unless zero. For both functions.
 * Missing if all are published.
 */
export const publishedMetricsVariable = 'PUBLISHED_METRICS';

/** The producer's environment variables that are no settings. */
export const variables = {
  deliveryStreamName: 'DELIVERY_STREAM_NAME',
  producerName: 'PRODUCER_NAME',
  /** Only if it is known. Only commands read it. */
  bucketName: 'BUCKET_NAME',
  /** S3 prefix of the stream, with expressions. Only if it is known. */
  prefix: 'PREFIX',
  /** See the prover's. */
  prefixTimeZone: 'PREFIX_TIME_ZONE',
  /** See the prover's. */
  partition: 'PARTITION',
  /** `true` if the stream is not the stack's own: others write to its bucket, too. Only commands read it. */
  isShared: 'SHARED',
  /** `id` if events are recognized by their UUID alone. Only commands read it. */
  match: 'MATCH',
  workQueueUrl: 'WORK_QUEUE_URL',
  recordFormat: 'RECORD_FORMAT',
  /** `before` if a record begins with a line break. */
  separator: 'SEPARATOR',
  firehoseUsdPerGb: 'FIREHOSE_USD_PER_GB',
  lambdaUsdPerGbSecond: 'LAMBDA_USD_PER_GB_SECOND',
  /** Only where events are proven. */
  proofQueueUrl: 'PROOF_QUEUE_URL',
  /** Seconds that a claim waits until its first check. Only where events are proven. */
  proofDelaySeconds: 'PROOF_DELAY_SECONDS',
} as const;

/** The environment variables of the prover. */
export const proverVariables = {
  deliveryStreamName: 'DELIVERY_STREAM_NAME',
  producerName: 'PRODUCER_NAME',
  bucketName: 'BUCKET_NAME',
  /** S3 prefix of the stream, with expressions such as `!{timestamp:yyyy}`. */
  prefix: 'PREFIX',
  /** Time zone of the times in the prefix. Missing if that is UTC. */
  prefixTimeZone: 'PREFIX_TIME_ZONE',
  /** Values of partition keys in the prefix, such as `customer=canary,region=eu`. Only if they are known. */
  partition: 'PARTITION',
  /** S3 prefix of undeliverable records, up to its first expression. */
  errorPrefix: 'ERROR_PREFIX',
  /** Seconds that the stream buffers. */
  bufferingSeconds: 'BUFFERING_SECONDS',
  /** `true` if others write to the bucket, too. */
  isShared: 'SHARED',
  /** `id` if events are recognized by their UUID alone. */
  match: 'MATCH',
  /** Hours after which a missing event is lost. */
  lostAfterHours: 'LOST_AFTER_HOURS',
  proofQueueUrl: 'PROOF_QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** Divisor of all delays: 1 in AWS, more on a laptop. */
  timeFactor: 'TIME_FACTOR',
} as const;
