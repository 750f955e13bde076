import { partsOf, type RunSlice } from '../../contract/slice.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { PutRecords } from '../delivery/aws/put-records.ts';
import type { Deadline } from '../delivery/deadline.ts';
import { type DeliveryOptions, type DeliveryOutcome, deliver } from '../delivery/delivery.ts';
import type { StreamPacer } from '../delivery/stream-pacer.ts';
import type { CreatePacker } from '../packing/packing.ts';
import { createRequestSource } from '../packing/requests.ts';
import type { Environment } from './environment.ts';

export interface ProduceOptions {
  readonly environment: Environment;
  readonly createPacker: CreatePacker;
  /** The stream, and what was learned of its limits. */
  readonly stream: { readonly putRecords: PutRecords; readonly pacer: StreamPacer };
  readonly clock: Clock;
}

/**
 * Generates the events of a slice, packs them into records and requests, and delivers them. Each stage pulls from the
 * one before.
 */
export function produce(
  slice: RunSlice,
  deadline: Deadline,
  { environment, createPacker, stream, clock }: ProduceOptions,
  onRequest?: DeliveryOptions['onRequest'],
): Promise<DeliveryOutcome> {
  const { deliveryStreamName, target, recordFormat, separator, settings } = environment;
  const { putRecords, pacer } = stream;
  const packRecords = createPacker(recordFormat, deliveryStreamName, slice.runId, separator, target);
  const [first, ...later] = partsOf(slice);
  const source = createRequestSource({
    slice: first!,
    later,
    maxRequestBytes: settings.maxRequestBytes,
    packRecords,
    now: clock.now,
  });
  // Not the rate of the settings: a slice that names no rate is sent as fast as the stream takes it.
  const { eventsPerSecond } = slice;
  return deliver(source, {
    target,
    putRecords,
    pacer,
    deadline,
    settings,
    eventsPerSecond,
    clock,
    onRequest,
  });
}
