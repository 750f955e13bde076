// Facts of Amazon Data Firehose that more than one room needs.
// Sources: API reference, PutRecordBatch and CreateDeliveryStream; quotas page; pricing page.

export const maxRecordsPerRequest = 500;

/** Largest data of a record, in bytes before base64: 1,000 KiB. */
export const maxRecordBytes = 1_024_000;

/** Largest request, in bytes: 4 MiB. */
export const maxRequestBytes = 4 * 1_048_576;

/** Firehose's de-aggregation (dynamic partitioning) can handle no more. */
export const maxEventsPerRecord = 500;

/** Firehose bills each record rounded up to a multiple of this. */
export const billingUnitBytes = 5_120;

export function billedBytes(dataBytes: number): number {
  return Math.ceil(dataBytes / billingUnitBytes) * billingUnitBytes;
}

/** A GB, as AWS bills it. */
export const bytesPerGb = 2 ** 30;

export function firehoseUsd(billedBytes: number, usdPerGb: number): number {
  return (billedBytes / bytesPerGb) * usdPerGb;
}

/** Source: API reference, CreateDeliveryStream. */
export const deliveryStreamNamePattern = /^[a-zA-Z0-9_.-]{1,64}$/;

export const deliveryStreamNameExpectation =
  'the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream';
