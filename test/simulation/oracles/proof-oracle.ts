import { type Claim, claimMaxReceives } from '../../../lambda/contract/claim.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { DeliveredObject } from '../aws/delivery.ts';
import type { Message } from '../aws/queue.ts';
import type { Ended } from '../worlds/lambda.ts';
import type { ProofWorld } from '../worlds/proof-world.ts';
import type { Judgement } from '../worlds/prover.ts';
import type { CopiesBySender } from './report-oracle.ts';

const dayMs = 24 * 3_600_000;

export interface FinishedProof {
  readonly uuids: readonly string[];
  readonly ended: readonly Ended[];
  readonly copies: CopiesBySender;
  readonly proof: ProofWorld;
  /** When another template may have been deployed. */
  readonly changedMs: number;
}

export function findProofViolations(finished: FinishedProof): string[] {
  const { prover } = finished.proof;
  return [
    ...prover.violations,
    ...findWrongClaims(finished),
    ...findForgottenClaims(finished),
    ...prover.queue.messages.flatMap((claim) =>
      prover.judgements
        .filter(({ messageId }) => messageId === claim.id)
        .flatMap((judgement) => [
          ...findWrongProof(claim, judgement, finished),
          ...findLostTooEarly(claim, judgement, finished),
          ...findWrongPayloads(claim, judgement, finished),
          ...findGivenUpTooEarly(claim, judgement, finished),
        ]),
    ),
    ...findUnaccounted(finished),
  ];
}

/** Every acknowledged event is in a claim, sent or reported as unsent, and no other event is. */
function findWrongClaims({ uuids, ended, copies, proof }: FinishedProof): string[] {
  return ended.flatMap(({ invocation, works, killed }) => {
    const { traffic, unsent } = proof.claimed.get(invocation)!;
    const isClaimed = new Uint8Array(uuids.length);
    for (const { slices } of [...traffic.taken.map(({ item }) => item), ...unsent]) {
      for (const [from, to] of slices) {
        isClaimed.fill(1, from, to);
      }
    }
    const isAcknowledged = new Uint8Array(uuids.length);
    for (const index of works.flatMap((work) => copies.get(work)?.acknowledged ?? [])) {
      isAcknowledged[index] = 1;
    }
    // A killed invocation may have claimed nothing.
    const wrong = isClaimed.findIndex((is, index) => is !== isAcknowledged[index] && (is === 1 || !killed));
    const how = isClaimed[wrong] ? 'claimed without being acknowledged' : 'acknowledged and not claimed';
    return wrong === -1 ? [] : [`invocation ${invocation}: event ${wrong} is ${how}`];
  });
}

/** The queue never drops a claim. */
function findForgottenClaims({ proof: { prover } }: FinishedProof): string[] {
  const forgotten = prover.queue.messages.filter(({ gone }) => gone !== 'deleted');
  return forgotten.map(({ id, gone }) => `${id} has no verdict: ${gone ?? 'it is still in the queue'}`);
}

/** Every event of a proven claim was in an object that had landed. */
function findWrongProof(claim: Message, judgement: Judgement, { uuids, proof }: FinishedProof): string[] {
  const { verdict, times } = judgement;
  const missing =
    verdict === 'proven' ? indicesOf(claim).find((index) => !isIn(proof, uuids[index]!, times)) : undefined;
  return missing === undefined ? [] : [`${claim.id} is called proven without event ${missing}`];
}

/** Whether an object with an event could be read in this time. */
function isIn({ bucket }: ProofWorld, uuid: string, [startedMs, endedMs]: Judgement['times']): boolean {
  return bucket.objects.some(
    ({ uuids, landedMs, deletedMs }) => uuids.has(uuid) && landedMs <= endedMs && deletedMs > startedMs,
  );
}

/**
 * No event is called lost that landed within a day, as all objects do, and stays. A copy of an earlier invocation may
 * have landed before the claim's events were sent; the prover does not look for it.
 */
function findLostTooEarly(claim: Message, judgement: Judgement, { uuids, proof }: FinishedProof): string[] {
  if (judgement.verdict === 'unproven') {
    return [];
  }
  const { sentFromMs } = JSON.parse(claim.body) as Claim;
  const stays = ({ landedMs, deletedMs }: DeliveredObject) =>
    landedMs >= sentFromMs && deletedMs > judgement.times[1];
  const early = eventsIn(judgement.payloads).find((index) =>
    proof.bucket.objects.some((object) => object.uuids.has(uuids[index]!) && stays(object)),
  );
  return early === undefined ? [] : [`${claim.id}: event ${early} is called lost, and it is not`];
}

/**
 * The payloads of a lost claim have exactly its missing events. Those of an unproven claim have events that landed,
 * too, unless these could be read.
 */
function findWrongPayloads(claim: Message, judgement: Judgement, { uuids, proof }: FinishedProof): string[] {
  const { verdict, failed, payloads, times } = judgement;
  const sentAgain = new Set(eventsIn(payloads));
  const expected = indicesOf(claim);
  const foreign = [...sentAgain].find((index) => !expected.includes(index));
  if (foreign !== undefined) {
    return [`${claim.id}: a payload has event ${foreign}, which was not claimed`];
  }
  if ((verdict !== 'lost' && verdict !== 'unproven') || failed) {
    return [];
  }
  const isUnreadable = verdict === 'unproven' && proof.bucket.isDenied(...times);
  const missing = expected.find(
    (index) => !sentAgain.has(index) && (isUnreadable || !isIn(proof, uuids[index]!, times)),
  );
  return missing === undefined ? [] : [`${claim.id}: event ${missing} is missing and in no payload`];
}

/** A claim is given up only if another template was deployed, or if the bucket is unreadable, and then within a day or 100 deliveries of the queue's limits. */
function findGivenUpTooEarly(
  claim: Message,
  judgement: Judgement,
  { proof, changedMs }: FinishedProof,
): string[] {
  const { verdict, times, receives } = judgement;
  const isKept = times[0] - claim.sentMs < 6 * dayMs && receives < claimMaxReceives - 100;
  const isWrong =
    verdict === 'unproven' && times[0] < changedMs && (isKept || proof.bucket.isReadable(...times));
  return isWrong ? [`${claim.id} is given up too early`] : [];
}

/** Every claimed event is in the bucket or in a payload. */
function findUnaccounted({ uuids, proof: { bucket, prover, deadLetters } }: FinishedProof): string[] {
  const sentAgain = new Set(eventsIn(deadLetters.map(({ body }) => body)));
  const landed = new Set(bucket.objects.flatMap((object) => [...object.uuids]));
  return prover.queue.messages.flatMap((claim) => {
    const lost = indicesOf(claim).find((index) => !landed.has(uuids[index]!) && !sentAgain.has(index));
    return lost === undefined ? [] : [`${claim.id}: event ${lost} is neither in the bucket nor in a payload`];
  });
}

function indicesOf({ body }: Message): number[] {
  return (JSON.parse(body) as Claim).slices.flatMap(range);
}

function eventsIn(bodies: readonly string[]): number[] {
  const payloads = bodies.map((body): RunSlice => JSON.parse(body));
  return payloads.flatMap(({ from, to, slices = [[from, to]] }) => slices.flatMap(range));
}

function range([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from }, (_, place) => from + place);
}
