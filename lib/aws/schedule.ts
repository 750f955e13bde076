import { Cron } from 'croner';
import { hoursPerMonth } from './billing.ts';

export interface Frequency {
  /** Runs in a month of {@link hoursPerMonth}. */
  readonly runsPerMonth: number;
  /** Hours of such a month with at least one run. */
  readonly activeHoursPerMonth: number;
  /** Longest time between two runs; `Infinity` if there is no second run. */
  readonly longestGapMinutes: number;
}

/** Expectation of {@link isSchedule}, for messages. */
export const scheduleExpectation =
  'rate(NUMBER minutes|hours|days) or cron(MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) with ? for one of the days, ' +
  'that ever runs';

export const scheduleExample = "'rate(1 minute)' or 'cron(0 8 ? * MON-FRI *)'";

const minutesPer = { minute: 1, hour: 60, day: 1_440 } as const;

/**
 * Two consecutive years, one of them a leap year, so that the gaps include a turn of the year. They are fixed, so that
 * the result does not depend on today's date.
 */
const firstDay = new Date('2027-01-01T00:00:00Z');
const days = 365 + 366;
const months = 24;

/** Years that AWS accepts: `*`, or lists, ranges and steps. */
const years = '(?:\\*|(?:19[7-9]|20\\d|21\\d)\\d(?:[-,/]\\d{1,4})*)';
const cronExpression = new RegExp(`^cron\\(([^\\s?]+ [^\\s?]+ \\S+ [^\\s?]+ \\S+ ${years})\\)$`);

/** Whether an expression is a `rate(…)` or `cron(…)` that EventBridge Scheduler accepts. */
export function isSchedule(expression: string): boolean {
  return frequencyOf(expression) !== undefined;
}

/**
 * How often `rate(…)` or `cron(…)` of EventBridge Scheduler runs, in UTC. Ignores daylight saving time and the year
 * field of `cron(…)`.
 *
 * @returns Nothing for another expression, such as `at(…)`, for invalid fields, and for days that never come.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function frequencyOf(expression: string): Frequency | undefined {
  const [, number, unit] = /^rate\(([1-9]\d{0,5}) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (number !== undefined) {
    const minutes = Number(number) * minutesPer[unit as keyof typeof minutesPer];
    const runsPerMonth = (hoursPerMonth * 60) / minutes;
    return {
      runsPerMonth,
      activeHoursPerMonth: Math.min(runsPerMonth, hoursPerMonth),
      longestGapMinutes: minutes,
    };
  }
  const [, fields] = cronExpression.exec(expression) ?? [];
  return fields === undefined ? undefined : frequencyOfCron(fields.split(' '));
}

/** Matches days, hours and minutes separately: matching every minute of two years would take minutes. */
function frequencyOfCron([minute, hour, dayOfMonth, month, dayOfWeek]: string[]): Frequency | undefined {
  // AWS requires ? in exactly one of the two. Its weekdays are 1 to 7.
  if ((dayOfMonth === '?') === (dayOfWeek === '?') || /[089]/.test(dayOfWeek!)) {
    return undefined;
  }
  // The last day of the week: croner reads a lone L as the last day of the month.
  const weekday = dayOfWeek === 'L' ? 'SAT' : dayOfWeek;
  try {
    const dates = matches(`0 0 0 ${dayOfMonth} ${month} ${weekday}`.replace('?', '*'), days, minutesPer.day);
    const hours = matches(`0 0 ${hour} * * *`, 24, minutesPer.hour);
    const minutes = matches(`0 ${minute} * * * *`, 60, minutesPer.minute);
    const times = hours.flatMap((hour) => minutes.map((minute) => hour * minutesPer.hour + minute));
    if (dates.length === 0) {
      return undefined;
    }
    return {
      runsPerMonth: (dates.length * times.length) / months,
      activeHoursPerMonth: (dates.length * hours.length) / months,
      longestGapMinutes: Math.max(
        ...gaps(times),
        ...gaps(dates).map((gap) => gap * minutesPer.day - times.at(-1)! + times[0]!),
        ...(dates.length < 2 ? [Number.POSITIVE_INFINITY] : []),
      ),
    };
  } catch {
    return undefined;
  }
}

/** The steps of `stepMinutes` that a pattern matches, among the first `count` of the two years. */
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
