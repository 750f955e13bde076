import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Claim, claimSchema, maxSlicesPerClaim } from '../../../lambda/contract/claim.ts';
import { mergeSlices, type Slice } from '../../../lambda/contract/slice.ts';
import { acknowledgedOf, claimsOf, createSendClaims } from '../../../lambda/producer/invocation/claims.ts';
import type { SendAll } from '../../../lambda/runtime/batches.ts';

const run = { runId: 'run-1', from: 100, to: 100_100 };

/** A proof queue that takes some claims, and the log beside it. */
function createLoop(takes: (claim: Claim) => boolean) {
  const sent: Claim[] = [];
  const lines: { text: string; runId: string; claim: Claim }[] = [];
  const unsent: number[] = [];
  const sendAll: SendAll<Claim> = async (claims) => {
    const all = [...claims];
    sent.push(...all);
    return {
      queued: all.filter(takes),
      unqueued: all.filter((claim) => !takes(claim)),
      lastFailure: new Error('AccessDenied: not yours'),
    };
  };
  const sendClaims = createSendClaims({
    sendAll,
    log: { error: (text, ...[fields]) => void lines.push({ text, ...(fields as object) } as never) },
    onUnsent: (claims) => unsent.push(claims),
  });
  return { sendClaims, sent, lines, unsent };
}

describe('claims', () => {
  it('hold exactly what was acknowledged, in messages that the contract allows', () => {
    const slice = fc
      .tuple(fc.integer({ min: run.from, max: run.to }), fc.integer({ min: run.from, max: run.to }))
      .map(([a, b]): Slice => ({ from: Math.min(a, b), to: Math.max(a, b) }));
    fc.assert(
      fc.property(
        fc.array(slice, { maxLength: 20 }),
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        (leftOver, startedMs) => {
          // Act
          const claims = claimsOf(acknowledgedOf(run, leftOver, startedMs, startedMs + 10.5));

          // Assess
          const claimed = claims.flatMap(({ slices }) => slices.map(([from, to]) => ({ from, to })));
          expect(mergeSlices([...claimed, ...leftOver])).toEqual([[run.from, run.to]]);
          expect(mergeSlices(claimed)).toEqual(claims.flatMap(({ slices }) => slices));
          for (const { from, to } of leftOver) {
            expect(claimed.every((other) => other.to <= from || other.from >= to || from === to)).toBe(true);
          }
          for (const claim of claims) {
            expect(v.parse(claimSchema, claim)).toEqual(claim);
            expect(claim.sentFromMs).toBeLessThanOrEqual(startedMs);
            expect(claim.sentToMs).toBeGreaterThanOrEqual(startedMs + 10.5);
          }
        },
      ),
    );
  });

  it('are several where the gaps are too many for one', () => {
    // Prepare: every other event is left over.
    const leftOver = Array.from({ length: 2_500 }, (_, place) => ({
      from: run.from + 2 * place,
      to: run.from + 2 * place + 1,
    }));

    // Act
    const claims = claimsOf(acknowledgedOf(run, leftOver, 0, 1));

    // Assess
    expect(claims.map(({ slices }) => slices.length)).toEqual([maxSlicesPerClaim, maxSlicesPerClaim, 500]);
  });

  it('that cannot be sent are logged, each with its run, and counted, and nothing fails', async () => {
    // Prepare
    const { sendClaims, sent, lines, unsent } = createLoop(({ runId }) => runId !== 'run-2');
    const works = ['run-1', 'run-2', 'run-3'].map((runId) => acknowledgedOf({ ...run, runId }, [], 5, 9));

    // Act
    await sendClaims(works, 0);

    // Assess
    expect(sent).toHaveLength(3);
    expect(unsent).toEqual([1]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      runId: 'run-2',
      claim: { runId: 'run-2', slices: [[100, 100_100]], sentFromMs: 5, sentToMs: 9 },
      error: { message: 'AccessDenied: not yours' },
    });
  });

  it('are none where nothing was acknowledged', async () => {
    // Prepare
    const { sendClaims, sent, unsent } = createLoop(() => true);

    // Act
    await sendClaims([acknowledgedOf(run, [run], 5, 9)], 0);

    // Assess
    expect([sent, unsent]).toEqual([[], []]);
  });
});
