import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeFormat } from '../../lambda/template/time-format.ts';
import { timeOf } from '../../lambda/template/time-of.ts';
import { runs } from '../property-runs.ts';
import { anyFormat, anyTimeMs, readBy, readTime, writeLine } from './time-factories.ts';

const hourMs = 3_600_000;

/** A line with up to four times, with or without text between them. */
const anyParts = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: anyFormat.map(createTimeFormat) },
    fc.constantFrom('', '1', '{"at":"', ',', '0', '23'),
  ),
  { minLength: 1, maxLength: 6 },
);

describe('the time of texts', () => {
  it('makes every format write the same text again, within 25 hours', () => {
    fc.assert(
      fc.property(anyParts, anyTimeMs, fc.nat(25 * hourMs - 1), (parts, timeMs, age) => {
        // Prepare
        const line = writeLine(parts, timeMs);

        // Act
        const time = readTime(line, parts, timeMs + age);

        // Assess
        expect(time?.timeMs).toBeLessThanOrEqual(timeMs + age);
        expect(writeLine(parts, time!.timeMs)).toBe(line);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('is undefined, or writes the changed line, when a character of the line changes', () => {
    fc.assert(
      fc.property(
        anyParts,
        anyTimeMs,
        fc.nat(),
        fc.constantFrom('0', '1', '3', '9', ' ', 'x', ''),
        (parts, timeMs, place, character) => {
          // Prepare
          const line = writeLine(parts, timeMs);
          const at = place % (line.length + 1);
          const changed = line.slice(0, at) + character + line.slice(at + 1);

          // Act
          const time = readTime(changed, parts, timeMs + hourMs);

          // Assess
          expect(time === undefined || writeLine(parts, time.timeMs) === changed).toBe(true);
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  it.each([
    ['YYYY-MM-DD HH:mm:ss', 1000],
    ['YYYY-MM-DDTHH:mm:ss.S', 100],
    ['YYYY-MM-DDTHH:mm:ss.SS', 10],
    ['YYYY-MM-DDTHH:mm:ss.SSS', 1],
    ['YYYY-MM-DDTHH:mm:ss.SSSSSSSSS', 1],
    ['dddd, MMMM Do YYYY, h:mm:ss a', 1000],
    ['YYYYMMDDHHmmss', 1000],
    ['YYYY DDD k:m:s', 1000],
    ['GGGG-[W]WW-E HH:mm:ss', 1000],
    ['gggg ww e HH:mm:ss', 1000],
    ['L LTS', 1000],
    ['X', 1000],
    ['X.SSS', 1],
    ['x', 1],
  ])('is exact, however long ago, when the text is %s', (pattern, unitMs) => {
    const format = createTimeFormat(pattern);
    fc.assert(
      fc.property(anyTimeMs, anyTimeMs, (one, other) => {
        const [timeMs, notAfterMs] = [Math.min(one, other), Math.max(one, other)];
        const time = readTime(format.format(timeMs), [format], notAfterMs);
        expect(time).toEqual({ timeMs: timeMs - (timeMs % unitMs), isExact: true });
      }),
    );
  });

  it.each([
    ['HH:mm:ss', '23:00:01', '2026-11-21T23:00:01.000Z'],
    ['h:mm', '9:30', '2026-11-22T09:30:59.000Z'],
    ['h:mm', '10:30', '2026-11-21T22:30:59.000Z'],
    ['mm.SSS', '05.678', '2026-11-22T10:05:59.678Z'],
    ['YYYY-MM-DD', '2026-11-21', '2026-11-21T23:59:59.000Z'],
    ['YYYY', '2026', '2026-11-22T10:20:30.000Z'],
    ['dddd', 'Monday', '2026-11-16T23:59:59.000Z'],
    ['MMMM Do', 'February 29th', '2024-02-29T23:59:59.000Z'],
    ['dddd, MMM D', 'Monday, Feb 29', '2016-02-29T23:59:59.000Z'],
    ['[now]', 'now', '2026-11-22T10:20:30.000Z'],
  ])('is the latest possible one where %s leaves it open', (format, text, expected) => {
    const time = readBy(format, text, Date.UTC(2026, 10, 22, 10, 20, 30, 400));
    expect(time).toEqual({ timeMs: Date.parse(expected), isExact: false });
  });

  it.each([
    ['has a day that the calendar has not', 'YYYY-MM-DD HH:mm:ss', '2026-02-30 01:02:03'],
    ['has another weekday', 'dddd, YYYY-MM-DD', 'Monday, 2026-11-22'],
    ['has weekdays that differ', 'ddd E', 'Mon 2'],
    ['has hours that differ', 'HH h A', '13 2 PM'],
    ['has milliseconds that differ', 'SSS SS', '456 46'],
    ['has an epoch of another time', 'X HH:mm:ss', '1795309323 01:02:04'],
    ['has two epochs', 'X x', '1795309323 1795309324456'],
    ['has a day 0', 'D', '0'],
  ])('is undefined when it %s', (_, format, text) => {
    expect(readBy(format, text)).toBeUndefined();
  });

  it.each(['YYYY-MM-DD HH:mm:ss.SSS', 'x', 'X.SSS'])(
    'is undefined when %s is after the latest time',
    (pattern) => {
      // Prepare
      const timeMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);
      const text = createTimeFormat(pattern).format(timeMs);

      // Act
      const time = [timeMs - 1, timeMs].map((notAfterMs) => readBy(pattern, text, notAfterMs)?.timeMs);

      // Assess
      expect(time).toEqual([undefined, timeMs]);
    },
  );

  it('is the latest time when no field is known', () => {
    expect(timeOf({}, 5678)).toEqual({ timeMs: 5000, isExact: false });
  });
});
