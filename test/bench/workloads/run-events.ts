import { eventBytes } from '../../../lambda/contract/event.ts';
import { producerSettings, type RecordFormat } from '../../../lambda/contract/settings.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { createRequestSource, maxDataBytes } from '../../../lambda/producer/packing/requests.ts';
import type { WorkloadResult } from '../measured-process.ts';
import { Counter } from '../tally.ts';

/** Most events generated at a time. */
const chunkEvents = 10_000;

/** The lines of events `[from, to)` of a run. */
export function linesOf(deliveryStreamName: string, runId: string, from: number, to: number): Buffer {
  const lines = Buffer.alloc((to - from) * eventBytes);
  createEventWriter(deliveryStreamName, runId, from)(lines, Date.now());
  return lines;
}

/** The records of events `[0, events)` of a run, request by request, as the producer sends them. */
export function* requestsOf(
  recordFormat: RecordFormat,
  deliveryStreamName: string,
  runId: string,
  events: number,
): Generator<Buffer[], void> {
  const maxRequestBytes = producerSettings.maxRequestBytes.default;
  const source = createRequestSource({
    slice: { from: 0, to: events },
    maxRequestBytes,
    packRecords: createDefaultPacker(recordFormat, deliveryStreamName, runId),
    now: Date.now,
  });
  const budget = { bytes: maxDataBytes(maxRequestBytes), events: Number.POSITIVE_INFINITY };
  for (let batch = source.next(budget); batch !== undefined; batch = source.next(budget)) {
    yield batch.map(({ data }) => data);
  }
}

/** What the endpoint has to have taken when events `[0, events)` of a run went there, each once. */
export function expectedOf(deliveryStreamName: string, runId: string, events: number): WorkloadResult {
  const counter = new Counter();
  for (let from = 0; from < events; from += chunkEvents) {
    counter.countRequest([linesOf(deliveryStreamName, runId, from, Math.min(from + chunkEvents, events))]);
  }
  const { events: counted, checksum } = counter.take();
  return { events: counted, checksum };
}
