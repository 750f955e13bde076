import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { FirehoseClient, PutRecordBatchCommand, PutRecordCommand } from '@aws-sdk/client-firehose';
import pMap from 'p-map';
import { recordFormats } from '../../../lambda/contract/record-format.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import type { Workload } from '../measured-process.ts';
import { Counter, type Tally } from '../tally.ts';
import { requestsOf } from './run-events.ts';

/** The producers of the comparison: the solutions that a reader would write first, and the limit of the machine. */

const { DELIVERY_STREAM_NAME: DeliveryStreamName = '', AWS_ENDPOINT_URL: endpointUrl = '' } = process.env;
const concurrency = Number(process.env.CONCURRENCY);
const recordFormat = recordFormats.find((format) => format === process.env.RECORD_FORMAT)!;
const maxRequestBytes = Number(process.env.MAX_REQUEST_BYTES);
const batchRecords = 500;

/** Enough bodies to exceed any processor cache. */
const preparedBodies = 16;

export const oneByOne: Workload = singleRecords(1);

export const parallel: Workload = singleRecords(50);

export const batch: Workload = async ({ events, measure }) => {
  const client = createClient(concurrency);
  const sent = new Counter();
  await measure(() =>
    inParallel(concurrency, events, batchRecords, async (count) => {
      const records = Array.from({ length: count }, createEvent);
      const Records = records.map((Data) => ({ Data }));
      const { FailedPutCount } = await client.send(
        new PutRecordBatchCommand({ DeliveryStreamName, Records }),
      );
      if (FailedPutCount !== 0) {
        throw new Error(`Firehose refused ${FailedPutCount} of ${count} records`);
      }
      sent.countRequest(records);
    }),
  );
  return sent.take();
};

/** Prepared bodies of the shape of ours, sent by `node:http`, unsigned. */
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

function singleRecords(connections: number): Workload {
  return async ({ events, measure }) => {
    const client = createClient(connections);
    const sent = new Counter();
    await measure(() =>
      inParallel(connections, events, 1, async () => {
        const Data = createEvent();
        await client.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data } }));
        sent.countRequest([Data]);
      }),
    );
    return sent.take();
  };
}

function createEvent(): Buffer {
  const timestamp = new Date().toISOString().slice(0, 19).replace('T', ' ');
  return Buffer.from(`${JSON.stringify({ [randomUUID()]: `test-${timestamp}` })}\n`);
}

/** Splits `total` into portions of at most `size`, and works on `concurrency` of them at once. */
async function inParallel(
  concurrency: number,
  total: number,
  size: number,
  work: (count: number) => Promise<void>,
): Promise<void> {
  const counts = function* () {
    for (let left = total; left > 0; left -= size) {
      yield Math.min(size, left);
    }
  };
  await pMap(counts(), work, { concurrency });
}

function createClient(connections: number): FirehoseClient {
  return new FirehoseClient({ requestHandler: { httpAgent: { keepAlive: true, maxSockets: connections } } });
}

function prepareBodies(): { readonly body: Buffer; readonly sent: Tally }[] {
  const packRecords = createDefaultPacker(recordFormat, DeliveryStreamName, randomUUID());
  const requests = requestsOf(packRecords, Number.MAX_SAFE_INTEGER, maxRequestBytes);
  const counter = new Counter();
  return Array.from({ length: preparedBodies }, () => {
    const data = requests.next().value!.map((record) => record.data);
    counter.countRequest(data);
    const Records = data.map((bytes) => ({ Data: bytes.toString('base64') }));
    return { body: Buffer.from(JSON.stringify({ DeliveryStreamName, Records })), sent: counter.take() };
  });
}

async function post(agent: Agent, body: Buffer): Promise<string> {
  const headers = {
    authorization: 'none',
    'content-type': 'application/x-amz-json-1.1',
    'content-length': body.length,
    'x-amz-target': 'Firehose_20150804.PutRecordBatch',
  };
  const put = request(endpointUrl, { agent, method: 'POST', headers }).end(body);
  const [response] = (await once(put, 'response')) as [IncomingMessage];
  return text(response);
}
