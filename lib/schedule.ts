import { Cron } from 'croner';

/** How often a schedule runs. */
export interface Frequency {
  /** Runs of a month of 730 hours, a twelfth of a year. */
  readonly runsPerMonth: number;
  /** Longest time from one run to the next, in minutes; `Infinity` when there are no two. */
  readonly longestGapMinutes: number;
}

const minutesPer = { minute: 1, hour: 60, day: 1_440 } as const;
const minutesPerMonth = 730 * 60;

/** Any year that is no leap year: what is counted must not depend on the day it is counted on. */
const firstDay = new Date('2026-01-01T00:00:00Z');
const daysPerYear = 365;

/**
 * How often `rate(…)` or `cron(…)` of EventBridge Scheduler runs, over a year and in UTC: a switch to summer time and the
 * year field of `cron(…)` are left out.
 *
 * @returns Nothing for another expression, such as `at(…)`.
 * @throws Error if the fields of `cron(…)` make no sense.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function frequencyOf(expression: string): Frequency | undefined {
  const [, number, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (number !== undefined) {
    const minutes = Number(number) * minutesPer[unit as keyof typeof minutesPer];
    return { runsPerMonth: minutesPerMonth / minutes, longestGapMinutes: minutes };
  }
  const [, fields] = /^cron\((\S+(?: \S+){5})\)$/.exec(expression) ?? [];
  return fields === undefined ? undefined : frequencyOfCron(fields);
}

/** What {@link isSchedule} expects, for messages. */
export const scheduleExpectation =
  'rate(NUMBER minutes|hours|days) or cron(SIX FIELDS, ? in one of the two for days)';

/** Whether EventBridge Scheduler takes an expression as one that repeats, `rate(…)` or `cron(…)`. */
export function isSchedule(expression: string): boolean {
  const [, fields] = /^cron\((\S+(?: \S+){5})\)$/.exec(expression) ?? [];
  if (fields === undefined) {
    return /^rate\([1-9]\d* (minute|hour|day)s?\)$/.test(expression);
  }
  // AWS takes no * in both: one of the two says on which days, and the other one is ?.
  const [, , dayOfMonth, , dayOfWeek] = fields.split(' ');
  try {
    return (dayOfMonth === '?') !== (dayOfWeek === '?') && frequencyOf(expression) !== undefined;
  } catch {
    return false;
  }
}

/** Days and times of day on their own: asking for every minute of a year would take minutes. */
function frequencyOfCron(fields: string): Frequency {
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.replaceAll('?', '*').split(' ');
  const days = matches(`0 0 0 ${dayOfMonth} ${month} ${dayOfWeek}`, daysPerYear, minutesPer.day);
  const times = matches(`0 ${minute} ${hour} * * *`, minutesPer.day, minutesPer.minute);
  return {
    runsPerMonth: (days.length * times.length) / 12,
    longestGapMinutes: Math.max(
      ...gaps(times),
      ...gaps(days).map((gap) => gap * minutesPer.day - times.at(-1)! + times[0]!),
      ...(days.length < 2 ? [Number.POSITIVE_INFINITY] : []),
    ),
  };
}

/** Which of the first `count` steps of the year, each so many minutes long, a pattern matches. */
function matches(pattern: string, count: number, stepMinutes: number): number[] {
  const cron = new Cron(pattern, { timezone: 'UTC', alternativeWeekdays: true, sloppyRanges: true });
  const at = (step: number) => new Date(firstDay.getTime() + step * stepMinutes * 60_000);
  const steps: number[] = [];
  for (let step = 0; step < count; step += 1) {
    if (cron.match(at(step))) {
      steps.push(step);
    }
  }
  return steps;
}

function gaps(sorted: readonly number[]): number[] {
  return sorted.slice(1).map((value, place) => value - sorted[place]!);
}
