import { claimMaxReceives, claimRetentionDays } from '../../../lambda/contract/claim.ts';
import { type RecordFormat, recordFormats } from '../../../lambda/contract/record-format.ts';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import { compressionNames } from '../../../lib/emulator/firehose/compressions.ts';
import type { BucketFaults } from '../aws/bucket.ts';
import type { DeliveryFaults, DeliverySettings, Reading } from '../aws/delivery.ts';
import type { FirehoseFaults } from '../aws/firehose.ts';
import type { Obstacle } from '../aws/neighbours.ts';
import type { QueueFaults } from '../aws/queue-port.ts';
import type { ShardSettings } from '../aws/shards.ts';
import type { LambdaFaults, LambdaSettings } from './lambda.ts';
import type { ProverFaults } from './prover.ts';
import { randomTemplate } from './random-template.ts';
import { World, worldStartMs } from './world.ts';

/** A run, and the world that it takes place in. */
export interface Scenario {
  readonly count: number;
  /** @default - as fast as the stream takes them */
  readonly eventsPerSecond?: number;
  readonly recordFormat: RecordFormat;
  /** The producer's settings, where they are not the defaults. */
  readonly settings: Partial<ProducerSettings>;
  readonly firehose: FirehoseFaults;
  readonly lambda: LambdaFaults;
  readonly lambdaSettings: LambdaSettings;
  /** When the queue's faults end: until then it may double the messages faster than they are processed. */
  readonly queueCalmAfterMs: number;
  /** Whether the queue has a message that cannot be processed. */
  readonly hasBadMessage: boolean;
  /** The template of the events. @default - the default one */
  readonly template?: string;
  /** Deployed once everything is sent, before all claims are settled. Then the dead letters are redriven. @default - none */
  readonly laterTemplate?: string;
  /** The other half of the loop. @default - nothing is proven */
  readonly proof?: ProofScenario;
}

export interface ProofScenario extends DeliverySettings {
  readonly delivery: DeliveryFaults;
  readonly bucket: BucketFaults;
  /** Faults of the proof queue towards the producer. */
  readonly claims: QueueFaults;
  readonly prover: ProverFaults;
  readonly proverSettings: LambdaSettings;
}

/** One in this many worlds has a prover. Such a world takes days, so its run is small. */
export const worldsPerProof = 10;

/** One in this many worlds gets another template while claims wait, unless two random templates are the same. */
const worldsPerLaterTemplate = 70;

/** One in this many worlds has events of a random template. */
const worldsPerTemplate = 4;

/** In one in this many worlds, the events are sent to a Kinesis stream. */
const worldsPerKinesis = 3;

const hourMs = 3_600_000;

/** A probability: 0 in most worlds, otherwise up to a bound. */
type Sometimes = (inWorlds: number, most: number) => number;

/** The world of a seed, and its scenario: a small run, small slices, and each fault present or not. */
export function createScenario(seed: number): { world: World; scenario: Scenario } {
  const isProven = seed % worldsPerProof === 0;
  // Around an hour's end, where the prefixes of objects change.
  const world = new World(seed, worldStartMs + (isProven ? ((seed * 7_919) % 120_000) - 60_000 : 0));
  const run = createRun(world);
  const proven = isProven ? withProof(run, world, seed) : run;
  const isKinesis = (isProven ? seed / worldsPerProof : seed) % worldsPerKinesis === worldsPerKinesis - 1;
  const template = seed % worldsPerTemplate === worldsPerTemplate / 2 ? randomTemplate(seed) : undefined;
  const laterTemplate = randomTemplate(seed + 1);
  return {
    world,
    scenario: {
      ...(isKinesis ? withKinesis(proven, seed) : proven),
      ...(template && { template }),
      ...(seed % worldsPerLaterTemplate === 0 && laterTemplate !== template && { laterTemplate }),
    },
  };
}

function createRun(world: World): Scenario {
  const recordFormat = world.pick([...recordFormats, 'single', 'single'] as const);
  const isBad = world.chance(0.15);
  const sometimes: Sometimes = (inWorlds, most) => world.sometimes(isBad ? 2 * inWorlds : inWorlds, most);
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

/** A scenario with a prover: smaller, and in more slices. */
function withProof(scenario: Scenario, world: World, seed: number): Scenario {
  const bufferingSeconds = world.pick([0, 60, 300, 900]);
  const timeoutMs = world.pick([20_000, 300_000]);
  const count = Math.min(scenario.count, world.integer(1, 120));
  const eventsPerSlice = world.pick([40, 300]);
  const prefix = world.pick(['events/!{timestamp:yyyy/MM/dd/HH}/', '', 'raw/day=!{timestamp:yyyy-MM-dd}/']);
  const settings = { prefix, bufferingSeconds };
  const isShared = world.chance(0.5);
  return {
    ...scenario,
    count,
    settings: { ...scenario.settings, eventsPerSlice },
    proof: {
      ...(isShared ? sharedSettings(seed, settings) : settings),
      delivery: {
        lagMs: world.sometimes(0.3, 600_000),
        skewMs: world.chance(0.3) ? (world.random() - 0.5) * 480_000 : 0,
        older: world.sometimes(0.5, 1),
        late: world.sometimes(0.25, 0.5),
        lose: world.sometimes(0.2, 0.3),
        deleted: world.sometimes(0.1, 0.5),
        listingLagMs: world.sometimes(0.2, 300_000),
      },
      bucket: {
        fails: world.sometimes(0.2, 0.2),
        ...(world.chance(0.15) && { denied: deniedTimes(world) }),
        latencyMs: world.pick([10, 100, 500]),
      },
      claims: {
        queueFails: world.sometimes(0.2, 0.4),
        queueUnusable: world.sometimes(0.15, 0.2),
        queueStalls: world.sometimes(0.15, 0.1),
        queueRefuses: world.sometimes(0.2, 0.3),
        queueForbids: world.sometimes(0.1, 0.2),
        queueHangs: world.chance(0.02),
      },
      prover: {
        kill: world.sometimes(0.3, 0.5),
        deliverTwice: world.sometimes(0.3, 0.5),
        fails: world.sometimes(0.4, 0.9),
        queueDelayMs: world.pick([10, 1_000, 60_000]),
      },
      proverSettings: {
        ...proofQueueSettings(bufferingSeconds, timeoutMs),
        batchingWindowMs: world.pick([5_000, 60_000, 300_000]),
        batchSize: world.pick([1, 3, 100, 100]),
      },
    },
  };
}

/** The same, with a Kinesis stream before Firehose. It takes no random numbers from the world. */
function withKinesis(scenario: Scenario, seed: number): Scenario {
  const dice = new World(seed + 2);
  const { quota: _, ...firehose } = scenario.firehose;
  const shards: ShardSettings = {
    target: dice.pick(['kinesis', 'kinesis-on-demand']),
    count: dice.integer(1, 8),
    ...(dice.chance(0.3) && { later: { count: dice.integer(1, 8), afterMs: dice.random() * 20_000 } }),
    ...(dice.chance(0.3)
      ? { bytesPerSecond: 1_048_576, recordsPerSecond: 1_000 }
      : { bytesPerSecond: dice.integer(10_000, 100_000), recordsPerSecond: dice.integer(100, 1_000) }),
    hot: dice.pick([0, 1, 1, 2]),
    hotShare: 0.3 + dice.random() * 0.69,
  };
  // Behind a long retention, a claim waits for days.
  const retentionHours = dice.pick([24, 24, 24, 24, 48, 72, 168]);
  const reading: Reading = {
    retentionHours,
    lagMs: dice.sometimes(0.5, dice.pick([60_000, (retentionHours - 1) * hourMs])),
    createdAfterMs: dice.sometimes(0.1, 5_000),
    prefixTime: dice.pick(['arrival', 'reading']),
  };
  // A shard is hot only if many records were refused.
  const times = scenario.recordFormat === 'single' && !scenario.proof ? dice.pick([1, 1, 3]) : 1;
  return {
    ...scenario,
    count: times * scenario.count,
    firehose: { ...firehose, shards },
    ...(scenario.proof && { proof: { ...scenario.proof, reading } }),
  };
}

const timeZones = [
  'Asia/Calcutta',
  'Asia/Katmandu',
  'Australia/Lord_Howe',
  'America/New_York',
  'Pacific/Apia',
];

/** A stream and a bucket of others. It takes no random numbers from the world, so that a seed's other faults stay the same. */
function sharedSettings(seed: number, settings: DeliverySettings): DeliverySettings {
  const dice = new World(seed + 1);
  const isHealthy = dice.chance(0.4);
  const obstacles = dice.pick<readonly Obstacle[]>([
    ['content'],
    ['content'],
    ['content'],
    ['access', 'content'],
  ]);
  // A claim waits for access for days, and gunzip takes real time.
  const isLong = !isHealthy && obstacles.includes('access');
  return {
    ...settings,
    ...(dice.chance(0.3) && { prefixTimeZone: dice.pick(timeZones) }),
    // Objects may land 1.5 times the buffering interval late.
    ...(dice.chance(0.2) && {
      prefix: 'customer=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy/MM/dd/HH}/',
      partition: { customer: 'canary' },
      bufferingSeconds: 1.5 * settings.bufferingSeconds,
    }),
    sharing: {
      seed,
      records: dice.sometimes(0.8, 0.9),
      delimited: dice.pick([0, 0.5, 1]),
      appendsDelimiter: dice.chance(0.2),
      compression: isLong || dice.chance(0.6) ? 'UNCOMPRESSED' : dice.pick(compressionNames),
      keepsGzip: !isLong,
      ...(dice.chance(0.2)
        ? { match: 'id', changes: dice.pick([0.5, 1]) }
        : { match: 'bytes', changes: isHealthy ? 0 : dice.sometimes(0.2, 0.3) }),
      objects: dice.integer(0, 6),
      unreadable: isHealthy ? 0 : dice.sometimes(0.3, 0.5),
      obstacles,
    },
  };
}

/** The settings of the proof queue and the prover, as the stack has them, for a timeout. */
export function proofQueueSettings(
  bufferingSeconds: number,
  timeoutMs: number,
): Omit<LambdaSettings, 'batchSize'> {
  return {
    delayMs: Math.min(900, bufferingSeconds + 15) * 1_000,
    timeoutMs,
    visibilityTimeoutMs: timeoutMs + 60_000,
    maxReceiveCount: claimMaxReceives,
    retentionMs: claimRetentionDays * 24 * hourMs,
    maxConcurrency: 2,
  };
}

/** Some buckets stay denied for longer than the queue keeps a claim. */
function deniedTimes(world: World): readonly [fromMs: number, toMs: number] {
  const fromMs = world.now() + world.random() * world.pick([60_000, hourMs]);
  return [fromMs, fromMs + world.pick([world.random(), 25 + world.random() * 5, 200]) * hourMs];
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
    ...(world.chance(0.2) && { outage: [world.random() * 5_000, world.random() * 60_000] as const }),
    ...(world.chance(0.3) && {
      quota: {
        bytesPerSecond: world.integer(20_000, 200_000),
        later: { bytesPerSecond: world.integer(20_000, 400_000), afterMs: world.random() * 20_000 },
      },
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
