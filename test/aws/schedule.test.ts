import { describe, expect, it } from 'vitest';
import { frequencyOf, isSchedule } from '../../lib/aws/schedule.ts';

describe('frequencyOf', () => {
  it.each([
    ['rate(5 minutes)', 8_760, 5],
    ['rate(1 minute)', 43_800, 1],
    ['rate(2 hours)', 365, 120],
    ['rate(1 day)', 730 / 24, 1_440],
    ['cron(* * * * ? *)', (731 * 1_440) / 24, 1],
    ['cron(0/15 * ? * * *)', (731 * 96) / 24, 15],
    ['cron(0 8 * * ? *)', 731 / 24, 1_440],
    ['cron(0 8,20 * * ? 2026-2030)', 1_462 / 24, 720],
    ['cron(0 8 ? * MON-FRI *)', 521 / 24, 3 * 1_440],
    ['cron(0 8 ? * 2-6 *)', 521 / 24, 3 * 1_440],
    ['cron(0/5 8-17 ? * MON *)', (52 * 120) / 12, 7 * 1_440 - 595],
    ['cron(0 8 L * ? *)', 1, 31 * 1_440],
    ['cron(0 8 ? * 6#3 *)', 1, 35 * 1_440],
    ['cron(0 8 ? * L *)', 105 / 24, 7 * 1_440],
    ['cron(0 8 1 JAN ? *)', 1 / 12, 365 * 1_440],
    ['cron(0 12 * 1-6 ? *)', (181 + 182) / 24, 185 * 1_440],
    ['cron(0 8 29 FEB ? *)', 1 / 24, Number.POSITIVE_INFINITY],
  ])('%s runs %d times a month, at most %d minutes apart', (expression, runsPerMonth, longestGapMinutes) => {
    // Act
    const frequency = frequencyOf(expression)!;

    // Assess
    expect(frequency.runsPerMonth).toBeCloseTo(runsPerMonth, 9);
    expect(frequency.longestGapMinutes).toBe(longestGapMinutes);
  });

  it.each([
    ['rate(5 minutes)', 730],
    ['rate(1 day)', 730 / 24],
    ['cron(0/5 8 * * ? *)', 731 / 24],
    ['cron(30 8,20 ? * MON *)', (52 * 2) / 12],
  ])('%s runs in %d hours of a month', (expression, activeHoursPerMonth) => {
    expect(frequencyOf(expression)!.activeHoursPerMonth).toBeCloseTo(activeHoursPerMonth, 9);
  });
});

describe('isSchedule', () => {
  it.each(['rate(5 minutes)', 'rate(1 day)', 'cron(0 8 ? * MON-FRI *)', 'cron(0/15 8-17 L * ? 2026-2030)'])(
    'takes %s',
    (expression) => {
      expect(isSchedule(expression)).toBe(true);
    },
  );

  it.each([
    'off',
    'weekly',
    'rate(0 minutes)',
    'rate(5 weeks)',
    'at(2026-11-22T08:00:00)',
    'cron(0 8 * * ?)',
    'cron(0 8 * * * *)',
    'cron(0 8 ? * ? *)',
    'cron(61 8 * * ? *)',
    'cron(? 8 * * ? *)',
    'cron(0 8 * * ? banana)',
    'cron(0 8 * * ? 1969)',
    'cron(0 8 ? * 8 *)',
    'cron(0 8 31 2 ? *)',
    ' rate(5 minutes)',
  ])('refuses %s', (expression) => {
    expect(isSchedule(expression)).toBe(false);
  });
});
