/** A day of UTC, which knows no leap seconds. */
export const dayMs = 86_400_000;

/** The fields that a text can have of a time, each computed from the time. */
export const fieldOf = {
  year: (time: Date) => time.getUTCFullYear(),
  yearOfCentury: (time: Date) => time.getUTCFullYear() % 100,
  quarter: (time: Date) => Math.floor(time.getUTCMonth() / 3) + 1,
  month: (time: Date) => time.getUTCMonth() + 1,
  day: (time: Date) => time.getUTCDate(),
  dayOfYear,
  weekday: (time: Date) => time.getUTCDay(),
  isoWeekday: (time: Date) => time.getUTCDay() || 7,
  week: (time: Date) => weekOf(saturdayOf(time)),
  weekYear: (time: Date) => saturdayOf(time).getUTCFullYear(),
  weekYearOfCentury: (time: Date) => saturdayOf(time).getUTCFullYear() % 100,
  isoWeek: (time: Date) => weekOf(thursdayOf(time)),
  isoWeekYear: (time: Date) => thursdayOf(time).getUTCFullYear(),
  isoWeekYearOfCentury: (time: Date) => thursdayOf(time).getUTCFullYear() % 100,
  isPm: (time: Date) => (time.getUTCHours() < 12 ? 0 : 1),
  hour: (time: Date) => time.getUTCHours(),
  hourTo12: (time: Date) => time.getUTCHours() % 12 || 12,
  hourTo24: (time: Date) => time.getUTCHours() || 24,
  minute: (time: Date) => time.getUTCMinutes(),
  second: (time: Date) => time.getUTCSeconds(),
  tenth: (time: Date) => Math.floor(time.getUTCMilliseconds() / 100),
  hundredth: (time: Date) => Math.floor(time.getUTCMilliseconds() / 10),
  ms: (time: Date) => time.getUTCMilliseconds(),
  epochSecond: (time: Date) => Math.floor(time.getTime() / 1000),
  epochMs: (time: Date) => time.getTime(),
};

export type Field = keyof typeof fieldOf;

export type TimeFields = { readonly [F in Field]?: number };

export function startOfYear(time: Date): number {
  return Date.UTC(time.getUTCFullYear(), 0);
}

function dayOfYear(time: Date): number {
  return Math.floor((time.getTime() - startOfYear(time)) / dayMs) + 1;
}

/** A week of moment's belongs to the year that its Saturday is in. */
function saturdayOf(time: Date): Date {
  return new Date(time.getTime() + (6 - time.getUTCDay()) * dayMs);
}

/** A week of ISO 8601 belongs to the year that its Thursday is in. */
function thursdayOf(time: Date): Date {
  return new Date(time.getTime() + (4 - (time.getUTCDay() || 7)) * dayMs);
}

/** The number of the week that belongs to the year of this day of it. */
function weekOf(day: Date): number {
  return Math.ceil(dayOfYear(day) / 7);
}
