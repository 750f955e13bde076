import { type Field, fieldOf, type TimeFields } from './time-fields.ts';

/** One way to read a text as a time. */
export interface TimeReading {
  readonly end: number;
  readonly fields: TimeFields;
}

/** How times of the years 1970 to 9999 are written: a format of moment's, in UTC and English. */
export interface TimeFormat {
  format(timeMs: number): string;
  /**
   * Reads a time that begins at `at`. Where numbers of any width meet other digits (`DH`, or `D` before a digit of the
   * template), several readings are possible: a caller tries the next one if the first leads nowhere.
   *
   * @param known Fields from other texts of the same time: readings that contradict them are left out.
   * @returns All readings, those with the longest numbers first, with `known` among their fields.
   */
  read(text: string, at: number, known?: TimeFields): Iterable<TimeReading>;
}

interface Token {
  readonly field: Field;
  write(value: number): string;
  /** The values that the text may have at `at`, those with the shortest texts first. */
  read(text: string, at: number): readonly number[];
}

/** @param max - The greatest value, so the width of a number is that of `max`, or less. */
function number(field: Field, width: number, max: number, write = (value: number) => `${value}`): Token {
  const writePadded = (value: number) => write(value).padStart(width, '0');
  const maxWidth = Math.max(width, `${max}`.length);
  return {
    field,
    write: writePadded,
    read(text, at) {
      const values: number[] = [];
      let value = 0;
      for (let digits = 1; digits <= maxWidth; digits += 1) {
        const digit = text.charCodeAt(at + digits - 1) - 48;
        if (!(digit >= 0 && digit <= 9)) {
          break;
        }
        value = value * 10 + digit;
        if (digits >= width && value <= max && text.startsWith(writePadded(value), at)) {
          values.push(value);
        }
      }
      return values;
    },
  };
}

/** `1st`, `2nd`, `3rd`, `4th`: moment's ordinals. */
function ordinal(field: Field, max: number): Token {
  return number(field, 1, max, (value) => {
    const isTeen = Math.floor((value % 100) / 10) === 1;
    return `${value}${(!isTeen && ['', 'st', 'nd', 'rd'][value % 10]) || 'th'}`;
  });
}

function numbers(field: Field, max: number, widths: Readonly<Record<string, number | 'ordinal'>>) {
  return Object.fromEntries(
    Object.entries(widths).map(([token, width]) => [
      token,
      [width === 'ordinal' ? ordinal(field, max) : number(field, width, max)],
    ]),
  );
}

function name(field: Field, names: readonly string[], first = 0): Token {
  return {
    field,
    write: (value) => names[value - first]!,
    read(text, at) {
      const index = names.findIndex((each) => text.startsWith(each, at));
      return index < 0 ? [] : [index + first];
    },
  };
}

const firstLetters = (names: readonly string[], count: number) => names.map((each) => each.slice(0, count));
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const hour = number('hour', 1, 23);
const hourTo12 = number('hourTo12', 1, 12);
const minute = number('minute', 2, 59);
const second = number('second', 2, 59);
const ms = number('ms', 3, 999);

/** Moment's tokens: values of fields, and constant texts. */
const tokens: Readonly<Record<string, readonly (Token | string)[]>> = {
  ...numbers('year', 9999, { Y: 4, YYYY: 4, YYYYY: 5, y: 4, yy: 4, yyy: 4, yyyy: 4, yo: 'ordinal' }),
  ...numbers('yearOfCentury', 99, { YY: 2 }),
  ...numbers('quarter', 4, { Q: 1, Qo: 'ordinal' }),
  ...numbers('month', 12, { M: 1, MM: 2, Mo: 'ordinal' }),
  ...numbers('day', 31, { D: 1, DD: 2, Do: 'ordinal' }),
  ...numbers('dayOfYear', 366, { DDD: 1, DDDD: 3, DDDo: 'ordinal' }),
  ...numbers('weekday', 6, { d: 1, e: 1, do: 'ordinal' }),
  ...numbers('isoWeekday', 7, { E: 1 }),
  ...numbers('week', 53, { w: 1, ww: 2, wo: 'ordinal' }),
  ...numbers('weekYear', 9999, { gggg: 4, ggggg: 5 }),
  ...numbers('weekYearOfCentury', 99, { gg: 2 }),
  ...numbers('isoWeek', 53, { W: 1, WW: 2, Wo: 'ordinal' }),
  ...numbers('isoWeekYear', 9999, { GGGG: 4, GGGGG: 5 }),
  ...numbers('isoWeekYearOfCentury', 99, { GG: 2 }),
  ...numbers('hour', 23, { H: 1, HH: 2 }),
  ...numbers('hourTo12', 12, { h: 1, hh: 2 }),
  ...numbers('hourTo24', 24, { k: 1, kk: 2 }),
  ...numbers('minute', 59, { m: 1, mm: 2 }),
  ...numbers('second', 59, { s: 1, ss: 2 }),
  ...numbers('tenth', 9, { S: 1 }),
  ...numbers('hundredth', 99, { SS: 2 }),
  ...numbers('ms', 999, { SSS: 3 }),
  ...numbers('epochSecond', 253_402_300_799, { X: 1 }),
  ...numbers('epochMs', 253_402_300_799_999, { x: 1 }),
  ...Object.fromEntries(
    [4, 5, 6, 7, 8, 9].map((digits) => ['S'.repeat(digits), [ms, '0'.repeat(digits - 3)]]),
  ),
  YYYYYY: ['+', number('year', 6, 9999)],
  MMM: [name('month', firstLetters(months, 3), 1)],
  MMMM: [name('month', months, 1)],
  dd: [name('weekday', firstLetters(weekdays, 2))],
  ddd: [name('weekday', firstLetters(weekdays, 3))],
  dddd: [name('weekday', weekdays)],
  a: [name('isPm', ['am', 'pm'])],
  A: [name('isPm', ['AM', 'PM'])],
  Hmm: [hour, minute],
  Hmmss: [hour, minute, second],
  hmm: [hourTo12, minute],
  hmmss: [hourTo12, minute, second],
  N: ['AD'],
  NN: ['AD'],
  NNN: ['AD'],
  NNNN: ['Anno Domini'],
  NNNNN: ['AD'],
  Z: ['+00:00'],
  ZZ: ['+0000'],
  z: ['UTC'],
  zz: ['Coordinated Universal Time'],
};

const longFormats: Readonly<Record<string, string>> = {
  LT: 'h:mm A',
  LTS: 'h:mm:ss A',
  L: 'MM/DD/YYYY',
  LL: 'MMMM D, YYYY',
  LLL: 'MMMM D, YYYY h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A',
  l: 'M/D/YYYY',
  ll: 'MMM D, YYYY',
  lll: 'MMM D, YYYY h:mm A',
  llll: 'ddd, MMM D, YYYY h:mm A',
};

/** Matches the longest of `names`, `[text]`, and names after a backslash, which both stand for themselves. */
function tokenPattern(names: readonly string[]): RegExp {
  const longestFirst = names.toSorted((one, other) => other.length - one.length);
  return new RegExp(String.raw`\[[^\[]*\]|\\?(?:${longestFirst.join('|')})`, 'g');
}

const longFormatPattern = tokenPattern(Object.keys(longFormats));
// moment takes `w|` and `W|` for tokens, and has no value for them.
const formatPattern = tokenPattern([...Object.keys(tokens), '[wW]\\|', '.']);

/**
 * A format with moment's tokens, such as `YYYY-MM-DD HH:mm:ss.SSS`. What is no token stands for itself, and so does what
 * is in square brackets or follows a backslash.
 *
 * @throws RangeError if `format` is empty or longer than 200 characters.
 */
export function createTimeFormat(format: string): TimeFormat {
  if (format === '' || format.length > 200) {
    throw new RangeError(
      `A time format has 1 to 200 characters, such as YYYY-MM-DD HH:mm:ss, but this one has ${format.length}`,
    );
  }
  const withoutLongFormats = format.replace(longFormatPattern, (token) => longFormats[token] ?? token);
  const parts = (withoutLongFormats.match(formatPattern) ?? []).flatMap(
    (token) => tokens[token] ?? [literal(token)],
  );
  return {
    format(timeMs) {
      const time = new Date(timeMs);
      let text = '';
      for (const part of parts) {
        text += typeof part === 'string' ? part : part.write(fieldOf[part.field](time));
      }
      return text;
    },
    *read(text, at, known = {}) {
      const paths = [{ end: at, fields: known, next: 0 }];
      for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
        const { end, fields, next } = path;
        const part = parts[next];
        if (part === undefined) {
          yield { end, fields };
        } else if (typeof part === 'string') {
          if (text.startsWith(part, end)) {
            paths.push({ end: end + part.length, fields, next: next + 1 });
          }
        } else {
          for (const value of part.read(text, end)) {
            if ((fields[part.field] ?? value) === value) {
              const valueEnd = end + part.write(value).length;
              paths.push({ end: valueEnd, fields: { ...fields, [part.field]: value }, next: next + 1 });
            }
          }
        }
      }
    },
  };
}

function literal(token: string): string {
  return /^\[.*\]$/s.test(token) ? token.slice(1, -1) : token.replaceAll('\\', '');
}

/** `2026-11-22T01:02:03.456Z` */
export const isoFormat: TimeFormat = createTimeFormat('YYYY-MM-DDTHH:mm:ss.SSS[Z]');
/** `2026-11-22T01:02:03+00:00`: moment's default where the local time is UTC. */
export const defaultFormat: TimeFormat = createTimeFormat('YYYY-MM-DDTHH:mm:ssZ');
/** `2026-11-22T01:02:03Z`: moment's default for `moment.utc()`. */
export const defaultUtcFormat: TimeFormat = createTimeFormat('YYYY-MM-DDTHH:mm:ss[Z]');
/** `1795309323` */
export const epochSeconds: TimeFormat = createTimeFormat('X');
/** `1795309323456` */
export const epochMilliseconds: TimeFormat = createTimeFormat('x');
