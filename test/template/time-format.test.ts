import * as fc from 'fast-check';
import moment from 'moment';
import { describe, expect, it } from 'vitest';
import {
  createTimeFormat,
  defaultFormat,
  defaultUtcFormat,
  epochMilliseconds,
  epochSeconds,
  isoFormat,
} from '../../lambda/template/time-format.ts';
import { runs } from '../property-runs.ts';
import { anyFormat, anyTimeMs, tokens } from './time-factories.ts';

const timeMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

describe('a time format', () => {
  it.each(tokens)('writes the token %s as moment does', (token) => {
    // Prepare
    const format = createTimeFormat(token);

    fc.assert(
      fc.property(anyTimeMs, (time) => {
        // Act
        const text = format.format(time);

        // Assess
        expect(text).toBe(moment.utc(time).format(token));
      }),
    );
  });

  it('writes any combination of tokens, escapes and other text as moment does', () => {
    fc.assert(
      fc.property(anyFormat, anyTimeMs, (format, time) => {
        expect(createTimeFormat(format).format(time)).toBe(moment.utc(time).format(format));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('writes any text as moment does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), anyTimeMs, (format, time) => {
        // moment takes names of Object's own properties for tokens.
        fc.pre(/./.test(format) && !(format in Object.prototype));
        expect(createTimeFormat(format).format(time)).toBe(moment.utc(time).format(format));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('writes the weeks around the turn of each year as moment does', () => {
    // Prepare
    const pattern = 'gggg-ww-e GGGG-WW-E DDDD';
    const format = createTimeFormat(pattern);
    const days = Array.from({ length: 230 }, (_, year) =>
      Array.from({ length: 16 }, (_, day) => Date.UTC(1970 + year, 11, 24 + day)),
    ).flat();

    // Act
    const texts = days.map((day) => format.format(day));

    // Assess
    expect(texts).toEqual(days.map((day) => moment.utc(day).format(pattern)));
  });

  it('has the formats that need no tokens', () => {
    // Act
    const texts = [isoFormat, defaultFormat, defaultUtcFormat, epochSeconds, epochMilliseconds].map(
      (format) => format.format(timeMs),
    );

    // Assess
    expect(texts).toEqual([
      new Date(timeMs).toISOString(),
      moment.utc(timeMs).format(moment.defaultFormat),
      moment.utc(timeMs).format(),
      '1795309323',
      '1795309323456',
    ]);
  });

  it.each(['', 'Y'.repeat(201)])('has 1 to 200 characters, unlike "%s"', (format) => {
    expect(() => createTimeFormat(format)).toThrow(RangeError);
  });

  it('is read with its fields, and where it ends', () => {
    const readings = [...createTimeFormat('MMM Do, h A').read('at Nov 22nd, 1 AM.', 3)];
    expect(readings).toEqual([{ end: 17, fields: { month: 11, day: 22, hourTo12: 1, isPm: 0 } }]);
  });

  it('is read in each way that its digits allow, the longest number first', () => {
    // Act
    const readings = [...createTimeFormat('D').read('2281', 0)];

    // Assess
    expect(readings).toEqual([
      { end: 2, fields: { day: 22 } },
      { end: 1, fields: { day: 2 } },
    ]);
  });

  it('is not read in a way that contradicts known fields', () => {
    expect([...createTimeFormat('D').read('2281', 0, { day: 2 })]).toEqual([{ end: 1, fields: { day: 2 } }]);
  });

  it.each([
    ['HH', '24'],
    ['D', 'x'],
    ['Do', '22th'],
    ['MMMM', 'november'],
    ['YYYY', '26'],
    ['[at] H', 'in 1'],
  ])('%s is not read from %s', (format, text) => {
    expect([...createTimeFormat(format).read(text, 0)]).toEqual([]);
  });

  it('has no more readings when the same tokens are repeated', () => {
    const format = createTimeFormat('Dh'.repeat(50));
    const readings = [...format.read('1'.repeat(200), 0)].map(({ end }) => end);
    expect(readings).toEqual([200, 150, 150, 100]);
  });
});
