import { eventBytes } from '../../lambda/contract/event.ts';
import { type ProducerSettings, type RecordFormat, recordFormats } from '../../lambda/contract/settings.ts';
import { createEventWriter } from '../../lambda/producer/events.ts';
import type { Invoke } from '../../lambda/producer/invocation.ts';
import { type FirehoseFaults, SimulatedFirehose } from './firehose.ts';
import { type InvocationWorld, type LambdaFaults, type LambdaSettings, SimulatedLambda } from './lambda.ts';
import { findViolations } from './oracle.ts';
import { createProducer, environmentWith } from './producer.ts';
import { World } from './world.ts';

const deliveryStreamName = 'simulated-stream';
const runId = 'simulated-run';

/** What a seed came to. */
export interface Verdict {
  /** What was wrong; nothing, if all is well. */
  readonly violations: readonly string[];
  /** Invocations that it took. */
  readonly invocations: number;
  /** Events of the run. */
  readonly events: number;
}

interface Scenario {
  readonly count: number;
  readonly recordFormat: RecordFormat;
  readonly settings: Partial<ProducerSettings>;
  readonly firehose: FirehoseFaults;
  readonly lambda: LambdaFaults;
  readonly lambdaSettings: LambdaSettings;
}

/** A scenario from the dice: small runs, small slices, and each kind of trouble present or not. */
function createScenario(world: World): Scenario {
  const sometimes = (probability: number, most: number) =>
    world.chance(probability) ? world.random() * most : 0;
  const timeoutMs = world.pick([3_000, 10_000, 60_000]);
  const recordFormat = world.pick([...recordFormats, 'single', 'single'] as const);
  const count = world.integer(1, recordFormat === 'single' ? 1_000 : 4_000);
  return {
    count,
    recordFormat,
    settings: {
      ...(world.chance(0.1) && { eventsPerSecond: world.integer(200, 2_000) }),
      eventsPerSlice: world.pick([300, 2_000, 10_000]),
      concurrency: world.integer(1, 8),
      maxRequestBytes: world.pick([3_000, 20_000, 100_000]),
      maxAttempts: world.integer(2, 8),
    },
    firehose: {
      throttle: sometimes(0.4, 0.6),
      error: sometimes(0.3, 0.3),
      loseResponse: sometimes(0.3, 0.2),
      stall: sometimes(0.2, 0.05),
      latencyMs: world.pick([1, 50, 500, 4_000]),
      ...(world.chance(0.2) && {
        outage: [world.random() * 5_000, world.random() * 60_000] as const,
      }),
      ...(world.chance(0.3) && {
        quota: [
          world.integer(20_000, 200_000),
          world.integer(20_000, 400_000),
          world.random() * 20_000,
        ] as const,
      }),
      ...(world.chance(0.03) && { forbiddenAfterMs: world.random() * 10_000 }),
    },
    lambda: {
      kill: sometimes(0.3, 0.3),
      deliverTwice: sometimes(0.3, 0.05),
      queueFails: sometimes(0.2, 0.1),
      queueDelayMs: world.pick([10, 1_000, 60_000]),
    },
    lambdaSettings: {
      timeoutMs,
      visibilityTimeoutMs: 6 * timeoutMs,
      maxReceiveCount: 5,
      maxConcurrency: world.integer(1, 4),
      batchSize: world.pick([1, 10]),
    },
  };
}

/** The UUIDs of the run, in order. */
function uuidsOf(count: number): string[] {
  const events = Buffer.alloc(count * eventBytes);
  createEventWriter(deliveryStreamName, runId, 0)(events, 0);
  return Array.from({ length: count }, (_, index) =>
    events.toString('latin1', index * eventBytes + 2, index * eventBytes + 38),
  );
}

/**
 * Lets the code of the road do a run, in a world whose every whim comes from the seed, and judges what came of it.
 *
 * @param maxSteps Happenings after which a run counts as endless. Bad luck can make work of work: a queue that took slices
 * and said that it didn't doubles them each time.
 */
export async function simulate(seed: number, maxSteps = 5_000_000): Promise<Verdict> {
  const world = new World(seed);
  const scenario = createScenario(world);
  const firehose = new SimulatedFirehose(world, scenario.firehose, scenario.recordFormat);

  const environment = environmentWith(deliveryStreamName, scenario.recordFormat, {
    ...scenario.settings,
    maxCount: 1_000_000,
  });
  const start = (invocation: InvocationWorld): Invoke =>
    createProducer(environment, world, invocation, (batch, signal) =>
      firehose.put(batch, signal, invocation.invocation),
    );

  const lambda = new SimulatedLambda(world, scenario.lambdaSettings, scenario.lambda, start);
  lambda.invokeAsync({ runId, count: scenario.count });
  await world.run(() => lambda.isIdle, maxSteps);
  return {
    violations: findViolations(uuidsOf(scenario.count), firehose, lambda),
    invocations: lambda.ended.length,
    events: scenario.count,
  };
}
