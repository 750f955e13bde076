import { gunzipSync } from 'node:zlib';
import type { RecordFormat } from '../../lambda/contract/settings.ts';
import { createEventWriter } from '../../lambda/producer/events.ts';
import { type EventRecord, type PackOptions, packRecords } from '../../lambda/producer/records.ts';

/** The clock of these tests, stopped. */
export const timeMs = Date.UTC(2026, 10, 22, 1, 2, 3);

/** The environment variables that the function needs, beside which all have a default. */
export const neededVariables = {
  DELIVERY_STREAM_NAME: 'my-stream',
  WORK_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/my-queue',
  FIREHOSE_USD_PER_GB: '0.029',
  LAMBDA_USD_PER_GB_SECOND: '0.0000133334',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
};

/** What packRecords needs, for a slice of my-stream/run-1. */
export function packOptions(options: Partial<PackOptions> = {}): PackOptions {
  const { slice = { from: 0, to: 1_000 } } = options;
  return {
    slice,
    recordFormat: 'ndjson',
    limits: () => ({ bytes: 786_432, events: Number.POSITIVE_INFINITY }),
    writeEvents: createEventWriter('my-stream', 'run-1', slice.from),
    now: () => timeMs,
    ...options,
  };
}

/** The records of a slice of my-stream/run-1. */
export function recordsOf(options: Partial<PackOptions> = {}): EventRecord[] {
  return [...packRecords(packOptions(options))];
}

/** The events in a record's data. */
export function textOf({ data }: EventRecord, recordFormat: RecordFormat): string {
  return (recordFormat === 'gzip' ? gunzipSync(data) : data).toString();
}
