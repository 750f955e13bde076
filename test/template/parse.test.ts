import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidTemplateError } from '../../lambda/template/errors.ts';
import { parseTemplate } from '../../lambda/template/parse.ts';
import { runs } from '../property-runs.ts';

describe('a template', () => {
  it('is taken apart into texts and expressions, each with its place', () => {
    // Act
    const { isJson, parts } = parseTemplate('{"a":{"b":{{ random.number(5) }}}}');

    // Assess
    expect(isJson).toBe(true);
    expect(parts).toEqual([
      { text: '{"a":{"b":', offset: 0 },
      { source: 'random.number(5)', name: 'random.number', args: [5], offset: 10 },
      { text: '}}', offset: 32 },
    ]);
  });

  it('of several lines is made one, if it is a JSON object', () => {
    // Act
    const { parts } = parseTemplate(
      '\uFEFF{\r\n    "a": {{random.number(\n  {\n "min": 1 }\n)}},\n    "b": 2\n}\n',
    );

    // Assess
    expect(parts).toMatchObject([
      { text: '{"a": ' },
      { source: 'random.number({"min": 1 })', args: [{ min: 1 }] },
      { text: ',"b": 2}' },
    ]);
  });

  it('is no JSON if it begins with an expression', () => {
    expect(parseTemplate('{{index}},{{random.uuid}}').isJson).toBe(false);
  });

  it('may have braces, parentheses and quotes in the texts of arguments', () => {
    expect(parseTemplate('{{a.b("}} ) \\" (", 2)}}').parts).toMatchObject([{ args: ['}} ) " (', 2] }]);
  });

  it.each([
    ['', '1:1 the template is empty'],
    [' \n ', '1:1 the template is empty'],
    ['a {{', '1:3 no name of a function after {{'],
    ['a\n{{', '1:2 a line break'],
    ['{{random.number(5}}', '1:16 the ( after random.number is never closed'],
    ['{{random.number(5)', '1:19 expected }} after random.number, found the end'],
    ['{{random.number x}}', '1:17 expected }} after random.number, found x}}'],
    ['{{date.now(YYYY)}}', '1:12 the arguments of date.now are not JSON: YYYY'],
    ["{{date.now('YYYY')}}", "1:12 the arguments of date.now are not JSON: 'YYYY'"],
    ['{\n  "a": {{random.number({min: 1})}}\n}', '2:24 the arguments of random.number are not JSON'],
  ])('%j is refused, with its place', (source, message) => {
    expect(() => parseTemplate(source)).toThrow(message);
  });

  it('of any text is taken apart or refused, and nothing of it is lost', () => {
    const pieces = fc.constantFrom(
      '{{',
      '}}',
      '(',
      ')',
      '"',
      '\\',
      '\n',
      ' ',
      '{',
      'random.number',
      '5',
      ',',
      'é',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (some) => {
        // Prepare
        const source = some.join('');

        // Act
        try {
          const { parts } = parseTemplate(source);

          // Assess
          expect(parts.length).toBeGreaterThan(0);
          expect(parts.every(({ offset }, place) => offset > (parts[place - 1]?.offset ?? -1))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTemplateError);
          expect((error as Error).message).toMatch(/^\d+:\d+ /);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });
});
