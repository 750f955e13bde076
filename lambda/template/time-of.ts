import { dayMs, type Field, fieldOf, startOfYear, type TimeFields } from './time-fields.ts';

export interface ReadTime {
  readonly timeMs: number;
  /** Whether date, hour, minute and second are all known; two digits of the calendar's year are enough. */
  readonly isExact: boolean;
}

/** From the greatest unit to the smallest: its fields, and the start of the unit that a time is in. */
const units: readonly { readonly fields: readonly Field[]; readonly start: (time: Date) => number }[] = [
  { fields: ['year', 'yearOfCentury'], start: startOfYear },
  {
    fields: ['quarter', 'month'],
    start: (time) => Date.UTC(time.getUTCFullYear(), time.getUTCMonth()),
  },
  {
    fields: [
      ...(['day', 'dayOfYear', 'weekday', 'isoWeekday'] as const),
      ...(['week', 'weekYear', 'weekYearOfCentury'] as const),
      ...(['isoWeek', 'isoWeekYear', 'isoWeekYearOfCentury'] as const),
    ],
    start: startOf(dayMs),
  },
  { fields: ['hour', 'hourTo12', 'hourTo24', 'isPm'], start: startOf(3_600_000) },
  { fields: ['minute'], start: startOf(60_000) },
  { fields: ['second'], start: startOf(1000) },
];

/** Enough for a Monday, February 29th, which may be 40 years ago: the Februaries, and their days. */
const maxSteps = 2000;

/**
 * The latest time, not after `notAfterMs`, that agrees with all known fields: a format writes it as the text that it
 * read. Unknown milliseconds are 0.
 *
 * @returns Nothing if there is no such time: the fields contradict each other, or there is no such day.
 */
export function timeOf(known: TimeFields, notAfterMs: number): ReadTime | undefined {
  const isTrue = (time: Date) => (field: Field) => fieldOf[field](time) === known[field];
  const knownFields = (Object.keys(known) as Field[]).filter((field) => known[field] !== undefined);
  const toldUnits = units.map(({ fields, start }) => ({
    fields: fields.filter((field) => knownFields.includes(field)),
    start,
  }));
  const msOfSecond = toldMs(known);
  let secondMs = Math.floor((latestMs(known, notAfterMs) - msOfSecond) / 1000) * 1000;
  for (let step = 0; step < maxSteps && secondMs >= 0; step += 1) {
    const time = new Date(secondMs + msOfSecond);
    const wrong = toldUnits.find(({ fields }) => !fields.every(isTrue(time)));
    if (wrong === undefined) {
      return knownFields.every(isTrue(time))
        ? { timeMs: time.getTime(), isExact: isExact(known) }
        : undefined;
    }
    secondMs = wrong.start(time) - 1000;
  }
  return undefined;
}

/** Start of the search: not years after a known year, which would be many days to step over. */
function latestMs(known: TimeFields, notAfterMs: number): number {
  const epochMs =
    known.epochMs ?? (known.epochSecond === undefined ? undefined : known.epochSecond * 1000 + toldMs(known));
  if (epochMs !== undefined) {
    return epochMs <= notAfterMs ? epochMs : Number.NEGATIVE_INFINITY;
  }
  const year = known.year ?? known.weekYear ?? known.isoWeekYear;
  // A year of weeks ends up to three days after the calendar's.
  return year === undefined ? notAfterMs : Math.min(notAfterMs, Date.UTC(year + 1, 0, 4) - 1);
}

function toldMs({ ms, epochMs, hundredth, tenth }: TimeFields): number {
  return ms ?? (epochMs === undefined ? (hundredth ?? (tenth ?? 0) * 10) * 10 : epochMs % 1000);
}

function isExact(known: TimeFields): boolean {
  const has = (...fields: Field[]) => fields.some((field) => known[field] !== undefined);
  if (has('epochSecond', 'epochMs')) {
    return true;
  }
  const hasWeekday = has('weekday', 'isoWeekday');
  const hasDate =
    (has('year', 'yearOfCentury') && (has('dayOfYear') || (has('month') && has('day')))) ||
    (has('weekYear') && has('week') && hasWeekday) ||
    (has('isoWeekYear') && has('isoWeek') && hasWeekday);
  const hasHour = has('hour', 'hourTo24') || (has('hourTo12') && has('isPm'));
  return hasDate && hasHour && has('minute') && has('second');
}

function startOf(unitMs: number): (time: Date) => number {
  return (time) => time.getTime() - (time.getTime() % unitMs);
}
