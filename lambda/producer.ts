import { type DeliveryOptions, deliver } from './delivery.ts';
import type { Environment } from './environment.ts';
import { createEventWriter } from './events.ts';
import { packRecords } from './records.ts';
import { createReport, type Report } from './report.ts';
import { batchRequests } from './requests.ts';
import type { RunSlice } from './slice.ts';

/** The settings that {@link produce} follows, and the world that it runs in. */
export type ProducerOptions = Pick<Environment, 'deliveryStreamName' | 'recordFormat' | 'maxRequestBytes'> &
  DeliveryOptions;

/** What became of a slice: the report, and why the run stopped before its end, if it did. */
export interface Production {
  /** Every event of the slice accounted for. */
  readonly report: Report;
  /** Why events are undelivered; missing when none is. */
  readonly failure?: Error;
}

/**
 * The road of the data: the events of a slice are generated, packed into records, batched into requests and
 * delivered, each stage pulled by the next.
 */
export async function produce(slice: RunSlice, options: ProducerOptions): Promise<Production> {
  const { deliveryStreamName, maxRequestBytes, now } = options;
  const startedMs = now();
  const writeEvents = createEventWriter(deliveryStreamName, slice.runId, slice.from);
  const records = packRecords({ ...options, slice, writeEvents });
  const outcome = await deliver(slice, batchRequests(records, maxRequestBytes), options);
  const report = createReport(slice, deliveryStreamName, outcome, now() - startedMs);
  return { report, ...(outcome.failure && { failure: outcome.failure }) };
}
