/**
 * Services that events are sent to: Amazon Data Firehose, and Amazon Kinesis Data Streams, which bills by capacity mode.
 * `kinesis` is a stream of provisioned shards.
 */
export type Target = 'firehose' | 'kinesis' | 'kinesis-on-demand';

export type Service = 'firehose' | 'kinesis';

/** A target. A new one is a row of {@link targets}, a file in `lambda/producer/delivery/aws/`, and its emulator. */
export interface TargetRow {
  /** Name of the file that sends to it. */
  readonly service: Service;
  readonly title: string;
  readonly streamNamePattern: RegExp;
  readonly streamNameExpectation: string;
  readonly maxRecordsPerRequest: number;
  /** Largest data of a record before base64, its key included. */
  readonly maxRecordBytes: number;
  /** Largest request: record data before base64, keys included. */
  readonly maxRequestBytes: number;
  /** Upper bound of a record's key, which counts as data. */
  readonly keyBytes: number;
  /** JSON around a record's base64. */
  readonly jsonOverheadBytes: number;
  /** The only error of a record that can mean the quota. */
  readonly quotaError: string;
  /** A record of several events ends just under a multiple of this: of what every service on the way to the bucket bills. */
  readonly packingUnitBytes: number;
  /** The target bills each record rounded up to a multiple of this, its key included. */
  readonly billingUnitBytes: number;
}

const kinesis: TargetRow = {
  service: 'kinesis',
  title: 'Kinesis',
  streamNamePattern: /^[a-zA-Z0-9_.-]{1,128}$/,
  streamNameExpectation: 'the name of a Kinesis stream: 1 to 128 letters, digits, _, . or -',
  maxRecordsPerRequest: 500,
  maxRecordBytes: 1_048_576,
  maxRequestBytes: 10 * 1_048_576,
  keyBytes: 16,
  jsonOverheadBytes: `{"Data":"","PartitionKey":"","ExplicitHashKey":""},`.length + 16 + 39,
  quotaError: 'ProvisionedThroughputExceededException',
  // A payload unit. It is also five units of Firehose, which reads the stream, and 25 of an on-demand stream.
  packingUnitBytes: 25_600,
  billingUnitBytes: 25_600,
};

/**
 * Sources: API references, PutRecordBatch, CreateDeliveryStream and PutRecords; quotas and pricing pages.
 */
export const targets: Readonly<Record<Target, TargetRow>> = {
  firehose: {
    service: 'firehose',
    title: 'Firehose',
    streamNamePattern: /^[a-zA-Z0-9_.-]{1,64}$/,
    streamNameExpectation: 'the name of a delivery stream: 1 to 64 letters, digits, _, . or -',
    maxRecordsPerRequest: 500,
    maxRecordBytes: 1_024_000,
    maxRequestBytes: 4 * 1_048_576,
    keyBytes: 0,
    jsonOverheadBytes: '{"Data":""},'.length,
    quotaError: 'ServiceUnavailableException',
    packingUnitBytes: 5_120,
    billingUnitBytes: 5_120,
  },
  kinesis,
  'kinesis-on-demand': { ...kinesis, billingUnitBytes: 1_024 },
};

export const services = [...new Set(Object.values(targets).map(({ service }) => service))];

export const targetNames = Object.keys(targets) as Target[];

/** Firehose's de-aggregation (dynamic partitioning) can handle no more. */
export const maxEventsPerRecord = 500;

/**
 * Where a record of several events ends at the latest: a few of them make a request, so that a refused one costs little. It
 * is a whole number of units for each target.
 */
export const fullRecordBytes = 20 * targets.firehose.packingUnitBytes;

/** Largest data, within some bytes, that fills whole packing units with its key: one unit at least. */
export function wholeUnits(bytes: number, { packingUnitBytes: unit, keyBytes }: TargetRow): number {
  const keyed = bytes + keyBytes;
  return Math.max(unit, keyed - (keyed % unit)) - keyBytes;
}

/** Bytes that the target bills for a record. */
export function billedBytes(dataBytes: number, { keyBytes, billingUnitBytes }: TargetRow): number {
  return Math.ceil((dataBytes + keyBytes) / billingUnitBytes) * billingUnitBytes;
}

/** A GB, as AWS bills it. */
export const bytesPerGb = 2 ** 30;

export function usdOf(billedBytes: number, usdPerGb: number): number {
  return (billedBytes / bytesPerGb) * usdPerGb;
}
