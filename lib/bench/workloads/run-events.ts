import { eventBytes } from '../../../lambda/contract/event.ts';
import { createEventWriter } from '../../../lambda/producer/events.ts';
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

/** What the endpoint has to have taken when events `[0, events)` of a run went there, each once. */
export function expectedOf(deliveryStreamName: string, runId: string, events: number): WorkloadResult {
  const counter = new Counter();
  for (let from = 0; from < events; from += chunkEvents) {
    counter.countRequest([linesOf(deliveryStreamName, runId, from, Math.min(from + chunkEvents, events))]);
  }
  const { events: counted, checksum } = counter.take();
  return { events: counted, checksum };
}
