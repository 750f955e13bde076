/**
 * How many whole events a record carries, and in what shape.
 *
 * - `ndjson`: up to 500 events, filled to end just under a multiple of 5,120 bytes, the unit that Firehose bills.
 * - `single`: one event.
 * - `gzip`: one gzip member of many events; the stream itself must compress nothing.
 */
export const recordFormats = ['ndjson', 'single', 'gzip'] as const;

/** One of {@link recordFormats}. */
export type RecordFormat = (typeof recordFormats)[number];

/**
 * The environment variables of the function: the one contract between the stack that sets them and the
 * function that reads them. Every numeric variable comes with the bounds and the default that hold on both sides.
 */
export const environmentVariables = {
  /** Name of the delivery stream to push to. Required. */
  deliveryStreamName: { name: 'DELIVERY_STREAM_NAME' },

  /** One of {@link recordFormats}. */
  recordFormat: { name: 'RECORD_FORMAT', default: 'ndjson' },

  /** URL of the work queue, which takes the slices that an invocation leaves to a later one. Required. */
  workQueueUrl: { name: 'WORK_QUEUE_URL' },

  /** Events of a run whose payload names no count. 100, as in the lesson. */
  defaultCount: { name: 'DEFAULT_COUNT', min: 1, max: 1_000_000_000_000, default: 100 },

  /** Most events that a payload may ask for: a guard against a typo. */
  maxCount: { name: 'MAX_COUNT', min: 1, max: 1_000_000_000_000, default: 1_000_000_000 },

  /** Events of a slice: a larger run is cut into slices that go to the work queue. */
  eventsPerSlice: { name: 'EVENTS_PER_SLICE', min: 1_000, max: 100_000_000, default: 1_000_000 },

  /** Steady rate of a run whose payload names none; unset, a run goes as fast as the stream takes it. */
  eventsPerSecond: { name: 'EVENTS_PER_SECOND', min: 1, max: 1_000_000, example: 1_000 },

  /** Requests in flight. */
  concurrency: { name: 'CONCURRENCY', min: 1, max: 64, default: 8 },

  /**
   * Size of a request, as base64 inside JSON. Firehose takes at most 4 MiB; whether that counts before or after
   * base64 is not documented, so the upper bound keeps the encoded request under it.
   */
  maxRequestBytes: { name: 'MAX_REQUEST_BYTES', min: 65_536, max: 4_000_000, default: 1_048_576 },

  /** How often a record is sent before the invocation leaves it to a later one, the first time included. */
  maxAttempts: { name: 'MAX_ATTEMPTS', min: 1, max: 100, default: 20 },

  /** Price of a GB (2^30 bytes) that Firehose bills, in US dollars, for the report's estimate. Required. */
  firehoseUsdPerGb: { name: 'FIREHOSE_USD_PER_GB', example: 0.029 },

  /** Price of a GB-second of the function, in US dollars, for the report's estimate. Required. */
  lambdaUsdPerGbSecond: { name: 'LAMBDA_USD_PER_GB_SECOND', example: 0.0000133334 },
} as const;
