import { type HourLetter, type KeyNaming, keyStart, type TimeField } from '../../contract/key-prefix.ts';

/** All hours and offsets of time zones begin and end at a multiple of this. */
export const shortestHourMs = 15 * 60_000;

/**
 * The common starts of the keys of all objects whose oldest record arrived at a time: it ends before the first expression
 * that is finer than an hour, or no time. Mostly one; around New Year the year of a week (`YYYY`) may be either of two, as its
 * rule depends on a locale that Firehose does not document.
 *
 * @returns a function of a time, in milliseconds since 1970.
 */
export function createKeyPrefixes({ prefix, prefixTimeZone, partition }: KeyNaming) {
  const { parts } = keyStart(prefix, partition);
  const hasYearOfWeek = parts.some((part) => typeof part !== 'string' && part.letter === 'Y');
  const localTime = createLocalTime(prefixTimeZone);
  return (atMs: number): string[] => {
    const time = localTime(atMs);
    const laterYears = hasYearOfWeek ? yearsOfWeek(time) : [0];
    return laterYears.map((later) =>
      parts.map((part) => (typeof part === 'string' ? part : formatField(part, time, later))).join(''),
    );
  };
}

/** @returns a function that makes a date whose fields in UTC are those of the time zone. */
function createLocalTime(timeZone = 'UTC'): (atMs: number) => Date {
  if (timeZone === 'UTC') {
    return (atMs) => new Date(atMs);
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
  });
  return (atMs) => {
    const [month, day, year, hour] = format.format(atMs).match(/\d+/g)!.map(Number);
    return new Date(Date.UTC(year!, month! - 1, day, hour));
  };
}

/** By how much the year of the week may differ from the year. */
function yearsOfWeek(time: Date): number[] {
  const [month, day] = [time.getUTCMonth(), time.getUTCDate()];
  if (month === 11 && day >= 26) {
    return [0, 1];
  }
  return month === 0 && day <= 3 ? [0, -1] : [0];
}

const year = (time: Date) => time.getUTCFullYear();
const month = (time: Date) => time.getUTCMonth() + 1;
const hour = (time: Date) => time.getUTCHours();

const fields: Readonly<Record<HourLetter, (time: Date) => number>> = {
  y: year,
  u: year,
  Y: year,
  M: month,
  L: month,
  d: (time) => time.getUTCDate(),
  D: (time) => Math.floor((time.getTime() - Date.UTC(year(time), 0)) / 86_400_000) + 1,
  H: hour,
  k: (time) => hour(time) || 24,
  K: (time) => hour(time) % 12,
  h: (time) => hour(time) % 12 || 12,
};

function formatField({ letter, length }: TimeField, time: Date, laterYears: number): string {
  const value = fields[letter](time) + (letter === 'Y' ? laterYears : 0);
  const isShortYear = length === 2 && fields[letter] === year;
  return String(isShortYear ? value % 100 : value).padStart(length, '0');
}
