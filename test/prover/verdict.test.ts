import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pauseSeconds, verdictOn } from '../../lambda/prover/verdict.ts';

const patience = { bufferingSeconds: 60, lostAfterHours: 25, timeFactor: 1 };
const lostAfterMs = 25 * 3_600_000;

describe('the verdict on a claim', () => {
  it.each([
    [{ missing: 0, ageMs: 0, isAllRead: true }, 'proven'],
    [{ missing: 0, ageMs: lostAfterMs * 2, isAllRead: false }, 'proven'],
    [{ missing: 1, ageMs: lostAfterMs - 1, isAllRead: true }, 'waiting'],
    [{ missing: 1, ageMs: lostAfterMs, isAllRead: false }, 'waiting'],
    [{ missing: 1, ageMs: lostAfterMs, isAllRead: true }, 'lost'],
  ])('on %o is %s', (findings, verdict) => {
    expect(verdictOn(findings, patience)).toBe(verdict);
  });
});

describe('the pause between two looks', () => {
  it('is 30 seconds at first, grows with the age of the claim, and ends at 15 minutes', () => {
    fc.assert(
      fc.property(
        fc.nat(900),
        fc.integer({ min: -10_000, max: lostAfterMs }),
        fc.nat(3_600_000),
        (bufferingSeconds, ageMs, moreMs) => {
          const first = pauseSeconds(
            { ageMs: bufferingSeconds * 1_000 + 60_000 },
            { ...patience, bufferingSeconds },
          );
          const [early, late] = [ageMs, ageMs + moreMs].map((age) =>
            pauseSeconds({ ageMs: age }, { ...patience, bufferingSeconds }),
          );
          expect(first).toBe(30);
          expect(early).toBeGreaterThanOrEqual(30);
          expect(late).toBeGreaterThanOrEqual(early!);
          expect(late).toBeLessThanOrEqual(900);
        },
      ),
    );
  });

  it('is at least a second, whatever the factor', () => {
    expect(pauseSeconds({ ageMs: 0 }, { ...patience, timeFactor: 1_000 })).toBe(1);
  });
});
