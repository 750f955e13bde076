import { describe, expect, it } from 'vitest';
import { buildSimulation, type Sabotage } from './build.ts';

/** Happenings after which a run counts as endless: a world with a proof takes days. */
const maxSteps = 200_000;

/** Every so many seeds have a proof in their world. */
const seedsPerProof = 10;

describe('the oracle of proofs', () => {
  // The number is a world that notices soon; should it not any more, the ones after it are tried.
  it.each<[string, Sabotage, number]>([
    [
      'lists from the hour after the one that it needs',
      {
        file: 'prover/objects/object-window.ts',
        search: 'atMs = Math.floor(firstMs / hourMs) * hourMs;',
        replace: 'atMs = Math.floor(firstMs / hourMs + 1) * hourMs;',
      },
      34,
    ],
    [
      'forgets that the oldest record names the object',
      {
        file: 'prover/objects/object-window.ts',
        search: 'sentFromMs - bufferingSeconds * secondMs - longerBufferingMs;',
        replace: 'sentFromMs;',
      },
      60,
    ],
    [
      'overlooks objects that landed soon',
      {
        file: 'prover/objects/object-window.ts',
        search: 'const since = Math.floor(sentFromMs / secondMs) * secondMs - landingSlackMs;',
        replace: 'const since = sentToMs + 30_000;',
      },
      43,
    ],
    [
      'calls lost what is late',
      {
        file: 'prover/claims/verdict.ts',
        search: 'lostAfterHours * 3_600_000',
        replace: 'lostAfterHours * 360_000',
      },
      3,
    ],
    [
      'calls lost what it could not read',
      { file: 'prover/claims/verdict.ts', search: 'isAllRead && ', replace: '' },
      5,
    ],
    [
      'takes a listing that failed for an empty one',
      { file: 'prover/objects/read-objects.ts', search: 'fail(`listing ', replace: 'void (`listing ' },
      5,
    ],
    [
      'calls proven what is late',
      {
        file: 'prover/claims/verdict.ts',
        search: 'if (missing === 0) {',
        replace: 'if (missing === 0 || ageMs > 3_600_000) {',
      },
      3,
    ],
    [
      'drops a claim that has to wait',
      {
        file: 'prover/claims/settle.ts',
        search: 'return { ...checked, isSettled: false };',
        replace: 'return { ...checked, isSettled: checked.ageMs > 0 };',
      },
      47,
    ],
    [
      'keeps no claim',
      {
        file: 'prover/claims/prover.ts',
        search: 'batchItemFailures: [...kept].map(',
        replace: 'batchItemFailures: [...kept].slice(records.length).map(',
      },
      47,
    ],
    [
      'sends no payload of what is lost',
      {
        file: 'prover/claims/settle.ts',
        search: 'await sendToDeadLetterQueue(missingPayloads(runId, tally), untilMs);',
        replace: '',
      },
      16,
    ],
    [
      'drops a claim although the dead-letter queue took nothing',
      {
        file: 'prover/claims/settle.ts',
        search: 'await sendToDeadLetterQueue(missingPayloads(runId, tally), untilMs);',
        replace: 'await sendToDeadLetterQueue(missingPayloads(runId, tally), untilMs).catch(() => {});',
      },
      31,
    ],
    [
      'leaves a missing event out of the payloads',
      {
        file: 'prover/claims/settle.ts',
        search: 'yield JSON.stringify({ runId, from, to });',
        replace: 'if (to - from > 1) yield JSON.stringify({ runId, from, to: to - 1 });',
      },
      16,
    ],
    [
      'sends all events of a claim again',
      {
        file: 'prover/claims/settle.ts',
        search: 'await sendToDeadLetterQueue(missingPayloads(runId, tally), untilMs);',
        replace:
          'await sendToDeadLetterQueue(slices.map((slice) => JSON.stringify({ runId, ...slice })), untilMs);',
      },
      16,
    ],
  ])('notices a prover that %s', async (_, sabotage, firstWorld) => {
    expect(await firstViolation(sabotage, firstWorld)).toBeDefined();
  });

  it.each<[string, Sabotage, number]>([
    [
      'waits until the queue drops the claim',
      {
        file: 'prover/claims/verdict.ts',
        search: '(claimRetentionDays - 1)',
        replace: '(claimRetentionDays + 1)',
      },
      42,
    ],
    [
      'gives up a claim days before it has to',
      {
        file: 'prover/claims/verdict.ts',
        search: '(claimRetentionDays - 1)',
        replace: '(claimRetentionDays - 3)',
      },
      42,
    ],
    [
      'calls lost what it gives up',
      { file: 'prover/claims/verdict.ts', search: "isGivenUp ? 'unproven'", replace: "isGivenUp ? 'lost'" },
      46,
    ],
    [
      'drops a claim that it gives up, and sends no payload',
      {
        file: 'prover/claims/settle.ts',
        search: 'await sendToDeadLetterQueue(missingPayloads(runId, tally), untilMs);',
        replace:
          "if (verdict === 'lost') await sendToDeadLetterQueue(missingPayloads(runId, tally), untilMs);",
      },
      42,
    ],
  ])('notices a prover of an unreadable bucket that %s', async (_, sabotage, firstWorld) => {
    expect(await firstViolation(sabotage, firstWorld)).toBeDefined();
  });

  it.each<[string, Sabotage, number]>([
    [
      'claims what Firehose did not acknowledge',
      {
        file: 'producer/invocation/invocation.ts',
        search: 'subtractSlices(slice, undelivered)',
        replace: 'subtractSlices(slice, undelivered.slice(1))',
      },
      38,
    ],
    [
      'hides that a claim was not sent',
      {
        file: 'producer/invocation/claims.ts',
        search: 'onUnsent?.(unqueued, ',
        replace: 'onUnsent?.(unqueued.slice(1), ',
      },
      26,
    ],
    [
      'claims the first slice of several only',
      {
        file: 'producer/invocation/invocation.ts',
        search: 'await claim([...works.values()], ',
        replace: 'await claim([...works.values()].slice(0, 1), ',
      },
      40,
    ],
  ])('notices a producer that %s', async (_, sabotage, firstWorld) => {
    expect(await firstViolation(sabotage, firstWorld)).toBeDefined();
  });
});

describe('a world in which something once was wrong', () => {
  it('has nothing wrong: pauses fail, so that the queue delivers claims of an unreadable bucket too often', async () => {
    const run = await buildSimulation();

    expect((await run(30_680)).violations).toEqual([]);
  });
});

/** What is wrong in the first world of some in which something is. */
async function firstViolation(
  sabotage: Sabotage,
  firstWorld: number,
): Promise<readonly string[] | undefined> {
  const run = await buildSimulation(sabotage);
  for (let world = firstWorld; world <= 100; world += 1) {
    const { violations } = await run(world * seedsPerProof, maxSteps);
    if (violations.length > 0) {
      return violations;
    }
  }
  return undefined;
}
