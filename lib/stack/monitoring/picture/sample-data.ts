import { eventBytes } from '../../../../lambda/contract/event.ts';

/** Values of a metric, one for each five minutes; `undefined` where nothing was published. */
export type Series = readonly (number | undefined)[];

/** Points of the twelve hours that the dashboard shows. */
export const pointCount = 144;

const eventsPerRecord = 451;
const runEvents = 900_000;

/** Two runs by hand, cut into slices of a million. */
const largeRuns: Readonly<Record<number, number>> = { 52: 10_000_000, 104: 5_000_000 };

/** From here on Firehose may not write to the bucket any more, so that the picture shows what an alarm looks like. */
const brokenFrom = 139;

/** The alarms that the sample data fires. */
export const firing = ['DeliveryFreshness', 'DeliverySuccess', 'EventsUnproven'];

/** From 0 to 1, always the same for the same numbers. */
function noise(point: number, salt: number): number {
  const wave = Math.sin(point * 12.9898 + salt * 78.233) * 43_758.5453;
  return wave - Math.floor(wave);
}

const large = (point: number) => largeRuns[point] ?? 0;
const slices = (point: number) => large(point) / 1_000_000;
const delivered = (point: number) => runEvents + large(point);
const records = (point: number) => Math.ceil(delivered(point) / eventsPerRecord);
const refused = (point: number) => Math.round(records(point) * (0.004 + 0.006 * noise(point, 1)));
/** The stream takes 5 MiB a second, whoever shares it. */
const pace = (point: number) => 76_000 + 3_000 * noise(point, 2);
const runMs = (point: number) => (runEvents / pace(point)) * 1_000;
const longestRunMs = (point: number) => (slices(point) > 0 ? 55_000 + 4_000 * noise(point, 3) : runMs(point));
const isBroken = (point: number) => point >= brokenFrom;
const unlessBroken = (value: (point: number) => number) => (point: number) =>
  isBroken(point) ? undefined : value(point);

/** What a metric, or one of its statistics, is at a point. */
const values: Readonly<Record<string, (point: number) => number | undefined>> = {
  EventsRequested: (point) => delivered(point) + large(point),
  EventsDelivered: delivered,
  EventsQueued: large,
  EventsUncertain: (point) => (slices(point) > 5 ? 4_510 : 0),
  // Slices that run at the same time share the stream.
  'EventsPerSecond Average': (point) => (slices(point) > 0 ? pace(point) / 4 : pace(point)),
  'EventsPerSecond Maximum': pace,
  'Duration p50': (point) => (slices(point) > 0 ? 50_000 : runMs(point)),
  'Duration Maximum': longestRunMs,
  'Duration Sum': (point) => runMs(point) + slices(point) * 51_000,
  ColdStart: (point) => (slices(point) > 0 ? 4 : noise(point, 4) < 0.1 ? 1 : 0),
  RecordsRefused: refused,
  // A connection that was closed, now and then.
  RequestsFailed: (point) => (slices(point) > 5 ? 1 : 0),
  BilledBytes: (point) => records(point) * 30_720,
  BytesDelivered: (point) => delivered(point) * eventBytes,
  Requests: (point) => Math.ceil(records(point) / 17),
  IncomingBytes: (point) => delivered(point) * eventBytes,
  IncomingRecords: records,
  IncomingPutRequests: (point) => Math.ceil(records(point) / 17),
  BytesPerSecondLimit: () => 5 * 2 ** 20,
  RecordsPerSecondLimit: () => 500_000,
  PutRequestsPerSecondLimit: () => 2_000,
  ThrottledRecords: refused,
  'DeliveryToS3.DataFreshness': (point) =>
    isBroken(point) ? (point - brokenFrom + 1) * 300 : 62 + 12 * noise(point, 5) + slices(point),
  'DeliveryToS3.Success': (point) => (isBroken(point) ? 0 : 1),
  'DeliveryToS3.Bytes': unlessBroken((point) => delivered(point) * 23),
  'DeliveryToS3.Records': unlessBroken(records),
  'DeliveryToS3.ObjectCount': unlessBroken((point) => 1 + slices(point)),
  EventsProven: (point) => (isBroken(point) ? 0 : delivered(point)),
  EventsLate: (point) => (isBroken(point) ? delivered(point) : slices(point) > 5 ? 120_000 : 0),
  EventsDuplicated: (point) => (slices(point) > 5 ? 2_255 : 0),
  'DeliveryLatency p50': unlessBroken((point) => 34_000 + 3_000 * noise(point, 6)),
  'DeliveryLatency p99': unlessBroken((point) => 64_000 + 5_000 * noise(point, 7)),
  'TimeToProof p50': unlessBroken((point) => 78_000 + 2_000 * noise(point, 8)),
  'TimeToProof Maximum': unlessBroken((point) => 81_000 + 3_000 * noise(point, 9) + 4_000 * slices(point)),
  OldestClaimAge: (point) => (isBroken(point) ? (point - brokenFrom + 1) * 300_000 : 0),
  ClaimsSeen: (point) => (isBroken(point) ? 3 : 1 + slices(point)),
  ApproximateNumberOfMessagesVisible: (point) => Math.max(0, slices(point) - 4),
  ApproximateNumberOfMessagesNotVisible: (point) => Math.min(4, slices(point)),
  ApproximateAgeOfOldestMessage: (point) => 14 * slices(point),
  NumberOfMessagesSent: slices,
  NumberOfMessagesDeleted: slices,
  Invocations: (point) => (slices(point) > 0 ? 2 + slices(point) : 1),
  ConcurrentExecutions: (point) => (slices(point) > 0 ? 5 : 1),
};

/** Metrics that stay at zero: nothing goes wrong but what is broken. */
const zeros = ['EventsUndelivered', 'EventsLost', 'LinesCorrupt', 'ClaimsUnsent', 'Errors', 'Throttles'];

/**
 * The sample data of a metric.
 *
 * @throws Error naming the metric, if there is none.
 */
export function sampleSeries(metricName: string, statistic: string, dimensions: readonly string[]): Series {
  const value = values[`${metricName} ${statistic}`] ?? values[metricName];
  const isEmpty = dimensions.includes('dead-letter-queue') || dimensions.includes('proof-queue');
  if (zeros.includes(metricName) || isEmpty) {
    return Array.from({ length: pointCount }, () => 0);
  }
  if (value === undefined) {
    throw new Error(`There is no sample data for ${statistic} of ${metricName}: add it to sample-data.ts`);
  }
  return Array.from({ length: pointCount }, (_, point) => value(point));
}
