import { type Claim, claimMaxReceives } from '../../../lambda/contract/claim.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { ClaimInQueue, Judgement } from '../aws/proof-queue.ts';
import type { StreamObject } from '../aws/stream-bucket.ts';
import type { Ended } from '../worlds/lambda.ts';
import type { ProofWorld } from '../worlds/proof-world.ts';
import type { CopiesBySender } from './report-oracle.ts';

const hourMs = 3_600_000;

/** A simulated proof that has come to rest. */
export interface FinishedProof {
  /** The UUIDs of the run, in order. */
  readonly uuids: readonly string[];
  /** What the producer's invocations did. */
  readonly ended: readonly Ended[];
  /** What is in the stream, by who put it there. */
  readonly copies: CopiesBySender;
  /** The bucket, the proof queue and the prover. */
  readonly proof: ProofWorld;
}

/** Everything that may not be, once every claim was looked at. */
export function findProofViolations(finished: FinishedProof): string[] {
  const { queue } = finished.proof;
  return [
    ...queue.violations,
    ...findWrongClaims(finished),
    ...findForgottenClaims(finished),
    ...queue.claims.flatMap((claim) =>
      queue.judgements
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

/** What an invocation claims, or says that it could not claim, is what Firehose acknowledged to it. */
function findWrongClaims({ uuids, ended, copies, proof }: FinishedProof): string[] {
  return ended.flatMap(({ invocation, works, killed }) => {
    const { traffic, unsent } = proof.claimed.get(invocation)!;
    const told = [...traffic.taken.map(({ slice }) => slice), ...unsent];
    const isClaimed = marked(uuids.length, told.flatMap(slicesOf));
    const isAcknowledged = new Uint8Array(uuids.length);
    for (const index of works.flatMap((work) => copies.get(work)?.acknowledged ?? [])) {
      isAcknowledged[index] = 1;
    }
    // Who was killed may have told nobody.
    const wrong = isClaimed.findIndex((is, index) => is !== isAcknowledged[index] && (is === 1 || !killed));
    const how = isClaimed[wrong] ? 'claimed without being acknowledged' : 'acknowledged and not claimed';
    return wrong === -1 ? [] : [`invocation ${invocation}: event ${wrong} is ${how}`];
  });
}

/** A claim leaves the queue only after a verdict that settles it. */
function findForgottenClaims({ proof: { queue } }: FinishedProof): string[] {
  return queue.claims.flatMap(({ id, isDeleted, settledBy }) => {
    const isSettled = settledBy.every((by) => by && by.verdict !== 'waiting' && !by.failed);
    return isDeleted && isSettled && settledBy.length > 0 ? [] : [`${id} has no verdict`];
  });
}

/** Of a proven claim, every event was in an object that had landed. */
function findWrongProof(claim: ClaimInQueue, said: Judgement, { uuids, proof }: FinishedProof): string[] {
  if (said.verdict !== 'proven') {
    return [];
  }
  const [startedMs, saidMs] = said.times;
  const missing = indicesOf(claim).find(
    (index) =>
      !proof.bucket.objects.some(
        ({ uuids: has, landedMs, deletedMs }) =>
          has.has(uuids[index]!) && landedMs <= saidMs && deletedMs > startedMs,
      ),
  );
  return missing === undefined ? [] : [`${claim.id} is called proven without event ${missing}`];
}

/**
 * Nothing is called lost that landed within a day, all objects do, and stays. A copy that an earlier invocation sent may have landed
 * before the sending of the claim; the prover does not look for it.
 */
function findLostTooEarly(claim: ClaimInQueue, said: Judgement, { uuids, proof }: FinishedProof): string[] {
  if (said.verdict === 'unproven') {
    return [];
  }
  const { sentFromMs } = JSON.parse(claim.body) as Claim;
  const stays = ({ landedMs, deletedMs }: StreamObject) =>
    landedMs >= sentFromMs && deletedMs > said.times[1];
  const early = eventsIn(said.buried).find((index) =>
    proof.bucket.objects.some((object) => object.uuids.has(uuids[index]!) && stays(object)),
  );
  return early === undefined ? [] : [`${claim.id}: event ${early} is called lost, and it is not`];
}

/**
 * The payloads of a lost claim hold exactly the missing events, and there are none of other claims. Those of an unproven claim
 * hold what landed, too, unless it could be read.
 */
function findWrongPayloads(claim: ClaimInQueue, said: Judgement, { uuids, proof }: FinishedProof): string[] {
  const buried = new Set(eventsIn(said.buried));
  const expected = indicesOf(claim);
  const stranger = [...buried].find((index) => !expected.includes(index));
  if (stranger !== undefined) {
    return [`${claim.id}: a payload has event ${stranger}, which was not claimed`];
  }
  const isGivenUp = said.verdict === 'unproven';
  if ((said.verdict !== 'lost' && !isGivenUp) || said.failed) {
    return [];
  }
  const [startedMs, saidMs] = said.times;
  const readable = isGivenUp && isDenied(said, proof) ? [] : proof.bucket.objects;
  const gone = expected.find(
    (index) =>
      !buried.has(index) &&
      !readable.some(
        ({ uuids: has, landedMs, deletedMs }) =>
          has.has(uuids[index]!) && landedMs <= saidMs && deletedMs > startedMs,
      ),
  );
  return gone === undefined ? [] : [`${claim.id}: event ${gone} is missing and in no payload`];
}

/** Nobody gives up a claim as long as the queue keeps it for more than a day and 100 deliveries, nor while the bucket can be read. */
function findGivenUpTooEarly(claim: ClaimInQueue, said: Judgement, { proof }: FinishedProof): string[] {
  if (said.verdict !== 'unproven') {
    return [];
  }
  const [startedMs, saidMs] = said.times;
  const [deniedFromMs, deniedToMs] = proof.bucket.denied;
  const isReadable = saidMs < deniedFromMs || startedMs >= deniedToMs;
  const isKept = startedMs - claim.sentMs < 6 * 24 * hourMs && said.receives < claimMaxReceives - 100;
  return isReadable || isKept ? [`${claim.id} is given up too early`] : [];
}

/** Whether the bucket could not be read in a whole look. */
function isDenied({ times: [startedMs, saidMs] }: Judgement, { bucket: { denied } }: ProofWorld): boolean {
  return startedMs >= denied[0] && saidMs < denied[1];
}

/** Every event of a claim that was sent is in the bucket and proven, or in a payload. */
function findUnaccounted({ uuids, proof: { bucket, queue } }: FinishedProof): string[] {
  const buried = new Set(eventsIn(queue.buried));
  const landed = new Set(bucket.objects.flatMap((object) => [...object.uuids]));
  return queue.claims.flatMap((claim) => {
    const lost = indicesOf(claim).find((index) => !landed.has(uuids[index]!) && !buried.has(index));
    return lost === undefined ? [] : [`${claim.id}: event ${lost} is neither in the bucket nor in a payload`];
  });
}

function slicesOf({ slices }: Claim): RunSlice[] {
  return slices.map(([from, to]) => ({ runId: '', from, to }));
}

function marked(length: number, slices: readonly RunSlice[]): Uint8Array {
  const marks = new Uint8Array(length);
  for (const { from, to } of slices) {
    marks.fill(1, from, to);
  }
  return marks;
}

function indicesOf({ body }: ClaimInQueue): number[] {
  return (JSON.parse(body) as Claim).slices.flatMap(range);
}

/** The events of payloads. */
function eventsIn(bodies: readonly string[]): number[] {
  return bodies.flatMap((body) => {
    const { from, to } = JSON.parse(body) as RunSlice;
    return range([from, to]);
  });
}

function range([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from }, (_, place) => from + place);
}
