import { settings } from '../../lambda/contract/deployment-settings.ts';
import { lambdaUsd } from '../../lambda/contract/invocation.ts';
import { producerSettings } from '../../lambda/contract/settings.ts';
import { billedBytes, targets, usdOf } from '../../lambda/contract/targets.ts';
import { createDefaultPacker } from '../../lambda/producer/events/default-events.ts';
import type { CreatePacker } from '../../lambda/producer/packing/packing.ts';
import { prices } from '../../lib/aws/prices.ts';
import { quotas } from '../../lib/aws/quotas.ts';
import { SimulatedFirehose } from '../simulation/aws/firehose.ts';
import { SimulatedLambda } from '../simulation/worlds/lambda.ts';
import { createProducer, environmentWith } from '../simulation/worlds/producer.ts';
import { World } from '../simulation/worlds/world.ts';

/** The costs of a run with the stack's defaults in us-east-1, from the invocations of the simulated producer. */
export async function simulateCosts(count: number, createPacker: CreatePacker = createDefaultPacker) {
  const world = new World(1);
  const environment = environmentWith('stream', 'ndjson', { maxCount: producerSettings.maxCount.max });
  let billed = 0;
  const firehose = new SimulatedFirehose(
    world,
    { throttle: 0, minLatencyMs: 20, latencyMs: 60, quota: { bytesPerSecond: quotas['us-east-1'].bytes } },
    'ndjson',
    ({ stored }) => {
      billed += stored.reduce((sum, { length }) => sum + billedBytes(length, targets.firehose), 0);
    },
  );
  const timeoutMs = 1_000 * settings.timeout.default;
  const lambda = new SimulatedLambda(
    world,
    {
      ...{ timeoutMs, visibilityTimeoutMs: 6 * timeoutMs, maxReceiveCount: 5, batchSize: 10 },
      maxConcurrency: settings.maxConcurrency.default,
    },
    { kill: 0, deliverTwice: 0, queueFails: 0, queueDelayMs: 100 },
    (invocation) =>
      createProducer(environment, world, invocation, {
        putRecords: (batch, signal) => firehose.put(batch, signal, invocation.invocation),
        createPacker,
      }),
  );
  lambda.invokeAsync({ runId: 'run-1', count });
  await world.run(() => lambda.isIdle, Number.POSITIVE_INFINITY);
  const messages = lambda.queue.messages.length;
  const lambdaMs = lambda.ended.reduce(
    (sum, { times: [startedMs, endedMs] }) => sum + endedMs - startedMs,
    0,
  );
  return {
    messages,
    dollars: {
      firehose: usdOf(billed, prices.firehoseUsdPerGb),
      lambda:
        lambdaUsd(lambdaMs, settings.memorySize.default, prices.lambdaUsdPerGbSecond) +
        lambda.ended.length * prices.lambdaUsdPerRequest,
      // Sent, received and deleted.
      sqs: 3 * messages * prices.sqsUsdPerRequest,
    },
  };
}
