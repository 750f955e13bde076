import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { FirehoseClient, PutRecordBatchCommand, PutRecordCommand } from '@aws-sdk/client-firehose';
import pMap from 'p-map';
import { recordFormats } from '../../../lambda/contract/settings.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createRequestSource, maxDataBytes } from '../../../lambda/producer/packing/requests.ts';
import type { Workload, WorkloadResult } from '../measured-process.ts';
import { Counter, type Tally } from '../tally.ts';

/** What the producer is compared with: the ways to do its job that a reader would write first, and the limit. */

const { DELIVERY_STREAM_NAME: deliveryStreamName = '', AWS_ENDPOINT_URL: endpointUrl = '' } = process.env;
const concurrency = Number(process.env.CONCURRENCY);
const recordFormat = recordFormats.find((format) => format === process.env.RECORD_FORMAT)!;
const maxRequestBytes = Number(process.env.MAX_REQUEST_BYTES);

/** Nothing but the size of a request limits it. */
const fullRequest = { bytes: maxDataBytes(maxRequestBytes), events: Number.POSITIVE_INFINITY };

/** As many as the lesson's successors usually have in flight. */
const parallelConcurrency = 50;

/** Most records of a `PutRecordBatch`. */
const batchRecords = 500;

/** As the lesson makes it. */
function createEvent(): Buffer {
  const timestamp = new Date().toISOString().slice(0, 19).replace('T', ' ');
  return Buffer.from(`${JSON.stringify({ [randomUUID()]: `test-${timestamp}` })}\n`);
}

/** Does `work` until `total` is done, `concurrency` times at once; each is told how many to do. */
async function inParallel(
  concurrency: number,
  total: number,
  atOnce: number,
  work: (count: number) => Promise<void>,
): Promise<void> {
  const counts = function* () {
    for (let left = total; left > 0; left -= atOnce) {
      yield Math.min(atOnce, left);
    }
  };
  await pMap(counts(), work, { concurrency });
}

function createClient(connections: number): FirehoseClient {
  return new FirehoseClient({ requestHandler: { httpAgent: { keepAlive: true, maxSockets: connections } } });
}

function singleRecords(connections: number): Workload {
  return async ({ events, measure }) => {
    const client = createClient(connections);
    const sent = new Counter();
    await measure(() =>
      inParallel(connections, events, 1, async () => {
        const Data = createEvent();
        await client.send(new PutRecordCommand({ DeliveryStreamName: deliveryStreamName, Record: { Data } }));
        sent.countRequest([Data]);
      }),
    );
    return resultOf(sent.take());
  };
}

/** One `PutRecord` an event, one after the other. */
export const lesson: Workload = singleRecords(1);

/** One `PutRecord` an event, 50 at once. */
export const parallel: Workload = singleRecords(parallelConcurrency);

/** `PutRecordBatch` of 500 one-event records. */
export const batch: Workload = async ({ events, measure }) => {
  const client = createClient(concurrency);
  const sent = new Counter();
  await measure(() =>
    inParallel(concurrency, events, batchRecords, async (count) => {
      const records = Array.from({ length: count }, createEvent);
      const { FailedPutCount } = await client.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: deliveryStreamName,
          Records: records.map((Data) => ({ Data })),
        }),
      );
      if (FailedPutCount !== 0) {
        throw new Error(`${FailedPutCount} records were refused`);
      }
      sent.countRequest(records);
    }),
  );
  return resultOf(sent.take());
};

/** Bodies that are ready before the clock starts; so many that no processor cache holds them. */
const preparedBodies = 16;

/** Prepared bodies, the shape of ours, pushed by `node:http`, unsigned: what the machine can do at all. */
export const limit: Workload = async ({ events, measure }) => {
  const bodies = prepareBodies();
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const sends = Math.ceil(events / bodies[0]!.sent.events);
  const totals = { events: 0, checksum: 0 };
  let next = 0;
  await measure(() =>
    inParallel(concurrency, sends, 1, async () => {
      const { body, sent } = bodies[next++ % bodies.length]!;
      const response = await post(agent, body);
      if (!/"FailedPutCount":0\b/.test(response)) {
        throw new Error(`unexpected response: ${response.slice(0, 200)}`);
      }
      totals.events += sent.events;
      totals.checksum = (totals.checksum + sent.checksum) >>> 0;
    }),
  );
  agent.destroy();
  return totals;
};

function prepareBodies(): { readonly body: Buffer; readonly sent: Tally }[] {
  const source = createRequestSource({
    slice: { from: 0, to: Number.MAX_SAFE_INTEGER },
    maxRequestBytes,
    packRecords: createDefaultPacker(recordFormat, deliveryStreamName, randomUUID()),
    now: Date.now,
  });
  const counter = new Counter();
  return Array.from({ length: preparedBodies }, () => {
    const data = (source.next(fullRequest) ?? []).map((record) => record.data);
    counter.countRequest(data);
    const json = {
      DeliveryStreamName: deliveryStreamName,
      Records: data.map((bytes) => ({ Data: bytes.toString('base64') })),
    };
    return { body: Buffer.from(JSON.stringify(json)), sent: counter.take() };
  });
}

function post(agent: Agent, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const put = request(
      endpointUrl,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: 'none',
          'content-type': 'application/x-amz-json-1.1',
          'content-length': body.length,
          'x-amz-target': 'Firehose_20150804.PutRecordBatch',
        },
      },
      (response) => {
        let body = '';
        response.setEncoding('latin1');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve(body));
        response.on('error', reject);
      },
    );
    put.on('error', reject);
    put.end(body);
  });
}

function resultOf({ events, checksum }: Tally): WorkloadResult {
  return { events, checksum };
}
