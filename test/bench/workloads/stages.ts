import { createHash } from 'node:crypto';
import { eventBytes } from '../../../lambda/contract/event.ts';
import { producerSettings, recordFormats } from '../../../lambda/contract/settings.ts';
import { encodeRequestBody } from '../../../lambda/producer/delivery/aws/request-body.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import {
  createRequestSource,
  maxDataBytes,
  type RequestSource,
} from '../../../lambda/producer/packing/requests.ts';
import type { Workload } from '../measured-process.ts';

/** Single stages of the road, without the ones after them. They send nothing. */

const deliveryStreamName = 'my-stream';
const runId = 'run-1';
const recordFormat = recordFormats.find((format) => format === process.env.RECORD_FORMAT)!;
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

/** Generation, packing and batching. */
export const packing: Workload = async ({ events, measure }) => {
  await measure(() => {
    const source = createSource(events);
    while (source.next(fullRequest)) {
      // Pulled, and let go: that is what is measured.
    }
  });
  return nothingSent;
};

/** Base64 of the records, request by request. */
export const base64: Workload = async ({ events, measure }) => {
  const batch = createSource(events).next(fullRequest)!;
  const rounds = Math.ceil(events / (batch.at(-1)!.to - batch[0]!.from));
  await measure(() => {
    for (let round = 0; round < rounds; round += 1) {
      for (const { data } of batch) {
        data.toString('base64');
      }
    }
  });
  return nothingSent;
};

/** SHA-256 of the bodies of requests, for their signatures. */
export const sha256: Workload = async ({ events, measure }) => {
  const batch = createSource(events).next(fullRequest)!;
  const rounds = Math.ceil(events / (batch.at(-1)!.to - batch[0]!.from));
  const body = encodeRequestBody(deliveryStreamName, batch);
  await measure(() => {
    for (let round = 0; round < rounds; round += 1) {
      createHash('sha256').update(body).digest('hex');
    }
  });
  return nothingSent;
};

function createSource(events: number): RequestSource {
  return createRequestSource({
    slice: { from: 0, to: events },
    maxRequestBytes,
    packRecords: createDefaultPacker(recordFormat, deliveryStreamName, runId),
    now: Date.now,
  });
}
