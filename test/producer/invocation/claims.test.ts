import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Claim, claimSchema } from '../../../lambda/contract/claim.ts';
import {
  maxSlicesPerMessage,
  mergeSlices,
  type Slice,
  subtractSlices,
} from '../../../lambda/contract/slice.ts';
import { claimsOf, type Delivered, sendClaims } from '../../../lambda/producer/invocation/claims.ts';
import type { SendAll } from '../../../lambda/runtime/batches.ts';

const run = { runId: 'run-1', from: 100, to: 100_100 };

/** A slice and what is delivered of it, sent from 5 to 9. */
function work(leftOver: readonly Slice[], runId = 'run-1', startedMs = 5, endedMs = 9): Delivered {
  const slice = { ...run, runId };
  return { slice, delivered: subtractSlices(slice, mergeSlices(leftOver)), startedMs, endedMs };
}

/** Sends claims to a proof queue that takes some of them. */
async function send(works: readonly Delivered[], takes: (claim: Claim) => boolean) {
  const sent: Claim[] = [];
  const unsent: [readonly Claim[], Error][] = [];
  const sendAll: SendAll<Claim> = async (claims) => {
    sent.push(...claims);
    return {
      queued: sent.filter(takes),
      unqueued: sent.filter((claim) => !takes(claim)),
      lastFailure: new Error('AccessDenied: not yours'),
    };
  };
  await sendClaims(works, 0, sendAll, (claims, failure) => unsent.push([claims, failure]));
  return { sent, unsent };
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
          const claims = claimsOf(work(leftOver, 'run-1', startedMs, startedMs + 10.5));

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
    const claims = claimsOf(work(leftOver));

    // Assess
    expect(claims.map(({ slices }) => slices.length)).toEqual([
      maxSlicesPerMessage,
      maxSlicesPerMessage,
      500,
    ]);
  });

  it('that cannot be sent are reported, with the reason, and nothing fails', async () => {
    // Prepare
    const works = ['run-1', 'run-2', 'run-3'].map((runId) => work([], runId));

    // Act
    const { sent, unsent } = await send(works, ({ runId }) => runId !== 'run-2');

    // Assess
    expect(sent).toHaveLength(3);
    const claim = { runId: 'run-2', slices: [[100, 100_100]], sentFromMs: 5, sentToMs: 9 };
    expect(unsent).toEqual([[[claim], new Error('AccessDenied: not yours')]]);
  });

  it('do not exist where nothing was delivered', async () => {
    expect(await send([work([run])], () => true)).toEqual({ sent: [], unsent: [] });
  });
});
