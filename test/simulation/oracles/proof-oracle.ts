import { type Claim, claimMaxReceives } from '../../../lambda/contract/claim.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { Obstacle } from '../aws/neighbours.ts';
import type { Message } from '../aws/queue.ts';
import type { Ended } from '../worlds/lambda.ts';
import type { ProofWorld } from '../worlds/proof-world.ts';
import type { Judgement } from '../worlds/prover.ts';
import type { CopiesBySender } from './report-oracle.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The prover allows clocks to differ. */
const clockMs = 5 * 60_000 + 2_000;

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
          ...findFalseAlarms(claim, judgement, finished),
          ...findWrongPayloads(claim, judgement, finished),
          ...findGivenUpTooEarly(claim, judgement, finished),
          ...findLostTooEarly(claim, judgement, finished),
          ...findWrongCorruptions(claim, judgement, finished),
          ...findWrongDuplicates(claim, judgement, finished),
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
    ({ uuids, landedMs, deletedMs, obstacle }) =>
      !obstacle && uuids.has(uuid) && landedMs <= endedMs && deletedMs > startedMs,
  );
}

/**
 * No event is called lost that landed within a day, as all objects do, and stays, or that may be in an unreadable object. None is
 * called unproven that landed in a readable one, whatever else cannot be read. Copies of other
 * invocations do not count.
 */
function findFalseAlarms(
  claim: Message,
  { verdict, times: [startedMs, endedMs], payloads }: Judgement,
  { uuids, proof: { bucket }, changedMs }: FinishedProof,
): string[] {
  const { sentFromMs, sentToMs } = JSON.parse(claim.body) as Claim;
  const isUnproven = verdict === 'unproven';
  // Calls may fail for 26 hours.
  const isCalm = startedMs > sentToMs + 26 * hourMs && startedMs < changedMs;
  if (isUnproven && !(isCalm && bucket.isReadable(startedMs, endedMs))) {
    return [];
  }
  const objects = bucket.objects.filter(
    ({ landedMs, listedMs, deletedMs, obstacle }) =>
      landedMs >= sentFromMs && deletedMs > endedMs && (!isUnproven || (!obstacle && listedMs <= startedMs)),
  );
  const isUnknown = objects.some(
    ({ obstacle, openedMs, closesMs, listedMs }) =>
      obstacle && openedMs <= sentToMs && closesMs >= sentFromMs && listedMs <= startedMs,
  );
  const isOfClaim = (cameMs: number) => cameMs >= sentFromMs && cameMs <= sentToMs;
  const early = eventsIn(payloads).find(
    (index) => isUnknown || objects.some((object) => object.uuids.get(uuids[index]!)?.some(isOfClaim)),
  );
  const word = isUnproven ? 'unproven' : 'lost';
  return early === undefined ? [] : [`${claim.id}: event ${early} is called ${word}, and it is not`];
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

/**
 * A claim is given up only if another template was deployed, if content is unreadable that may be its events, or if the bucket or
 * an object refuses to be read or events may still land, and then within a day or 100 deliveries of the queue's limits.
 */
function findGivenUpTooEarly(
  claim: Message,
  { verdict, times, receives }: Judgement,
  { proof: { bucket, lostAfterMs }, changedMs }: FinishedProof,
): string[] {
  const { sentFromMs, sentToMs } = JSON.parse(claim.body) as Claim;
  const isObstacle = (kind: Obstacle) =>
    bucket.objects.some(
      ({ obstacle, landedMs, deletedMs }) =>
        obstacle === kind && landedMs > sentFromMs - clockMs && landedMs <= times[1] && deletedMs > times[0],
    );
  const isKept = times[0] - claim.sentMs < 6 * dayMs && receives < claimMaxReceives - 100;
  const mayLand = times[0] - claim.sentMs >= 6 * dayMs && times[0] - sentToMs < lostAfterMs;
  const isRefused = !isKept && (!bucket.isReadable(...times) || isObstacle('access') || mayLand);
  const isOld = times[0] - sentToMs >= lostAfterMs;
  const isRight = isRefused || (isOld && isObstacle('content')) || times[0] >= changedMs;
  return verdict === 'unproven' && !isRight ? [`${claim.id} is given up too early`] : [];
}

/** No event is called lost as long as it may land. */
function findLostTooEarly(claim: Message, { verdict, times }: Judgement, { proof }: FinishedProof): string[] {
  const { sentToMs } = JSON.parse(claim.body) as Claim;
  const isEarly = verdict === 'lost' && times[0] - sentToMs < proof.lostAfterMs;
  return isEarly ? [`${claim.id} is called lost too early`] : [];
}

/** In a shared bucket exactly the objects are corrupt in which another program changed events of the claims. */
function findWrongCorruptions(
  claim: Message,
  { verdict, times, corruptKeys }: Judgement,
  { uuids, proof: { bucket, isShared }, changedMs }: FinishedProof,
): string[] {
  if (!isShared || corruptKeys === undefined || times[0] >= changedMs) {
    return [];
  }
  const { sentFromMs } = JSON.parse(claim.body) as Claim;
  const objects = bucket.objects.filter(({ changed, obstacle }) => changed.size > 0 && !obstacle);
  const wrong = corruptKeys.find((name) => !objects.some(({ key }) => key === name));
  const ofClaim = indicesOf(claim).map((index) => uuids[index]!);
  const overlooked =
    verdict === 'lost' &&
    objects.find(
      (object) =>
        object.landedMs >= sentFromMs &&
        object.listedMs <= times[0] &&
        object.deletedMs > times[1] &&
        ofClaim.some((uuid) => object.changed.has(uuid)) &&
        !corruptKeys.includes(object.key),
    );
  return [
    ...(wrong === undefined ? [] : [`${wrong} is called corrupt, and nobody changed an event in it`]),
    ...(overlooked ? [`${overlooked.key} has changed events, and is not called corrupt`] : []),
  ];
}

/** Only events of which several copies landed are called duplicated. */
function findWrongDuplicates(
  claim: Message,
  { duplicated, times }: Judgement,
  { uuids, proof: { bucket } }: FinishedProof,
): string[] {
  const copiesOf = (index: number) =>
    bucket.objects
      .filter(({ landedMs }) => landedMs <= times[1])
      .reduce((sum, object) => sum + (object.uuids.get(uuids[index]!)?.length ?? 0), 0);
  const most = duplicated && indicesOf(claim).filter((index) => copiesOf(index) > 1).length;
  return duplicated > most ? [`${claim.id} has ${duplicated} duplicates, not ${most}`] : [];
}

/** Every claimed event is in the bucket or in a payload. */
function findUnaccounted({ uuids, proof: { bucket, prover, deadLetters } }: FinishedProof): string[] {
  const sentAgain = new Set(eventsIn(deadLetters.map(({ body }) => body)));
  const landed = new Set(bucket.objects.flatMap((object) => [...object.uuids.keys()]));
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
