import { gunzipSync } from 'node:zlib';
import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { createDefaultPacker } from '../../lambda/producer/events/default-events.ts';
import type { CreatePacker } from '../../lambda/producer/packing/packing.ts';
import type { EventRecord, RecordBatch } from '../../lambda/producer/packing/records.ts';
import {
  createRequestSource,
  type RequestBudget,
  type RequestOptions,
} from '../../lambda/producer/packing/requests.ts';
import { madeForOf } from '../../lambda/template/deployed.ts';

/** What the messages of my-stream with the default template are made for. */
export const madeFor = madeForOf({
  deliveryStreamName: 'my-stream',
  prefix: 'events/!{timestamp:yyyy/MM/dd/HH}/',
});

/** The clock of these tests, stopped. */
export const timeMs = Date.UTC(2026, 10, 22, 1, 2, 3);

/** The environment variables that the function needs, beside which all have a default. */
export const neededVariables = {
  DELIVERY_STREAM_NAME: 'my-stream',
  PRODUCER_NAME: 'my-stack/Producer',
  WORK_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/my-queue',
  FIREHOSE_USD_PER_GB: '0.029',
  LAMBDA_USD_PER_GB_SECOND: '0.0000133334',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
};

/** A budget that is no limit. */
export const anyBudget: RequestBudget = { bytes: Number.POSITIVE_INFINITY, events: Number.POSITIVE_INFINITY };

export interface RequestSourceOptions extends Partial<RequestOptions> {
  readonly recordFormat?: RecordFormat;
  readonly createPacker?: CreatePacker;
}

/** Options of createRequestSource, for a slice of my-stream/run-1. */
export function makeRequestOptions({
  recordFormat = 'ndjson',
  createPacker = createDefaultPacker,
  ...options
}: RequestSourceOptions = {}): RequestOptions {
  return {
    slice: { from: 0, to: 1_000 },
    maxRequestBytes: 1_048_576,
    packRecords: createPacker(recordFormat, 'my-stream', 'run-1'),
    now: () => timeMs,
    ...options,
  };
}

/** All requests of a slice of my-stream/run-1, each within the same budget. */
export function requestsOf(
  options: RequestSourceOptions = {},
  budget: RequestBudget = anyBudget,
): RecordBatch[] {
  const source = createRequestSource(makeRequestOptions(options));
  const requests: RecordBatch[] = [];
  for (let batch = source.next(budget); batch; batch = source.next(budget)) {
    requests.push(batch);
  }
  return requests;
}

/** All records of a slice of my-stream/run-1, in requests within the same budget. */
export function recordsOf(options: RequestSourceOptions = {}, budget?: RequestBudget): EventRecord[] {
  return requestsOf(options, budget).flat();
}

/** The events in a record's data. */
export function textOf({ data }: EventRecord, recordFormat: RecordFormat): string {
  return (recordFormat === 'gzip' ? gunzipSync(data) : data).toString();
}
