import { bytesPerGb, type Target, targets } from '../../lambda/contract/targets.ts';

/**
 * Prices in US dollars, where a GB is 2^30 bytes.
 *
 * @example
 * ```ts
 * import type { Prices } from 'firehose-event-producer';
 *
 * export const prices: Partial<Prices> = { firehoseUsdPerGb: 0.031 };
 * ```
 */
export interface Prices {
  /** A GB of records, each rounded up to a multiple of 5,120 bytes, that a Direct PUT stream takes. */
  readonly firehoseUsdPerGb: number;
  /** A PUT payload unit, 25,600 bytes of a record that a provisioned Kinesis stream takes. */
  readonly kinesisUsdPerPutUnit: number;
  /** An hour of a shard of a provisioned Kinesis stream. */
  readonly kinesisUsdPerShardHour: number;
  /** A GB of records, each rounded up to a multiple of 1,024 bytes, that an on-demand Kinesis stream takes. */
  readonly kinesisOnDemandUsdPerGb: number;
  /** A GB that is read from an on-demand Kinesis stream. */
  readonly kinesisOnDemandUsdPerGbRead: number;
  /** An hour of an on-demand Kinesis stream. */
  readonly kinesisOnDemandUsdPerHour: number;
  /** A GB-second of a function: its memory times how long it runs. */
  readonly lambdaUsdPerGbSecond: number;
  /** An invocation of a function. */
  readonly lambdaUsdPerRequest: number;
  /** A request to a standard queue: a message is sent, received and deleted, which makes three. */
  readonly sqsUsdPerRequest: number;
  /** A request that lists up to 1,000 objects of a bucket, or writes an object. */
  readonly s3UsdPerListRequest: number;
  /** A request that reads an object, however large: within a region its bytes are free. */
  readonly s3UsdPerGetRequest: number;
  /** A month of a GB of objects. */
  readonly s3UsdPerGbMonth: number;
  /** A GB of log lines. */
  readonly cloudWatchUsdPerLogGb: number;
  /** An invocation by a schedule. */
  readonly schedulerUsdPerInvocation: number;
  /** A TB that a query reads. */
  readonly athenaUsdPerTb: number;
  /** A month of a custom metric. */
  readonly cloudWatchUsdPerMetricMonth: number;
  /** A month of each metric that an alarm watches. */
  readonly cloudWatchUsdPerAlarmMetricMonth: number;
  /** A month of a dashboard. */
  readonly cloudWatchUsdPerDashboardMonth: number;
}

/** Where and when {@link prices} were read. */
export const pricesSource = {
  region: 'us-east-1',
  date: '2026-11',
  pages: [
    'https://aws.amazon.com/firehose/pricing/',
    'https://aws.amazon.com/kinesis/data-streams/pricing/',
    'https://aws.amazon.com/lambda/pricing/',
    'https://aws.amazon.com/sqs/pricing/',
    'https://aws.amazon.com/s3/pricing/',
    'https://aws.amazon.com/athena/pricing/',
    'https://aws.amazon.com/cloudwatch/pricing/',
    'https://aws.amazon.com/eventbridge/pricing/',
  ],
} as const;

/**
 * List prices of {@link pricesSource}: the first tier (Firehose: 500 TB a month), an arm64 function, no free tier. CDK
 * context of these names overrides them, for another region or a contract.
 */
export const prices: Prices = {
  firehoseUsdPerGb: 0.029,
  kinesisUsdPerPutUnit: 0.000000014,
  kinesisUsdPerShardHour: 0.015,
  kinesisOnDemandUsdPerGb: 0.08,
  kinesisOnDemandUsdPerGbRead: 0.04,
  kinesisOnDemandUsdPerHour: 0.04,
  lambdaUsdPerGbSecond: 0.0000133334,
  lambdaUsdPerRequest: 0.0000002,
  sqsUsdPerRequest: 0.0000004,
  s3UsdPerListRequest: 0.000005,
  s3UsdPerGetRequest: 0.0000004,
  s3UsdPerGbMonth: 0.023,
  cloudWatchUsdPerLogGb: 0.5,
  schedulerUsdPerInvocation: 0.000001,
  athenaUsdPerTb: 5,
  cloudWatchUsdPerMetricMonth: 0.3,
  cloudWatchUsdPerAlarmMetricMonth: 0.1,
  cloudWatchUsdPerDashboardMonth: 3,
};

/** Price of a GB of what a target bills. */
export function usdPerGbOf(target: Target, own: Prices): number {
  return {
    firehose: own.firehoseUsdPerGb,
    kinesis: (own.kinesisUsdPerPutUnit * bytesPerGb) / targets.kinesis.billingUnitBytes,
    'kinesis-on-demand': own.kinesisOnDemandUsdPerGb,
  }[target];
}

/** Price of an hour of a target, also without events. */
export function usdPerHourOf(target: Target, shards: number, own: Prices): number {
  return {
    firehose: 0,
    kinesis: shards * own.kinesisUsdPerShardHour,
    'kinesis-on-demand': own.kinesisOnDemandUsdPerHour,
  }[target];
}

/** Expectation of {@link isPrice}, for messages. */
export const priceExpectation = 'a price in US dollars: a number from 0 to 1000';

/** Whether a text is a price. `2e-7` is valid: JavaScript prints the smallest prices that way. */
export function isPrice(text: string): boolean {
  return /^\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) && Number(text) <= 1_000;
}

/**
 * {@link prices}, with overrides.
 *
 * @param own Overrides, such as CDK context; other keys are ignored.
 * @param place Text before the key in an error message, such as `context `.
 * @throws Error for the first invalid price.
 */
export function withOwnPrices(own: Readonly<Record<string, unknown>>, place: string): Prices {
  const given = Object.entries(own).filter(
    ([key, value]) => Object.hasOwn(prices, key) && value !== undefined,
  );
  const wrong = given.find(([, value]) => !isPrice(String(value)));
  if (wrong) {
    const [key, value] = wrong;
    throw new Error(
      `${place}${key} is "${value}": expected ${priceExpectation}, for example ${prices[key as keyof Prices]}`,
    );
  }
  return { ...prices, ...Object.fromEntries(given.map(([key, value]) => [key, Number(value)])) };
}
