// Facts of Amazon Data Firehose that more than one room needs.
// Sources: API reference, PutRecordBatch and CreateDeliveryStream; quotas page; pricing page.

/** Most records of a `PutRecordBatch` request. */
export const maxRecordsPerRequest = 500;

/** Largest data of a record, in bytes before base64: 1,000 KiB. */
export const maxRecordBytes = 1_024_000;

/** Largest request, in bytes: 4 MiB. */
export const maxRequestBytes = 4 * 1_048_576;

/** Most events in a record that Firehose's de-aggregation (dynamic partitioning) can handle. */
export const maxEventsPerRecord = 500;

/** Firehose bills each record rounded up to a multiple of this. */
export const billingUnitBytes = 5_120;

/** What Firehose bills for a record of so many bytes. */
export function billedBytes(dataBytes: number): number {
  return Math.ceil(dataBytes / billingUnitBytes) * billingUnitBytes;
}

/** What a delivery stream's name looks like (API reference, CreateDeliveryStream). */
export const deliveryStreamNamePattern = /^[a-zA-Z0-9_.-]{1,64}$/;

/** What {@link deliveryStreamNamePattern} expects, for messages. */
export const deliveryStreamNameExpectation =
  'the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream';

/** Completes a prefix as Firehose does: one without an expression gets hours, in UTC. */
export function completeKeyPrefix(prefix: string): string {
  return prefix.includes('!{') ? prefix : `${prefix}!{timestamp:yyyy/MM/dd/HH}/`;
}
