import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../lambda/contract/report.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import * as firehose from '../../../lambda/producer/delivery/aws/firehose.ts';
import * as kinesis from '../../../lambda/producer/delivery/aws/kinesis.ts';
import { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createInvocation } from '../../../lambda/producer/invocation/invocation.ts';
import { createSendAll } from '../../../lambda/runtime/batches.ts';
import type { Clock } from '../../../lambda/runtime/clock.ts';
import { createSendMessages } from '../../../lambda/runtime/sqs.ts';
import { environmentWith } from '../../simulation/worlds/producer.ts';
import { madeFor } from '../factories.ts';

/** How a server keeps its clients waiting. */
const stalls = {
  hangs: () => {},
  drips: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).write('{"');
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
};

/** The services that stall. A run of 5,000,000 events is cut into slices, for the queue alone. */
const troubles = [
  { who: 'Firehose', count: 1_000, queueStalls: false },
  { who: 'Kinesis', count: 1_000, queueStalls: false },
  { who: 'the queue', count: 5_000_000, queueStalls: true },
  { who: 'one after the other', count: 1_000, queueStalls: true },
];

const clock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => {}),
};

describe('on a server that never ends its responses', () => {
  const timeoutsMs = [3_000, 4_000];
  const runs = 3;
  const resolutionMs = 10;
  const cases = timeoutsMs.flatMap((timeoutMs) =>
    troubles.flatMap((trouble) => [
      { timeoutMs, ...trouble, stall: 'hangs' as const },
      { timeoutMs, ...trouble, stall: 'drips' as const },
    ]),
  );

  it.concurrent.each(cases)(
    'reports 100 ms before $timeoutMs ms are over: $who $stall',
    async (options) => {
      // Prepare: on a busy machine timers are late, two of them one after the other
      const lateness = monitorEventLoopDelay({ resolution: resolutionMs });
      lateness.enable();

      // Act
      const all = Array.from({ length: runs }, () => reportedAfterMs(options));
      const reportedMs = await Promise.all(all);

      // Assess
      lateness.disable();
      const latestMs = options.timeoutMs - 100 + 2 * (lateness.max / 1e6 - resolutionMs);
      expect(Math.max(...reportedMs)).toBeLessThanOrEqual(latestMs);
    },
    40_000,
  );
});

interface Stalled {
  readonly who: string;
  readonly timeoutMs: number;
  readonly stall: keyof typeof stalls;
  readonly count: number;
  readonly queueStalls: boolean;
}

/** Time until an invocation has reported and ended. */
async function reportedAfterMs({ who, timeoutMs, stall, count, queueStalls }: Stalled): Promise<number> {
  const stream = await startServer((_request, response) => stalls[stall](response));
  const queue = await startServer((request, response) =>
    queueStalls ? stalls[stall](response) : takeMessages(request, response),
  );
  const client = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  };
  const endpoint = stream.url;
  const putRecords =
    who === 'Kinesis'
      ? kinesis.createPutRecords(
          new KinesisClient({ ...client, endpoint, requestHandler: new NodeHttpHandler() }),
          'my-stream',
        )
      : firehose.createPutRecords(new FirehoseClient({ ...client, endpoint }), 'my-stream');
  const sqs = new SQSClient({ ...client, endpoint: queue.url, useQueueUrlAsEndpoint: false });
  const reports: Report[] = [];
  const startedMs = Date.now();
  const invoke = createInvocation({
    environment: environmentWith(
      'my-stream',
      'ndjson',
      {},
      targets[who === 'Kinesis' ? 'kinesis' : 'firehose'],
    ),
    madeFor,
    createPacker: createDefaultPacker,
    stream: {
      putRecords,
      pacer: new StreamPacer(1e6, Date.now),
    },
    queues: {
      postpone: async () => {},
      sendSlices: createSendAll(createSendMessages(sqs, 'https://queue.invalid/1/my-queue'), clock, madeFor),
    },
    clock,
    observer: { onReport: (report) => reports.push(report) },
  });

  await invoke({ count }, { requestId: 'run-1', endMs: startedMs + timeoutMs }).catch(() => {});
  const reportedMs = Date.now() - startedMs;

  await Promise.all([stream.stop(), queue.stop()]);
  expect(reports).toMatchObject([{ eventsRequested: count, eventsQueued: queueStalls ? 0 : count }]);
  return reportedMs;
}

async function startServer(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const takeMessages: RequestListener = async (request, response) => {
  const chunks = await request.toArray();
  const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as {
    Entries: { Id: string; MessageBody: string }[];
  };
  const Successful = Entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  }));
  response.end(JSON.stringify({ Successful, Failed: [] }));
};
