import type { Claim } from '../../../lambda/contract/claim.ts';
import type { Target } from '../../../lambda/contract/targets.ts';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import { createIdReader } from '../../../lambda/prover/lines/id-text.ts';
import type { OutgoingMessage } from '../../../lambda/runtime/batches.ts';
import { madeForOf } from '../../../lambda/template/deployed.ts';
import { SimulatedBucket } from '../aws/bucket.ts';
import { type DeliveredObject, Delivery } from '../aws/delivery.ts';
import { QueuePort, QueueTraffic } from '../aws/queue-port.ts';
import type { ClaimSender } from './producer.ts';
import { SimulatedProver } from './prover.ts';
import type { ProofScenario } from './scenario.ts';
import type { World } from './world.ts';

export interface InvocationClaims {
  readonly traffic: QueueTraffic<Claim>;
  readonly unsent: Claim[];
}

/** The other half of the loop: delivery to the bucket, the proof queue and the prover. */
export class ProofWorld {
  readonly isShared: boolean;
  readonly bucket: SimulatedBucket<DeliveredObject>;
  readonly delivery: Delivery;
  readonly prover: SimulatedProver;
  readonly deadLetters: OutgoingMessage[] = [];
  /** By the number of the producer's invocation. */
  readonly claimed = new Map<number, InvocationClaims>();
  /** Age at which a missing event is lost. */
  readonly lostAfterMs: number;
  readonly #port: QueuePort;

  constructor(
    world: World,
    scenario: ProofScenario,
    { deliveryStreamName, target }: { readonly deliveryStreamName: string; readonly target: Target },
    deployed: () => { readonly createReader: CreateLineReader; readonly template: string | undefined },
  ) {
    const { prefix, prefixTimeZone, partition, bufferingSeconds, sharing, proverSettings } = scenario;
    const { match = 'bytes' } = sharing ?? {};
    const lostAfterHours = (scenario.reading?.retentionHours ?? 24) + 1;
    this.lostAfterMs = lostAfterHours * 3_600_000;
    this.isShared = sharing !== undefined;
    this.bucket = new SimulatedBucket<DeliveredObject>(world, scenario.bucket);
    this.delivery = new Delivery(world, this.bucket, scenario.delivery, scenario);
    this.prover = new SimulatedProver(world, proverSettings, scenario.prover, {
      deployed: () => ({
        createReader: match === 'id' ? createIdReader : deployed().createReader,
        madeFor: madeForOf({ deliveryStreamName, prefix: '' }, deployed().template),
      }),
      environment: {
        ...{ deliveryStreamName, prefix, prefixTimeZone, partition, bufferingSeconds },
        target,
        isShared: this.isShared,
        match,
        producerName: 'simulation/Producer',
        bucketName: 'simulated-bucket',
        errorPrefix: 'errors/',
        lostAfterHours,
        proofQueueUrl: 'https://queue.invalid/proof',
        deadLetterQueueUrl: 'https://queue.invalid/dead',
        timeFactor: 1,
      },
      connectBucket: this.bucket.connect,
      onDeadLetter: (message) => this.deadLetters.push(message),
    });
    this.#port = new QueuePort(world, scenario.claims, this.prover.queue.send);
  }

  /** Where an invocation of the producer sends its claims. */
  senderOf(invocation: number): ClaimSender {
    const claims: InvocationClaims = { traffic: new QueueTraffic<Claim>(), unsent: [] };
    this.claimed.set(invocation, claims);
    return {
      sendMessages: this.#port.connect(claims.traffic),
      onUnsent: (unsent) => claims.unsent.push(...unsent),
    };
  }
}
