import type { SQSBatchResponse } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { RunSlice } from '../../lambda/contract/slice.ts';
import type { PutRecords } from '../../lambda/producer/delivery/aws/put-records.ts';
import { parseEnvironment } from '../../lambda/producer/invocation/environment.ts';
import type { OutgoingMessage } from '../../lambda/runtime/batches.ts';
import { quotas } from '../../lib/aws/quotas.ts';
import { neededVariables } from '../producer/factories.ts';
import { SimulatedFirehose } from './aws/firehose.ts';
import type { Work } from './worlds/lambda.ts';
import { createProducer } from './worlds/producer.ts';
import { World } from './worlds/world.ts';

/** Lets one invocation of 20 s process messages of 900,000 events each. */
async function processMessages(world: World, putRecords: PutRecords, messages: number) {
  const works: Work[] = [];
  const sent: RunSlice[] = [];
  const invocation = {
    ...{ invocation: 1, works, failures: [] },
    whileAlive: <Value>(promise: Promise<Value>) => promise,
    postpone: async () => {},
    sendMessages: async (messages: readonly OutgoingMessage[]) => {
      sent.push(...messages.map(({ body }) => JSON.parse(body)));
      return { kind: 'decided', taken: [...messages.keys()], again: [] } as const;
    },
  };
  const invoke = createProducer(parseEnvironment(neededVariables), world, invocation, { putRecords });
  const Records = Array.from({ length: messages }, (_, part) => ({
    eventSource: 'aws:sqs',
    messageId: `message-${part}`,
    body: JSON.stringify({ runId: 'run-1', from: part * 900_000, to: (part + 1) * 900_000 }),
  }));
  let response: SQSBatchResponse | undefined;
  invoke({ Records }, { requestId: 'request-1', endMs: world.now() + 20_000 }).then((result) => {
    response = result as SQSBatchResponse;
  });
  await world.run(() => response !== undefined, 100_000);
  const failed = response!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { failed, reports: works.flatMap(({ reports }) => reports), sent };
}

/** A stream that takes the events of some messages, and never responds to the requests of the others. */
function firehoseThatTakes(world: World, messages: readonly number[]): PutRecords {
  return async (batch, signal) => {
    if (messages.includes(Math.floor(batch[0]!.from / 900_000))) {
      await world.sleep(50);
      return { kind: 'decided', refused: [], throttled: [] };
    }
    await world.sleep(Number.MAX_SAFE_INTEGER, signal);
    return { kind: 'lost', refused: [...batch.keys()], throttled: [], cause: new Error('aborted') };
  };
}

describe('messages', () => {
  it('for which no time is left go on as new ones, none of their events undelivered', async () => {
    // Prepare: the first message alone takes longer than there is time
    const world = new World(1);
    const quota = { bytesPerSecond: quotas.default.bytes };
    const firehose = new SimulatedFirehose(world, { throttle: 0, latencyMs: 50, quota }, 'ndjson', () => {});
    const putRecords: PutRecords = (batch, signal) => firehose.put(batch, signal, 1);

    // Act
    const { failed, reports, sent } = await processMessages(world, putRecords, 3);

    // Assess
    expect(failed).toEqual([]);
    expect(reports.map(({ eventsUndelivered }) => eventsUndelivered)).toEqual([0, 0, 0]);
    // A message may begin with one request at once.
    const [, ...others] = reports.map(({ eventsDelivered }) => eventsDelivered);
    expect(Math.max(...others)).toBeLessThan(10_000);
    const delivered = reports.reduce((sum, { eventsDelivered }) => sum + eventsDelivered, 0);
    expect(sent.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(2_700_000 - delivered);
    expect(sent.at(-1)).toMatchObject({ runId: 'run-1', to: 2_700_000 });
  });

  it.each([
    [
      'that came after others, and whose time was over before anything of them was delivered, go on as new ones',
      ...[[0], 2, []],
      [{ eventsDelivered: 900_000 }, { eventsDelivered: 0, eventsQueued: 900_000, stopReason: 'deadline' }],
      [{ runId: 'run-1', from: 900_000, to: 1_800_000 }],
    ],
    [
      'that came first and had all the time there was stay in the queue, which counts how often',
      ...[[], 1, ['message-0']],
      [{ eventsUndelivered: 900_000, stopReason: 'deadline' }],
      [],
    ],
  ] as const)('%s', async (_, takes, messages, failed, reports, sent) => {
    // Prepare
    const world = new World(1);

    // Act
    const result = await processMessages(world, firehoseThatTakes(world, takes), messages);

    // Assess
    expect(result).toMatchObject({ failed, reports });
    expect(result.sent).toEqual(sent);
    expect(result.reports.at(-1)!.requests).toBeGreaterThan(0);
  });

  it('that came after others stay in the queue when it was not the time that stopped them', async () => {
    // Prepare
    const world = new World(1);
    const takesFirst = firehoseThatTakes(world, [0]);
    const putRecords: PutRecords = async (batch, signal) => {
      if (batch[0]!.from >= 900_000) {
        const cause = new Error('AccessDeniedException: no');
        return { kind: 'fatal', refused: [...batch.keys()], throttled: [], cause };
      }
      return takesFirst(batch, signal);
    };

    // Act
    const { failed, sent } = await processMessages(world, putRecords, 2);

    // Assess
    expect(failed).toEqual(['message-1']);
    expect(sent).toEqual([]);
  });
});
