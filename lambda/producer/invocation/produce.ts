import type { RunSlice } from '../../contract/slice.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { PutRecords } from '../delivery/aws/firehose.ts';
import type { Deadline } from '../delivery/deadline.ts';
import { type DeliveryOptions, type DeliveryOutcome, deliver } from '../delivery/delivery.ts';
import type { Pacer } from '../delivery/pacer.ts';
import type { CreatePacker } from '../packing/packing.ts';
import { createRequestSource } from '../packing/requests.ts';
import type { Environment } from './environment.ts';

/** What {@link produce} works with. */
export interface ProduceOptions {
  /** What the function knows from its environment variables. */
  readonly environment: Environment;
  /** Makes the records of the run's events. */
  readonly createPacker: CreatePacker;
  /** Sends one request. */
  readonly putRecords: PutRecords;
  /** Knows what the stream takes. */
  readonly pacer: Pacer;
  /** The time. */
  readonly clock: Clock;
  /** Told of every request. */
  readonly onRequest?: DeliveryOptions['onRequest'];
}

/**
 * The road of the data: the events of a slice are generated, packed into records and requests, and delivered, each stage
 * pulled by the next.
 */
export function produce(
  slice: RunSlice,
  deadline: Deadline,
  { environment, createPacker, putRecords, pacer, clock, onRequest }: ProduceOptions,
): Promise<DeliveryOutcome> {
  const { deliveryStreamName, recordFormat, settings } = environment;
  const { maxRequestBytes, concurrency, maxAttempts } = settings;
  const packRecords = createPacker(recordFormat, deliveryStreamName, slice.runId);
  const source = createRequestSource({ slice, maxRequestBytes, packRecords, now: clock.now });
  return deliver(source, {
    putRecords,
    pacer,
    deadline,
    concurrency,
    maxAttempts,
    clock,
    // Of the slice alone: a slice that names no rate is sent as fast as the stream takes it.
    ...(slice.eventsPerSecond && { eventsPerSecond: slice.eventsPerSecond }),
    ...(onRequest && { onRequest }),
  });
}
