import {
  type ProducerSettings,
  type RecordFormat,
  recordFormats,
} from '../../../lambda/contract/settings.ts';
import type { FirehoseFaults } from '../aws/firehose.ts';
import type { LambdaFaults, LambdaSettings } from './lambda.ts';
import type { World } from './world.ts';

/** A run, and the world that it takes place in. */
export interface Scenario {
  /** Events of the run. */
  readonly count: number;
  /** Steady rate of the run. @default - as fast as the stream takes them */
  readonly eventsPerSecond?: number;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** The producer's settings, where they are not the defaults. */
  readonly settings: Partial<ProducerSettings>;
  /** How the stream misbehaves. */
  readonly firehose: FirehoseFaults;
  /** How Lambda and the queue misbehave. */
  readonly lambda: LambdaFaults;
  /** The settings of the function and the queue. */
  readonly lambdaSettings: LambdaSettings;
  /** When the queue calms down: until then it may double the messages faster than they are processed. */
  readonly queueCalmAfterMs: number;
  /** Whether a message is in the queue that nobody can process. */
  readonly hasBadMessage: boolean;
}

/** A probability: 0 in most worlds, otherwise up to a bound. */
type Sometimes = (inWorlds: number, most: number) => number;

/** A scenario from the dice: small runs, small slices, and each kind of trouble present or not. */
export function createScenario(world: World): Scenario {
  const recordFormat = world.pick([...recordFormats, 'single', 'single'] as const);
  const isBad = world.chance(0.15);
  const sometimes: Sometimes = (inWorlds, most) =>
    world.chance(isBad ? 2 * inWorlds : inWorlds) ? world.random() * most : 0;
  const timeoutMs = world.pick([3_000, 4_000, 6_000, 10_000, 60_000]);
  return {
    count: world.integer(1, recordFormat === 'single' ? world.pick([300, 300, 900]) : 3_000),
    ...(world.chance(0.1) && { eventsPerSecond: world.integer(200, 2_000) }),
    recordFormat,
    settings: {
      eventsPerSlice: world.chance(0.05) ? 60 : world.pick([300, 2_000, 10_000]),
      concurrency: world.integer(1, 8),
      maxRequestBytes: world.pick([3_000, 20_000, 100_000]),
      maxAttempts: world.integer(2, 8),
      maxCount: 1_000_000,
    },
    firehose: firehoseFaults(world, sometimes),
    lambda: lambdaFaults(world, sometimes, timeoutMs),
    lambdaSettings: {
      timeoutMs,
      visibilityTimeoutMs: 6 * timeoutMs,
      maxReceiveCount: 5,
      maxConcurrency: world.integer(1, 4),
      batchSize: world.pick([1, 10]),
    },
    queueCalmAfterMs: world.pick([10_000, 60_000]),
    hasBadMessage: world.chance(0.05),
  };
}

/** A scenario for a world in which the events are proven, too: smaller, and in more slices. */
export function withProof(scenario: Scenario, world: World): Scenario {
  return {
    ...scenario,
    count: Math.min(scenario.count, world.integer(1, 120)),
    settings: { ...scenario.settings, eventsPerSlice: world.pick([40, 300]) },
  };
}

function firehoseFaults(world: World, sometimes: Sometimes): FirehoseFaults {
  return {
    throttle: sometimes(0.35, 0.6),
    error: sometimes(0.25, 0.2),
    loseResponse: sometimes(0.25, 0.2),
    unusable: sometimes(0.15, 0.2),
    html: sometimes(0.15, 0.2),
    stall: sometimes(0.2, 0.05),
    latencyMs: world.pick([1, 50, 500, 4_000]),
    slow: sometimes(0.15, 0.1),
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
    ...(world.chance(0.04) && { forbiddenAfterMs: world.random() * 10_000 }),
  };
}

function lambdaFaults(world: World, sometimes: Sometimes, timeoutMs: number): LambdaFaults {
  return {
    kill: sometimes(0.25, 0.2),
    deliverTwice: sometimes(0.3, 0.05),
    queueDelayMs: world.pick([10, 1_000, 60_000]),
    queueFails: sometimes(0.25, 0.2),
    queueUnusable: sometimes(0.15, 0.1),
    queueStalls: sometimes(0.15, 0.1),
    queueRefuses: sometimes(0.2, 0.3),
    queueForbids: sometimes(0.1, 0.15),
    queueLatencyMs: world.pick(timeoutMs >= 10_000 ? [20, 200, 1_000] : [20, 200]),
    queueSlow: sometimes(0.15, 0.1),
    ...(world.chance(0.04) && {
      queueDenied: [
        world.random() * 10_000,
        world.chance(0.5) ? world.random() * 100_000 : Number.POSITIVE_INFINITY,
      ] as const,
    }),
    queueHangs: world.chance(0.02),
  };
}
