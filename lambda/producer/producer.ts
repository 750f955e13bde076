import type { Deadline } from './deadline.ts';
import { type DeliveryOptions, type DeliveryOutcome, deliver } from './delivery.ts';
import type { Environment } from './environment.ts';
import { createEventWriter } from './events.ts';
import { packRecords, type RequestLimits } from './records.ts';
import { batchRequests } from './requests.ts';
import type { RunSlice } from './slice.ts';

/** The settings that {@link produce} follows, and the world that it runs in. */
export type ProducerOptions = Pick<Environment, 'deliveryStreamName' | 'recordFormat' | 'maxRequestBytes'> &
  Omit<DeliveryOptions, 'deadline' | 'eventsPerSecond'>;

/** How many requests a second a steady rate is spread over. */
const steadyRequestsPerSecond = 10;

/**
 * The road of the data: the events of a slice are generated, packed into records, batched into requests and
 * delivered, each stage pulled by the next.
 */
export function produce(
  slice: RunSlice,
  deadline: Deadline,
  options: ProducerOptions,
): Promise<DeliveryOutcome> {
  const { deliveryStreamName, recordFormat, maxRequestBytes, pacer, now } = options;
  const { eventsPerSecond } = slice;
  const limits = (): RequestLimits => ({
    bytes: Math.min(pacer.requestBytes, (maxRequestBytes * 3) / 4),
    events: eventsPerSecond ? Math.ceil(eventsPerSecond / steadyRequestsPerSecond) : Number.POSITIVE_INFINITY,
  });
  const writeEvents = createEventWriter(deliveryStreamName, slice.runId, slice.from);
  const records = packRecords({ slice, recordFormat, limits, writeEvents, now });
  const requests = batchRequests(records, { maxRequestBytes, limits });
  return deliver(slice, requests, { ...options, deadline, ...(eventsPerSecond && { eventsPerSecond }) });
}
