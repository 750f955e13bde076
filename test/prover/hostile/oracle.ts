import { mergeSlices, pairsLength, subtractSlices } from '../../../lambda/contract/slice.ts';
import { type HostileCase, type HostileMessage, type HostileObject, keyStart, skewMs } from './case.ts';
import type { ToldLie } from './fake-aws.ts';
import type { VisibleEvent } from './objects.ts';

/** What an invocation of the prover did. */
export interface Outcome {
  /** The places of the messages that stay in the queue. */
  readonly kept: readonly number[];
  /** By the place of the message. */
  readonly verdicts: ReadonlyMap<number, string>;
  readonly letters: readonly string[];
  readonly told: readonly ToldLie[];
  /** Why objects could not be read, as the log says. */
  readonly reasons: readonly string[];
  /** Keys of the objects with corrupt lines. */
  readonly corruptKeys: readonly string[];
  /** How long it took. */
  readonly durationMs: number;
  /** An error that is no ReadingError. */
  readonly error?: Error;
}

type HostileClaim = NonNullable<HostileMessage['claim']>;

const [secondMs, hourMs] = [1_000, 3_600_000];

/** Lies after which no byte of the object was there to read. */
const isNothing = new Set([
  'gone',
  'html',
  'error200',
  'error500',
  'denied',
  'part',
  'other version',
  'changed',
]);

/** Everything that an invocation did wrong. It knows where each event is, and nothing of how the prover works. */
export function findViolations(hostile: HostileCase, outcome: Outcome): string[] {
  const { messages, timeMs } = hostile;
  const { kept, verdicts, durationMs, error } = outcome;
  const invalid = messages.flatMap(({ body, claim }) => (claim ? [] : [body]));
  const letters = outcome.letters.filter((letter) => !invalid.includes(letter));
  return [
    ...(error ? [`it failed: ${error.stack}`] : []),
    ...(durationMs > timeMs ? [`it took ${durationMs} ms of ${timeMs} ms`] : []),
    ...messages.flatMap(({ body, claim }, place) => {
      const verdict = verdicts.get(place);
      const isSettled = !kept.includes(place);
      const found =
        claim === undefined
          ? findInvalid(verdict, isSettled && !outcome.letters.includes(body))
          : findWrongVerdict(hostile, { ...outcome, letters }, messages[place]!, claim, verdict, isSettled);
      return found.map((violation) => `message ${place}, ${verdict}: ${violation}`);
    }),
    ...findForeignLetters(hostile, letters),
    ...findWrongCorruptions(hostile, outcome.corruptKeys),
  ];
}

function findInvalid(verdict: string | undefined, isGone: boolean): string[] {
  return [
    ...(verdict === undefined ? [] : ['a message that is no claim has a verdict']),
    ...(isGone ? ['a message that is no claim is gone'] : []),
  ];
}

function findWrongVerdict(
  hostile: HostileCase,
  { letters, told, reasons, durationMs }: Outcome,
  { receives, madeFor }: HostileMessage,
  claim: HostileClaim,
  verdict: string | undefined,
  isSettled: boolean,
): string[] {
  const { checkMs, timeMs, isQuick, template, environment, objects } = hostile;
  const isOther = madeFor === 'another';
  // Without a word on its template, only the default one is certain.
  const isOurs = !isOther && (madeFor === undefined || template.source === undefined);
  const { must, may } = eventsOf(hostile, claim, durationMs);
  const count = pairsLength(claim.slices);
  const sentAgain = mergeSlices(letters.flatMap((letter) => slicesOf(letter, claim.runId)));
  const notSentAgain = claim.slices.flatMap(([from, to]) => subtractSlices({ from, to }, sentAgain));
  const ageMs = checkMs - claim.trueToMs;
  // An unreadable object of a shared bucket may hold the events.
  const mayBeUnreadable =
    environment.isShared && ageMs >= 24.5 * hourMs && objects.some(({ content }) => content !== 'readable');
  const violations: string[] = [];
  const expect = (isRight: boolean, violation: string) => void (isRight || violations.push(violation));

  expect(
    !isSettled || ['proven', 'lost', 'unproven'].includes(verdict ?? ''),
    'it is gone without a verdict',
  );
  if (verdict === 'proven') {
    expect(!isOther, 'a wrong proven: it was made for another deployment');
    expect(may.size === count, `a wrong proven: ${count - may.size} of ${count} events are nowhere`);
  }
  if (verdict === 'lost') {
    expect(isOurs, 'a wrong lost: it may have been made for another deployment');
    const early = [...must].find(([index]) => sentAgain.some(([from, to]) => index >= from && index < to));
    expect(early === undefined, `a wrong lost: event ${early?.[0]} is in ${early?.[1]}`);
    expect(must.size < count, 'a wrong lost: no event is missing');
    const lie = told.find((each) => isAbout(hostile, claim, each));
    expect(lie === undefined, `a wrong lost: unread, ${lie?.kind} of ${lie?.prefix ?? lie?.object?.key}`);
    const unreadable = objects.find(
      (object) =>
        environment.isShared &&
        object.content === 'unreadable' &&
        isInHours(hostile, claim, object) &&
        object.landedMs <= checkMs,
    );
    expect(unreadable === undefined, `a wrong lost: unreadable, ${unreadable?.key}`);
    expect(ageMs >= 24.5 * hourMs, `a wrong lost: after ${ageMs / hourMs} hours`);
  }
  if (verdict === 'unproven') {
    const isKept = checkMs - claim.queuedMs < 6 * 24 * hourMs - 2 * skewMs && receives < 900;
    expect(!isKept || !isOurs || mayBeUnreadable, 'given up too early');
    expect(!isKept || !isOurs || reasons.length > 0, 'unproven without a reason');
  }
  if (isSettled && verdict !== 'proven') {
    const isForgotten =
      pairsLength(notSentAgain) > may.size || indexesIn(notSentAgain).some((index) => !may.has(index));
    expect(!isForgotten, `an event is neither in the bucket nor in a letter: ${notSentAgain} ${letters}`);
  }
  if (isQuick && isOurs && told.length === 0 && durationMs < timeMs / 2) {
    expect(must.size < count || verdict === 'proven', 'not proven, although everything was there');
    const isOld = ageMs - (claim.queuedMs - claim.trueToMs) > 25 * hourMs + 2 * skewMs;
    const isLost = verdict === 'lost' || (verdict === 'unproven' && mayBeUnreadable);
    expect(may.size === count || !isOld || isLost, 'not lost, although everything was read');
  }
  return violations;
}

/**
 * The events of a claim that a reader must find, with the keys of their objects, and those that it may find.
 *
 * Must: sent by this claim's invocation, in an object that Firehose wrote after that, under the hour of its oldest record. May:
 * the time in the event agrees with its claims and its object, except for the differences of two clocks.
 */
function eventsOf(hostile: HostileCase, claim: HostileClaim, durationMs: number) {
  const { objects, messages, clocks, checkMs, environment } = hostile;
  const claims = messages.flatMap((each) => (each.claim?.runId === claim.runId ? [each.claim] : []));
  const must = new Map<number, string>();
  const may = new Set<number>();
  for (const object of objects) {
    const { key, landedMs, hasLastModified, lie = '' } = object;
    const stampMs = landedMs + clocks.s3;
    for (const event of object.events.filter((each) => isClaimed(claim, each))) {
      const { index, timeMs, isCertain } = event;
      const trueMs = timeMs - clocks.producer;
      const isOwn = timeMs > claim.sentFromMs - secondMs && timeMs <= claim.sentToMs;
      const isInTime = trueMs <= landedMs && landedMs <= Math.min(checkMs, trueMs + 24.5 * hourMs);
      if (isCertain && isOwn && isInTime && isInHours(hostile, claim, object) && lie !== 'gone') {
        must.set(index, key);
      }
      const [fromMs, toMs] = windowOf(claims, event);
      const isPossible = timeMs >= fromMs - skewMs - 2 * secondMs && timeMs <= toMs + skewMs + secondMs;
      const isAfter =
        stampMs >= fromMs - 2 * skewMs - 2 * secondMs && timeMs <= stampMs + 2 * skewMs + 2 * secondMs;
      const isThere = landedMs <= checkMs + durationMs && !isNothing.has(lie);
      // An id has no time.
      const isInTimeOfClaim = environment.match === 'id' || (isPossible && (isAfter || !hasLastModified));
      if (isThere && isInTimeOfClaim) {
        may.add(index);
      }
    }
  }
  return { must, may };
}

function isClaimed({ runId, slices }: HostileClaim, event: Pick<VisibleEvent, 'runId' | 'index'>): boolean {
  return event.runId === runId && slices.some(([from, to]) => event.index >= from && event.index < to);
}

/** When the event was sent, by all of these claims that have it. */
function windowOf(claims: readonly HostileClaim[], event: VisibleEvent): [number, number] {
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, 0];
  for (const claim of claims) {
    if (isClaimed(claim, event)) {
      fromMs = Math.min(fromMs, claim.sentFromMs);
      toMs = Math.max(toMs, claim.sentToMs);
    }
  }
  return [fromMs, toMs];
}

/** Whether an object may hold events of a claim: its oldest record arrived at most the buffering interval before. */
function isInHours(
  { environment }: HostileCase,
  claim: HostileClaim,
  { arrivedMs, landedMs }: HostileObject,
): boolean {
  const { trueFromMs, trueToMs } = claim;
  const firstMs = trueFromMs - environment.bufferingSeconds * secondMs;
  return arrivedMs >= firstMs && arrivedMs <= trueToMs && landedMs >= trueFromMs;
}

function isAbout(hostile: HostileCase, claim: HostileClaim, { kind, prefix, object }: ToldLie): boolean {
  if (object) {
    return kind !== 'gone' && isInHours(hostile, claim, object);
  }
  return [claim.trueFromMs, claim.trueToMs].some((ms) => keyStart(hostile, ms).startsWith(prefix!));
}

/** In a shared bucket nothing is corrupt that others wrote, or that arrived whole among it. */
function findWrongCorruptions(
  { objects, environment }: HostileCase,
  corruptKeys: readonly string[],
): string[] {
  const isClean = ({ isClean, lie, bytes, listedBytes }: HostileObject) =>
    environment.isShared && isClean && lie === undefined && listedBytes === bytes.length;
  const wrong = objects.filter((object) => isClean(object) && corruptKeys.includes(object.key));
  return wrong.map(({ key }) => `a wrong corrupt: ${key} has only whole events`);
}

/** A letter has only claimed events. */
function findForeignLetters({ messages }: HostileCase, letters: readonly string[]): string[] {
  return letters.flatMap((letter) => {
    const { runId } = JSON.parse(letter) as { runId: string };
    const claimed = messages.flatMap(({ claim }) => (claim?.runId === runId ? claim.slices : []));
    const merged = mergeSlices(claimed.map(([from, to]) => ({ from, to })));
    const foreign = slicesOf(letter, runId).some((slice) => subtractSlices(slice, merged).length > 0);
    return foreign ? [`a letter has events that nobody claimed: ${letter}`] : [];
  });
}

/** The events of a letter, in both of its forms. */
function slicesOf(letter: string, ofRun: string): { from: number; to: number }[] {
  const { runId, from, to, slices = [[from, to]] } = JSON.parse(letter);
  return runId === ofRun ? slices.map(([first, end]: [number, number]) => ({ from: first, to: end })) : [];
}

function indexesIn(pairs: readonly (readonly [number, number])[]): number[] {
  return pairs.flatMap(([from, to]) => Array.from({ length: to - from }, (_, order) => from + order));
}
