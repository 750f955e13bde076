import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { producerSettings } from '../../../lambda/contract/settings.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import type { PackRecords } from '../../../lambda/producer/packing/packing.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';
import { createRequestSource, maxDataBytes } from '../../../lambda/producer/packing/requests.ts';
import type { WorkloadResult } from '../measured-process.ts';
import { Counter } from '../tally.ts';

/** Limits the memory of {@link expectedOf}. */
const chunkEvents = 10_000;

export function linesOf(deliveryStreamName: string, runId: string, from: number, to: number): Buffer {
  const lines = Buffer.alloc((to - from) * eventBytes);
  createEventWriter(deliveryStreamName, runId, from)(lines, Date.now());
  return lines;
}

/** The requests for events `[0, events)` of a run, packed as by the producer. */
export function* requestsOf(
  packRecords: PackRecords,
  events: number,
  maxRequestBytes: number = producerSettings.maxRequestBytes.default,
): Generator<RecordBatch, void> {
  const slice = { from: 0, to: events };
  const source = createRequestSource({ slice, maxRequestBytes, packRecords, now: Date.now });
  const budget = { bytes: maxDataBytes(maxRequestBytes), events: Number.POSITIVE_INFINITY };
  for (let batch = source.next(budget); batch !== undefined; batch = source.next(budget)) {
    yield batch;
  }
}

/** Reverses each group of `size` items, like requests in flight that arrive out of order. */
export function* reverseGroups<Item>(items: Iterable<Item>, size: number): Generator<Item, void> {
  let group: Item[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length === size) {
      yield* group.reverse();
      group = [];
    }
  }
  yield* group.reverse();
}

/** The result of sending events `[0, events)` of a run, each once. */
export function expectedOf(deliveryStreamName: string, runId: string, events: number): WorkloadResult {
  const counter = new Counter();
  for (let from = 0; from < events; from += chunkEvents) {
    counter.countRequest([linesOf(deliveryStreamName, runId, from, Math.min(from + chunkEvents, events))]);
  }
  return counter.take();
}
