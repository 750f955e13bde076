import type { SQSBatchResponse } from 'aws-lambda';
import { expect, it } from 'vitest';
import { parseEnvironment } from '../../lambda/producer/environment.ts';
import { createInvocation } from '../../lambda/producer/invocation.ts';
import { Pacer } from '../../lambda/producer/pacer.ts';
import type { Report } from '../../lambda/producer/report.ts';
import type { RunSlice } from '../../lambda/producer/slice.ts';
import { quotas } from '../../lib/emulator/quota.ts';
import { SimulatedFirehose } from '../../lib/simulation/firehose.ts';
import { World } from '../../lib/simulation/world.ts';
import { neededVariables } from '../producer/factories.ts';

it('messages for which no time is left go on as new ones, none of their events undelivered', async () => {
  // Prepare: the first message alone takes longer than there is time
  const world = new World(1);
  const { bytes } = quotas.default;
  const faults = {
    throttle: 0,
    error: 0,
    loseAnswer: 0,
    stall: 0,
    latencyMs: 50,
    quota: [bytes, bytes, 0],
  } as const;
  const firehose = new SimulatedFirehose(world, faults, 'ndjson', () => {});
  const reports: Report[] = [];
  const sent: RunSlice[] = [];
  const invoke = createInvocation({
    ...parseEnvironment(neededVariables),
    putRecords: (batch, signal) => firehose.put(batch, signal, 1),
    sendSlices: async (slices) => void sent.push(...slices),
    pacer: new Pacer(8 * 1_048_576, world.now),
    onReport: (report) => reports.push(report),
    log: { appendKeys: () => {}, error: () => {}, info: () => {} },
    now: world.now,
    random: world.random,
    sleep: world.sleep,
  });
  const slices = [0, 1, 2].map((part) => ({
    runId: 'run-1',
    from: part * 900_000,
    to: (part + 1) * 900_000,
  }));
  const Records = slices.map((slice) => ({
    eventSource: 'aws:sqs',
    messageId: `message-${slice.from}`,
    body: JSON.stringify(slice),
  }));

  // Act
  let response: SQSBatchResponse | undefined;
  invoke({ Records }, { requestId: 'request-1', endMs: world.now() + 20_000 }).then((result) => {
    response = result as SQSBatchResponse;
  });
  await world.run(() => response !== undefined, 100_000);

  // Assess
  expect(response).toEqual({ batchItemFailures: [] });
  expect(reports.map(({ eventsUndelivered }) => eventsUndelivered)).toEqual([0, 0, 0]);
  expect(sent.at(-1)).toEqual(slices.at(-1));
});
