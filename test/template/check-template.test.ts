import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import { InvalidTemplateError } from '../../lambda/template/errors.ts';
import { checkTemplate, maxEventBytes } from '../../lib/template/check-template.ts';
import { readTemplateFile, TemplateFileError } from '../../lib/template/template-file.ts';
import { temporaryDirectory } from '../commands/start/factories.ts';
import { runs } from '../property-runs.ts';
import { randomTemplate } from '../simulation/worlds/random-template.ts';

const uuid = '"id":"{{random.uuid}}"';

const examples = readdirSync('docs/events').map((file) => readFileSync(`docs/events/${file}`, 'utf8'));

/** Templates that people could have: the six of the docs, and random ones. */
const templates = fc.oneof(
  fc.constantFrom(...examples),
  fc.integer({ min: 1, max: 1e6 }).map(randomTemplate),
);

/** Mutations that break a template. */
const fragments = fc.oneof(
  fc.constantFrom(
    '{{',
    '}}',
    '{',
    '}',
    '"',
    ',',
    ':',
    '\\',
    '\n',
    '(',
    ')',
    '[',
    '{{random.uuid}}',
    '{{index}}',
  ),
  fc.constantFrom('{{random.nubmer(5)}}', '{{random.number("x")}}', '{{random.number({"min":9,"max":1})}}'),
  fc.constantFrom(
    '{{date.past}}',
    '{{name.firstNmae}}',
    '{{constructor}}',
    '{{__proto__}}',
    '{{toString()}}',
  ),
  fc.constantFrom(
    '{{string.alphanumeric(2000000)}}',
    '{{random.arrayElement(["a\\nb"])}}',
    '{{faker.seed(1)}}',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
);

/** A template in which something was put, at some place, instead of some characters. */
const brokenTemplates = fc
  .tuple(templates, fc.array(fc.tuple(fc.nat(400), fc.nat(6), fragments), { minLength: 1, maxLength: 3 }))
  .map(([template, breaks]) =>
    breaks.reduce((text, [at, length, put]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + length);
    }, template),
  );

describe('a template that is checked', () => {
  it.each([
    [
      'an unknown function',
      `{${uuid},"a":{{random.nubmer(5)}}}`,
      '1:29 there is no function random.nubmer: did you mean random.number, for example {{random.number',
    ],
    ['wrong arguments', `{${uuid},"a":{{random.number("x")}}}`, /^1:\d+ .*for example \{\{/],
    ['what is relative to now', `{${uuid},"a":"{{date.past}}"}`, /^1:\d+ date\.past cannot be used: /],
    ['no UUID', '{"a":1}', '"eventId":"{{random.uuid}}",'],
    ['two UUIDs', `{${uuid},"b":"{{string.uuid}}"}`, /^1:\d+ /],
    [
      'a number where JSON needs quotes',
      `{${uuid},"a":{{name.firstName}}}`,
      /^1:\d+ the event is not JSON at \{\{name\.firstName\}\}, where .* was rendered: put the expression in double quotes/,
    ],
    ['a comma too many', `{${uuid},}`, /^1:\d+ the event is not JSON at this text/],
    [
      'a line break in a value',
      '{{random.uuid}},{{random.arrayElement(["a\\nb"])}}',
      /^1:\d+ a line break in what \{\{random\.arrayElement/,
    ],
    [
      'an event that is too large',
      `{${uuid},"a":"${'{{string.alphanumeric(10000)}}'.repeat(100)}"}`,
      /^1:\d+ an event of 10000\d\d bytes, expected at most 1000000: 10000 bytes of it are from here/,
    ],
    ['nothing', '', /^1:1 /],
  ])('is refused for %s, with its place and the remedy', (_, source, message) => {
    expect(() => checkTemplate(source)).toThrow(InvalidTemplateError);
    expect(() => checkTemplate(source)).toThrow(message);
  });

  it('is refused or sent, but never hangs and never crashes, however it is broken', () => {
    const outcomes = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(brokenTemplates, (source) => {
        // Act
        const startedMs = performance.now();
        let error: unknown;
        try {
          const { meanEventBytes, maxEventBytes: largest } = checkTemplate(source);
          outcomes.taken += 1;
          expect(meanEventBytes).toBeLessThanOrEqual(largest);
          expect(largest).toBeLessThanOrEqual(maxEventBytes);
        } catch (thrown) {
          error = thrown;
          outcomes.refused += 1;
        }

        // Assess: each line has position and problem
        expect(performance.now() - startedMs).toBeLessThan(10_000);
        if (error !== undefined) {
          expect(error).toBeInstanceOf(InvalidTemplateError);
          for (const line of (error as Error).message.split('\n')) {
            expect(line).toMatch(/^\d+:\d+ \S.{10}/);
          }
        }
      }),
      { numRuns: runs(300) },
    );
    expect(outcomes.refused).toBeGreaterThan(runs(100));
  });

  it('measures its events, alone and compressed', () => {
    // Act
    const checked = checkTemplate(defaultTemplate);

    // Assess
    expect(checked).toMatchObject({
      isDefault: true,
      needsWords: false,
      meanEventBytes: 68,
      maxEventBytes: 68,
    });
    expect(checked.gzipEventBytes).toBeGreaterThan(20);
    expect(checked.gzipEventBytes).toBeLessThan(24);
  });

  it.each([
    ['iot-sensor.json', false],
    ['apache-access.txt', true],
  ])('detects whether it needs word lists: %s', (file, needsWords) => {
    expect(readTemplateFile(`docs/events/${file}`).needsWords).toBe(needsWords);
  });
});

describe('a file with a template', () => {
  it.each([
    [
      'no-such-file',
      'no-such-file: there is no such file, expected a file with a template, for example docs/',
    ],
    ['docs', 'docs: it is a folder, expected a file with a template'],
  ])('is refused when it is %s', (file, message) => {
    expect(() => readTemplateFile(file)).toThrow(TemplateFileError);
    expect(() => readTemplateFile(file)).toThrow(message);
  });

  it('is refused when it is no text', () => {
    // Prepare
    const file = join(temporaryDirectory(), 'event.json');
    writeFileSync(file, Buffer.of(0x7b, 0xff, 0xfe));

    // Act, assess
    expect(() => readTemplateFile(file)).toThrow('it is not UTF-8 text');
  });

  it('is named with the line and the column of each mistake', () => {
    // Prepare
    const file = join(temporaryDirectory(), 'event.json');
    writeFileSync(file, '{\n  "id": "{{random.uuid}}",\n  "a": {{random.nubmer}},\n  "b": {{indx}}\n}\n');

    // Act, assess
    expect(() => readTemplateFile(file)).toThrow(
      new RegExp(
        `^${file}:3:8 there is no function random\\.nubmer.*\\n${file}:4:8 there is no function indx`,
      ),
    );
  });
});

describe('the message about many problems', () => {
  it('has ten lines, of which the last one counts the others', () => {
    // Prepare
    const unknown = Array.from({ length: 500 }, (_, index) => `{{no.function${index}}}`).join(' ');

    // Act
    const lines = () => checkTemplate(`{{random.uuid}} ${unknown}`);

    // Assess
    expect(lines).toThrow(/^1:17 there is no function no\.function0: (.*\n){9}and 491 more problems$/);
  });

  it('is made in no time', () => {
    // Prepare
    const source = 'x\n'.repeat(500_000);
    const problems = Array.from({ length: 50_000 }, (_, index) => ({ offset: index * 20, message: 'wrong' }));

    // Act
    const startedMs = performance.now();
    const { message } = new InvalidTemplateError(source, problems);

    // Assess
    expect(message.split('\n')).toHaveLength(10);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('names the file of each problem, and not of their count', () => {
    // Prepare
    const file = join(temporaryDirectory(), 'events.json');
    writeFileSync(file, `{{random.uuid}} ${'{{no.function}}'.repeat(11)}`);

    // Act and assess
    expect(() => readTemplateFile(file)).toThrow(/events\.json:1:17 [^\n]*\n(?:.*\n)*and 2 more problems$/);
  });
});
