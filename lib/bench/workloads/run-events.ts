import { createEventWriter, eventBytes } from '../../../lambda/producer/events.ts';
import type { WorkloadResult } from '../measured-process.ts';
import { Counter } from '../tally.ts';

/** Most events generated at a time. */
const chunkEvents = 10_000;

/** What the endpoint has to have taken when events `[0, events)` of a run went there, each once. */
export function expectedOf(deliveryStreamName: string, runId: string, events: number): WorkloadResult {
  const writeEvents = createEventWriter(deliveryStreamName, runId, 0);
  const counter = new Counter();
  for (let from = 0; from < events; from += chunkEvents) {
    const chunk = Buffer.alloc(Math.min(chunkEvents, events - from) * eventBytes);
    writeEvents(chunk, Date.now());
    counter.countRequest([chunk]);
  }
  const tally = counter.take();
  return { events: tally.events, checksum: tally.checksum };
}
