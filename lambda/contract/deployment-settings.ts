import { producerSettings, type WholeNumberSetting } from './settings.ts';

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
  shards: {
    min: 1,
    max: 10_000,
    default: 1,
    example: 4,
    description: 'shards of the created Kinesis stream',
  },
  kinesisRetention: {
    min: 24,
    max: 8_760,
    default: 24,
    example: 168,
    unit: 'hours',
    description: 'time for which an existing Kinesis stream keeps records',
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

/** Levels of monitoring, the default first. */
export const monitoringLevels = ['essential', 'full', 'off'] as const;

/** With the old name `alarms`. */
export const allMonitoringLevels = [...monitoringLevels, 'alarms'] as const;

/**
 * A level of monitoring.
 *
 * - `essential`: alarms for events that do not get through, functions that do not work, and messages that wait for a
 *   person; of the functions' own metrics those that these alarms watch.
 * - `full`: every alarm, every metric and a dashboard.
 * - `off`: no alarms, metrics or dashboard.
 * - `alarms`: an old name of `full`, without the dashboard.
 *
 * @example
 * ```ts
 * import type { MonitoringLevel } from 'firehose-event-producer';
 *
 * export const monitoring: MonitoringLevel = 'full';
 * ```
 */
export type MonitoringLevel = (typeof allMonitoringLevels)[number];

/** Default schedule: an expression of EventBridge Scheduler. */
export const defaultSchedule = 'rate(5 minutes)';

/**
 * Buffering assumed for streams that we did not create, in seconds: Firehose's own default.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
 */
export const foreignBufferingSeconds = 300;

/**
 * With dynamic partitioning an object may come later than the buffering interval, by this factor. The interval is that long at
 * least.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/buffering.html
 */
export const partitionedBuffering = { factor: 1.5, leastSeconds: 60 };

/** Longest time that an event may wait in a stream, without failures. */
export const maxBufferingSeconds = settings.bufferingInterval.max * partitionedBuffering.factor;
