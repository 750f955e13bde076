import { maxEventsPerRecord } from './firehose-limits.ts';

/**
 * How many whole events a record carries, and in what shape.
 *
 * - `ndjson`: up to 500 events, filled to end just under a multiple of 5,120 bytes, the unit that Firehose bills.
 * - `single`: one event.
 * - `gzip`: one gzip member of many events; the stream itself must compress nothing.
 *
 * @example
 * ```ts
 * import type { RecordFormat } from 'firehose-event-producer';
 *
 * export const recordFormat: RecordFormat = 'gzip';
 * ```
 */
export type RecordFormat = 'ndjson' | 'single' | 'gzip';

/**
 * A record format. A new one is a row of {@link recordFormatRows} and its functions: the two writers in
 * `lambda/producer/events/`, its figures in `lib/cost/`, and a reader in `lambda/prover/objects/` if it is not text or gzip.
 */
interface RecordFormatRow {
  readonly title: string;
  readonly maxEventsPerRecord: number;
  /** Extension of the objects that the records are joined to. @default - the records are text, which the stream compresses */
  readonly compressedExtension?: string;
}

export const recordFormatRows: Readonly<Record<RecordFormat, RecordFormatRow>> = {
  ndjson: { title: 'ndjson', maxEventsPerRecord },
  single: { title: 'one event per record', maxEventsPerRecord: 1 },
  gzip: { title: 'gzip', maxEventsPerRecord: Number.POSITIVE_INFINITY, compressedExtension: '.gz' },
};

export const recordFormats = Object.keys(recordFormatRows) as RecordFormat[];

export const defaultRecordFormat: RecordFormat = 'ndjson';

/** A setting that is a whole number. */
export interface WholeNumberSetting {
  readonly min: number;
  readonly max: number;
  /** A setting without a default is optional. */
  readonly default?: number;
  /** A value other than the default, for messages. */
  readonly example: number;
  /** Unit, for messages, unless the name contains it. */
  readonly unit?: string;
  readonly description: string;
  /** The environment variable of the function. */
  readonly variable?: string;
}

/**
 * The settings of the function. The parser of its environment, the stack's variables, the checks of props, CDK context and
 * the options of commands are made from these rows.
 */
export const producerSettings = {
  count: {
    variable: 'COUNT',
    min: 1,
    max: 1_000_000_000_000,
    default: 100,
    example: 5_000,
    description: 'events of a run whose payload has no count',
  },
  maxCount: {
    variable: 'MAX_COUNT',
    min: 1,
    max: 1_000_000_000_000,
    default: 1_000_000_000,
    example: 1_000_000,
    description: 'highest count that a payload may have: a guard against typos',
  },
  eventsPerSlice: {
    variable: 'EVENTS_PER_SLICE',
    min: 1_000,
    max: 100_000_000,
    default: 1_000_000,
    example: 500_000,
    description: 'events of a slice: larger runs are cut into slices, which go to the work queue',
  },
  eventsPerSecond: {
    variable: 'EVENTS_PER_SECOND',
    min: 1,
    max: 1_000_000,
    example: 1_000,
    description:
      'steady rate of a run whose payload has none; without one, as fast as the stream takes the events',
  },
  concurrency: {
    variable: 'CONCURRENCY',
    min: 1,
    max: 64,
    default: 8,
    example: 4,
    description: 'requests in flight at the same time',
  },
  // Firehose takes at most 4 MiB; whether that counts before or after base64 is not documented.
  maxRequestBytes: {
    variable: 'MAX_REQUEST_BYTES',
    min: 65_536,
    max: 4_000_000,
    default: 4_000_000,
    example: 2_000_000,
    unit: 'bytes',
    description: 'largest request, as base64 inside JSON',
  },
  maxAttempts: {
    variable: 'MAX_ATTEMPTS',
    min: 1,
    max: 100,
    default: 20,
    example: 5,
    description: 'attempts to send a record before it is left to a later invocation',
  },
} as const satisfies Record<string, WholeNumberSetting & { readonly variable: string }>;

/** The settings of the deployment alone. */
export const deploymentSettings = {
  maxConcurrency: {
    min: 2,
    max: 1_000,
    default: 2,
    example: 4,
    description: 'invocations that process the work queue at the same time',
  },
  timeout: {
    min: 3,
    max: 900,
    default: 300,
    example: 60,
    unit: 'seconds',
    description: 'time that an invocation may take',
  },
  memorySize: {
    min: 128,
    max: 10_240,
    default: 512,
    example: 1_024,
    unit: 'MiB',
    description: 'memory of the function, with which its share of a processor grows',
  },
  bufferingInterval: {
    min: 0,
    max: 900,
    default: 60,
    example: 300,
    unit: 'seconds',
    description: 'time that the created stream buffers before it writes an object',
  },
  bufferingSize: {
    min: 1,
    max: 128,
    default: 64,
    example: 5,
    unit: 'MiB',
    description: 'data that the created stream buffers, uncompressed, before it writes an object',
  },
  // Firehose itself gives up after 24 hours: with less than 25, an event that still lands may count as lost.
  lostAfter: {
    min: 1,
    max: 72,
    default: 25,
    example: 48,
    unit: 'hours',
    description: 'time after which an event that is not in the bucket is lost',
  },
} as const satisfies Record<string, WholeNumberSetting>;

export const settings = { ...producerSettings, ...deploymentSettings };

/** Name of a setting: the construct's prop, and the key in CDK context. */
export type SettingName = keyof typeof settings;

type Table = typeof producerSettings;
type NameWithDefault = {
  [Name in keyof Table]: Table[Name] extends { readonly default: number } ? Name : never;
}[keyof Table];

/** The values of {@link producerSettings}. */
export type ProducerSettings = Readonly<
  Record<NameWithDefault, number> & Partial<Record<Exclude<keyof Table, NameWithDefault>, number>>
>;

/**
 * Levels of monitoring.
 *
 * - `full`: custom metrics, alarms and a dashboard.
 * - `alarms`: custom metrics and alarms.
 * - `off`: no monitoring.
 */
export const monitoringLevels = ['full', 'alarms', 'off'] as const;

/**
 * One of {@link monitoringLevels}.
 *
 * @example
 * ```ts
 * import type { MonitoringLevel } from 'firehose-event-producer';
 *
 * export const monitoring: MonitoringLevel = 'alarms';
 * ```
 */
export type MonitoringLevel = (typeof monitoringLevels)[number];

/** Default schedule: an expression of EventBridge Scheduler. */
export const defaultSchedule = 'rate(5 minutes)';

/**
 * Buffering assumed for streams that we did not create, in seconds: Firehose's own default.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
 */
export const foreignBufferingSeconds = 300;

/** The other environment variables of the function. */
export const variables = {
  deliveryStreamName: 'DELIVERY_STREAM_NAME',
  workQueueUrl: 'WORK_QUEUE_URL',
  recordFormat: 'RECORD_FORMAT',
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
  bucketName: 'BUCKET_NAME',
  /** S3 prefix of the stream, with expressions such as `!{timestamp:yyyy}`. */
  prefix: 'PREFIX',
  /** S3 prefix of undeliverable records, up to its first expression. */
  errorPrefix: 'ERROR_PREFIX',
  /** Seconds that the stream buffers. */
  bufferingSeconds: 'BUFFERING_SECONDS',
  /** `true` if others write to the bucket, too. */
  isShared: 'SHARED',
  /** Hours after which a missing event is lost. */
  lostAfterHours: 'LOST_AFTER_HOURS',
  proofQueueUrl: 'PROOF_QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** Divisor of all delays: 1 in AWS, more on a laptop. */
  timeFactor: 'TIME_FACTOR',
} as const;
