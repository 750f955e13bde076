import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimRetentionDays } from '../../../lambda/contract/claim.ts';
import { pauseSeconds, verdictOn } from '../../../lambda/prover/claims/verdict.ts';

const settings = { bufferingSeconds: 60, lostAfterHours: 25, timeFactor: 1 };
const dayMs = 24 * 3_600_000;
const lostAfterMs = 25 * 3_600_000;
const retentionMs = claimRetentionDays * dayMs;

describe('the verdict on a claim', () => {
  it.each([
    [{ missing: 0, ageMs: 0, queuedMs: 0, receives: 1, isAllRead: true }, 'proven'],
    [{ missing: 0, ageMs: retentionMs, queuedMs: retentionMs, receives: 1, isAllRead: false }, 'proven'],
    [{ missing: 1, ageMs: lostAfterMs - 1, queuedMs: lostAfterMs, receives: 1, isAllRead: true }, 'waiting'],
    [{ missing: 1, ageMs: lostAfterMs, queuedMs: lostAfterMs, receives: 1, isAllRead: false }, 'waiting'],
    [{ missing: 1, ageMs: lostAfterMs, queuedMs: lostAfterMs, receives: 1, isAllRead: true }, 'lost'],
    [
      { missing: 1, ageMs: retentionMs, queuedMs: retentionMs - dayMs - 1, receives: 1, isAllRead: false },
      'waiting',
    ],
    [
      { missing: 1, ageMs: retentionMs, queuedMs: retentionMs - dayMs, receives: 1, isAllRead: false },
      'unproven',
    ],
    [{ missing: 1, ageMs: retentionMs, queuedMs: retentionMs - dayMs, receives: 1, isAllRead: true }, 'lost'],
    [{ missing: 1, ageMs: dayMs, queuedMs: dayMs, receives: 899, isAllRead: false }, 'waiting'],
    [{ missing: 1, ageMs: dayMs, queuedMs: dayMs, receives: 900, isAllRead: false }, 'unproven'],
    // As after somebody moved it back into the queue.
    [{ missing: 1, ageMs: 2 * retentionMs, queuedMs: 0, receives: 1, isAllRead: false }, 'waiting'],
  ])('on %o is %s', (findings, verdict) => {
    expect(verdictOn(findings, settings)).toBe(verdict);
  });
});

describe('the pause between two checks', () => {
  it('is 30 seconds at first, grows with the age of the claim, and ends at 15 minutes', () => {
    fc.assert(
      fc.property(
        fc.nat(900),
        fc.integer({ min: -10_000, max: lostAfterMs }),
        fc.nat(3_600_000),
        (bufferingSeconds, ageMs, moreMs) => {
          const first = pauseSeconds(bufferingSeconds * 1_000 + 60_000, { ...settings, bufferingSeconds });
          const [early, late] = [ageMs, ageMs + moreMs].map((age) =>
            pauseSeconds(age, { ...settings, bufferingSeconds }),
          );
          expect(first).toBe(30);
          expect(early).toBeGreaterThanOrEqual(30);
          expect(late).toBeGreaterThanOrEqual(early!);
          expect(late).toBeLessThanOrEqual(900);
        },
      ),
    );
  });

  it('is at least a second, with any factor', () => {
    expect(pauseSeconds(0, { ...settings, timeFactor: 1_000 })).toBe(1);
  });
});
