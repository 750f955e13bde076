import { createEventWriter, eventBytes } from '../../../lambda/producer/events.ts';
import { packRecords } from '../../../lambda/producer/records.ts';
import { batchRequests } from '../../../lambda/producer/requests.ts';
import type { Workload } from '../measured-process.ts';

/** Single stages of the road, without the ones after them. They send nothing. */

const deliveryStreamName = 'my-stream';
const runId = 'run-1';
const maxRequestBytes = 1_048_576;

/** Nothing but the size of a request limits it. */
const fullRequests = () => ({ bytes: (maxRequestBytes * 3) / 4, events: Number.POSITIVE_INFINITY });
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
    const records = packRecords({
      slice: { from: 0, to: events },
      recordFormat: 'ndjson',
      limits: fullRequests,
      writeEvents: createEventWriter(deliveryStreamName, runId, 0),
      now: Date.now,
    });
    for (const _ of batchRequests(records, { maxRequestBytes, limits: fullRequests })) {
      // Pulled, and let go: that is what is measured.
    }
  });
  return nothingSent;
};
