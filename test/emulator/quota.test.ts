import { describe, expect, it } from 'vitest';
import { quotas } from '../../lib/aws/quotas.ts';
import { QuotaKeeper } from '../../lib/emulator/quota.ts';

const quota = { bytes: 1_000, records: 10, requests: 4 };

function makeKeeper(limits: Partial<typeof quota> = {}) {
  let nowMs = 0;
  const keeper = new QuotaKeeper({ ...quota, ...limits }, () => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { keeper, pass };
}

/** How many in a row are admitted. */
function burst(admits: () => boolean): number {
  let admitted = 0;
  while (admits()) {
    admitted += 1;
  }
  return admitted;
}

describe('a quota', () => {
  it.each([
    ['bytes', (keeper: QuotaKeeper) => keeper.admitsRecord(200), 5],
    ['records', (keeper: QuotaKeeper) => keeper.admitsRecord(1), 10],
    ['requests', (keeper: QuotaKeeper) => keeper.admitsRequest(), 4],
  ] as const)('of %s is a second of burst, and then what the time brings', (_limit, admits, perSecond) => {
    // Prepare
    const { keeper, pass } = makeKeeper();

    // Act
    const atOnce = burst(() => admits(keeper));
    pass(500);
    const afterHalfASecond = burst(() => admits(keeper));
    pass(60_000);
    const afterAMinute = burst(() => admits(keeper));

    // Assess
    expect([atOnce, afterHalfASecond, afterAMinute]).toEqual([
      perSecond,
      Math.floor(perSecond / 2),
      perSecond,
    ]);
  });

  it('is not used up by what it refuses', () => {
    const { keeper } = makeKeeper();
    const admitted = [keeper.admitsRecord(900), keeper.admitsRecord(900), keeper.admitsRecord(100)];
    expect(admitted).toEqual([true, false, true]);
  });

  it('is 5 MiB a second in three regions, and 1 MiB elsewhere', () => {
    expect(quotas['us-east-1'].bytes).toBe(5_242_880);
    expect(quotas.default.bytes).toBe(1_048_576);
  });
});
