import type { Claim } from '../../../lambda/contract/claim.ts';
import { createProver } from '../../../lambda/prover/claims/prover.ts';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import { ProofQueue, type ProofQueueFaults, type ProofQueueSettings } from '../aws/proof-queue.ts';
import { type QueueFaults, QueuePort, QueueTraffic } from '../aws/queue-port.ts';
import { type BucketFaults, StreamBucket } from '../aws/stream-bucket.ts';
import type { InvocationWorld } from './lambda.ts';
import type { ClaimSender } from './producer.ts';
import type { World } from './world.ts';

/** When a missing event is lost, as the stack has it. */
const lostAfterHours = 25;

const hourMs = 3_600_000;

/** What an invocation of the producer claimed. */
export interface InvocationClaims {
  /** What it and the proof queue told each other. */
  readonly traffic: QueueTraffic<Claim>;
  /** What it says that it could not send. */
  readonly unsent: Claim[];
}

/** The other half of the loop in a simulated world: the bucket, the proof queue and the prover's own code. */
export class ProofWorld {
  /** Where records land. */
  readonly bucket: StreamBucket;
  /** Claims that wait, and what became of the others. */
  readonly queue: ProofQueue;
  /** What was claimed, by the number of the producer's invocation. */
  readonly claimed = new Map<number, InvocationClaims>();
  readonly #port: QueuePort;

  constructor(world: World, deliveryStreamName: string, createReader: CreateLineReader) {
    const bufferingSeconds = world.pick([0, 60, 300, 900]);
    const prefix = world.pick(['events/!{timestamp:yyyy/MM/dd/HH}/', '', 'raw/day=!{timestamp:yyyy-MM-dd}/']);
    this.bucket = new StreamBucket(world, bucketFaults(world), prefix, bufferingSeconds);
    const environment = {
      deliveryStreamName,
      bucketName: 'simulated-bucket',
      prefix,
      errorPrefix: 'errors/',
      bufferingSeconds,
      isShared: world.chance(0.5),
      lostAfterHours,
      proofQueueUrl: 'https://queue.invalid/proof',
      deadLetterQueueUrl: 'https://queue.invalid/dead',
      timeFactor: 1,
    };
    const settings = queueSettings(world, bufferingSeconds);
    this.queue = new ProofQueue(world, settings, queueFaults(world), ({ whileAlive, ...ports }) =>
      createProver({
        createReader,
        environment,
        bucket: this.bucket.connect(whileAlive),
        ...ports,
        clock: {
          now: world.now,
          random: world.random,
          sleep: (durationMs, signal) => whileAlive(world.sleep(durationMs, signal)),
        },
      }),
    );
    this.#port = new QueuePort(world, claimFaults(world), (body) => this.queue.send(body));
  }

  /** Where an invocation of the producer sends its claims. */
  senderOf({ invocation }: InvocationWorld): ClaimSender {
    const traffic = new QueueTraffic<Claim>();
    const unsent: Claim[] = [];
    this.claimed.set(invocation, { traffic, unsent });
    return { sendMessages: this.#port.connect(traffic), onUnsent: (claim) => unsent.push(claim) };
  }
}

function bucketFaults(world: World): BucketFaults {
  const sometimes = (inWorlds: number, most: number) => (world.chance(inWorlds) ? world.random() * most : 0);
  const deniedMs = world.now() + world.random() * world.pick([60_000, hourMs]);
  // Some wait longer than the queue keeps a claim.
  const deniedForMs = world.pick([world.random(), 25 + world.random() * 5, 200]) * hourMs;
  return {
    lagMs: sometimes(0.3, 600_000),
    skewMs: sometimes(0.3, 480_000) && (world.random() - 0.5) * 480_000,
    older: sometimes(0.5, 1),
    late: sometimes(0.25, 0.5),
    lose: sometimes(0.2, 0.3),
    deleted: sometimes(0.1, 0.5),
    listingLagMs: sometimes(0.2, 300_000),
    fails: sometimes(0.2, 0.2),
    ...(world.chance(0.15) && { denied: [deniedMs, deniedMs + deniedForMs] as const }),
    latencyMs: world.pick([10, 100, 500]),
  };
}

function queueFaults(world: World): ProofQueueFaults {
  const sometimes = (inWorlds: number, most: number) => (world.chance(inWorlds) ? world.random() * most : 0);
  return {
    kill: sometimes(0.3, 0.5),
    deliverTwice: sometimes(0.3, 0.5),
    fails: sometimes(0.4, 0.9),
    delayMs: world.pick([10, 1_000, 60_000]),
  };
}

function queueSettings(world: World, bufferingSeconds: number): ProofQueueSettings {
  const timeoutMs = world.pick([20_000, 300_000]);
  return {
    firstLookMs: Math.min(900, bufferingSeconds + 15) * 1_000,
    timeoutMs,
    visibilityTimeoutMs: timeoutMs + 60_000,
    windowMs: world.pick([5_000, 60_000, 300_000]),
    batchSize: world.pick([1, 3, 100, 100]),
  };
}

function claimFaults(world: World): QueueFaults {
  const sometimes = (inWorlds: number, most: number) => (world.chance(inWorlds) ? world.random() * most : 0);
  return {
    queueFails: sometimes(0.2, 0.4),
    queueUnusable: sometimes(0.15, 0.2),
    queueStalls: sometimes(0.15, 0.1),
    queueRefuses: sometimes(0.2, 0.3),
    queueForbids: sometimes(0.1, 0.2),
    queueHangs: world.chance(0.02),
  };
}
