import { firehoseUsd, lambdaUsd } from '../../../lambda/contract/cost.ts';
import { billedBytes } from '../../../lambda/contract/firehose-limits.ts';
import { producerSettings, settings } from '../../../lambda/contract/settings.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import { prices } from '../../../lib/aws/prices.ts';
import { quotas } from '../../../lib/aws/quotas.ts';
import { TokenBucket } from '../../../lib/emulator/quota.ts';
import type { CheckedTemplate } from '../../../lib/template/check-template.ts';
import { type InvocationWorld, SimulatedLambda } from './lambda.ts';
import { createProducer, environmentWith } from './producer.ts';
import { World } from './world.ts';

/** What a run would take. */
export interface Forecast {
  /** Invocations of the function. */
  readonly invocations: number;
  /** Messages of the work queue. */
  readonly messages: number;
  /** From the first invocation to the last. */
  readonly hours: number;
  /** Memory of this process at its peak, which held all invocations at once. */
  readonly memoryMiB: number;
  /** What Firehose, Lambda and SQS would charge, in US dollars. */
  readonly dollars: { readonly firehose: number; readonly lambda: number; readonly sqs: number };
}

const timeoutMs = 1_000 * settings.timeout.default;

/**
 * Lets the producer's own code do a run with the stack's defaults, against a stream with the quota of us-east-1 that
 * counts and forgets, and sums up what it took. Time is virtual: a billion events take a minute or two.
 *
 * @param events What they look like. @default - those of the default template
 */
export async function forecast(count: number, events?: CheckedTemplate): Promise<Forecast> {
  const createPacker =
    events === undefined || events.isDefault ? createDefaultPacker : createTemplatePacker(events.template);
  const world = new World(1);
  const startMs = world.now();
  const bucket = new TokenBucket(quotas['us-east-1'].bytes, world.now);
  const seen = { messages: 0, billedBytes: 0, lambdaMs: 0 };
  const environment = environmentWith('forecast', 'ndjson', { maxCount: producerSettings.maxCount.max });

  const start = (invocation: InvocationWorld): Invoke => {
    const { whileAlive, sendMessages } = invocation;
    const countAndSend: InvocationWorld['sendMessages'] = (bodies, signal) => {
      seen.messages += bodies.length;
      return sendMessages(bodies, signal);
    };
    const invoke = createProducer(
      environment,
      world,
      { ...invocation, sendMessages: countAndSend, logReport: () => {}, logBegin: () => {} },
      async (batch) => {
        await whileAlive(world.sleep(20 + 40 * world.random()));
        const refused: number[] = [];
        for (const [place, { data }] of batch.entries()) {
          if (!bucket.has(data.length)) {
            refused.push(place);
            continue;
          }
          bucket.take(data.length);
          seen.billedBytes += billedBytes(data.length);
        }
        const cause = new Error('ServiceUnavailableException: Slow down.');
        return { kind: 'decided', refused, throttled: refused, ...(refused.length > 0 && { cause }) };
      },
      undefined,
      undefined,
      createPacker,
    );
    return async (payload, context) => {
      const startedMs = world.now();
      try {
        return await invoke(payload, context);
      } finally {
        seen.lambdaMs += world.now() - startedMs;
      }
    };
  };

  const lambda = new SimulatedLambda(
    world,
    {
      timeoutMs,
      visibilityTimeoutMs: 6 * timeoutMs,
      maxReceiveCount: 5,
      maxConcurrency: settings.maxConcurrency.default,
      batchSize: 10,
    },
    { kill: 0, deliverTwice: 0, queueFails: 0, queueDelayMs: 100 },
    start,
  );
  lambda.invokeAsync({ runId: 'forecast', count });
  await world.run(() => lambda.isIdle, Number.POSITIVE_INFINITY);
  const invocations = lambda.ended.length;
  return {
    invocations,
    messages: seen.messages,
    hours: (world.now() - startMs) / 3_600_000,
    memoryMiB: process.resourceUsage().maxRSS / 1_024,
    dollars: {
      firehose: firehoseUsd(seen.billedBytes, prices.firehoseUsdPerGb),
      lambda:
        lambdaUsd(seen.lambdaMs, settings.memorySize.default, prices.lambdaUsdPerGbSecond) +
        invocations * prices.lambdaUsdPerRequest,
      // Sent, received and deleted.
      sqs: 3 * seen.messages * prices.sqsUsdPerRequest,
    },
  };
}
