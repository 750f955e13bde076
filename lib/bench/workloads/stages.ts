import { eventBytes } from '../../../lambda/contract/event.ts';
import { producerSettings } from '../../../lambda/contract/settings.ts';
import { createEventWriter } from '../../../lambda/producer/events.ts';
import { createEventPacker, createRequestSource, maxDataBytes } from '../../../lambda/producer/requests.ts';
import type { Workload } from '../measured-process.ts';

/** Single stages of the road, without the ones after them. They send nothing. */

const deliveryStreamName = 'my-stream';
const runId = 'run-1';
const maxRequestBytes = producerSettings.maxRequestBytes.default;

/** Nothing but the size of a request limits it. */
const fullRequest = { bytes: maxDataBytes(maxRequestBytes), events: Number.POSITIVE_INFINITY };
const nothingSent = { events: 0, checksum: 0 };

/** Generation alone: the events of a record at a time, into the same buffer. */
export const generation: Workload = async ({ events, measure }) => {
  const target = Buffer.alloc(451 * eventBytes);
  await measure(() => {
    const writeEvents = createEventWriter(deliveryStreamName, runId, 0);
    for (let made = 0; made < events; made += 451) {
      writeEvents(target, Date.now());
    }
  });
  return nothingSent;
};

/** Generation, packing and batching, as `ndjson`. */
export const packing: Workload = async ({ events, measure }) => {
  await measure(() => {
    const source = createRequestSource({
      slice: { from: 0, to: events },
      recordFormat: 'ndjson',
      maxRequestBytes,
      packEvents: createEventPacker('ndjson', deliveryStreamName, runId, 0),
      now: Date.now,
    });
    while (source.next(fullRequest)) {
      // Pulled, and let go: that is what is measured.
    }
  });
  return nothingSent;
};
