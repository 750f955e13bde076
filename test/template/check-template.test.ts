import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import { InvalidTemplateError } from '../../lambda/template/errors.ts';
import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { templateFunctions } from '../../lambda/template/functions.ts';
import { wordNames } from '../../lambda/template/word-names.ts';
import { checkTemplate, maxEventBytes } from '../../lib/template/check-template.ts';
import { JsonReader } from '../../lib/template/json-reader.ts';
import { edgeTimes, sampleEvents } from '../../lib/template/sample-events.ts';
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
    ['half a character', `{${uuid},"a":"\ud83d"}`, /^1:30 half a character, which UTF-8 cannot write: /],
    [
      'half a character in arguments',
      `{${uuid},"a":"{{date.utc("YYYY[\\ude00]")}}"}`,
      /^1:41 the arguments of date.utc have half a character, which UTF-8 cannot write: /,
    ],
    [
      'the character NUL',
      '\0{{random.uuid}}',
      /^1:1 the character NUL, with which files are padded: leave it out$/,
    ],
    [
      'the character NUL in arguments',
      '{{random.weightedArrayElement({"weights":[1],"data":["\\u0000"]})}}{{random.uuid}}',
      /^1:\d+ the arguments of random.weightedArrayElement have the character NUL/,
    ],
    [
      'an event that is too large because of the id of its run',
      `{${uuid},"a":"${'{{run}}'.repeat(990)}"}`,
      /^1:\d+ an event of 1013\d{3} bytes, expected at most 1000000: 1024 bytes of it are from here/,
    ],
    [
      'what would break the line of the message',
      `{{random.uuid}} {{random.number("\u2028\u001b[2J")}}`,
      /^1:33 the arguments of random.number are not JSON: "\\u2028\\u001b\[2J" - expected/,
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
    expect(outcomes.refused).toBeGreaterThan(runs(300) / 3);
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

/** A JSON template with a field. */
const field = (value: string) => `{${uuid},"a":${value}}`;

const rareBreak = (value: string) =>
  `{{random.weightedArrayElement({"weights":[1,1e-6],"data":["a",${JSON.stringify(value)}]})}}`;

describe('the check of a template', () => {
  it.each([
    ['{{date.utc("SSS")}}', '"045"|"000"|"007"'],
    ['{{date.utc("MM")}}', '"0\\d"'],
    ['{{date.utc("D")}}{{date.utc("HH")}}0.{{date.utc("H")}}.1', ''],
    ['{{date.utc("DDDD")}}', ''],
    ['{{date.utc("Hmm")}}', ''],
    ['{{date.utc("MMM")}}', ''],
    ['{{string.numeric(2)}}', ''],
    ['-{{random.number({"min":-1,"max":1000000})}}', ''],
    ['{{index}}{{index}}', ''],
    ['1.{{random.number({"min":0,"max":1000000,"precision":0.5})}}', ''],
    ['{{finance.pin}}', ''],
    ['{{finance.amount({"autoFormat":true})}}', ''],
    [`"${rareBreak('"')}"`, ''],
    [`"\\u0{{random.arrayElement(["4","45"])}}1"`, ''],
    [rareBreak('1'), ''],
    ['{{random.arrayElement(["1","[1","{"])}}', ''],
  ])('decides by all texts of an expression, not by chance: %s', (value, rendered) => {
    expect(() => checkTemplate(field(value))).toThrow(
      new RegExp(`^1:\\d+ the event is not JSON at .*where .*${rendered}.*was rendered`),
    );
  });

  it.each([
    `"${rareBreak('x\n')}"`,
    `"{{date.utc("YYYY[\\n]MM")}}"`,
    '"{{string.alpha({"length":2,"prefix":"\\r"})}}"',
  ])('finds a line break in any text: %j', (value) => {
    for (const source of [field(value), `{{random.uuid}} ${value}`]) {
      expect(() => checkTemplate(source)).toThrow(/^1:\d+ a line break in what \{\{/);
    }
  });

  it.each([
    '{{date.epoch}}.{{date.utc("SSS")}}',
    '{{date.utc("YYYYMMDD")}}',
    '1{{date.utc("SSS")}}',
    '-{{random.number(5)}}.5',
    '{{random.number({"min":1,"max":9})}}0',
    '{{number.float({"min":-1e-7,"max":1e300})}}',
    '{{finance.amount(1,2)}}',
    '{{location.latitude}}',
    '{{internet.httpStatusCode}}',
    '{{location.buildingNumber}}',
    '{{random.arrayElement(["\\"Red\\"","null","3","true","[{}]"])}}',
    '"\\u00{{string.hexadecimal({"length":2,"prefix":""})}}"',
    '{{random.arrayElement(["1","[1]"])}}, "{{random.arrayElement(["b","c"])}}":[ ]',
    '{{sequence({"start":9007199254740990,"step":9007199254740991})}}',
    '{{random.number.float({"min":1,"max":99,"precision":0.01})}}',
    '{{number.float({"min":-1,"max":1,"fractionDigits":4})}}',
    '"{{random.arrayElement(["\\\\ud800","😀"])}}"',
  ])('accepts what is JSON in every event: %s', (value) => {
    const { template } = checkTemplate(field(value));

    for (const pieces of sampleEvents(template, edgeTimes)) {
      expect(() => JSON.parse(Buffer.concat(pieces).toString())).not.toThrow();
    }
  });

  it('finds a choice that opens a string', () => {
    expect(() => checkTemplate(field(`"${rareBreak('\\')}"`))).toThrow('the event is not JSON at its end');
  });

  it('agrees with JSON.parse about any two texts', () => {
    const texts = fc.array(
      fc.constantFrom(...'{}[]:,"\\ \n019.eE+-tfu', 'true', 'false', 'null', '"a":', '[1]', '1e5', '\\u00e9'),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(texts, texts, fc.boolean(), (one, other, isObject) => {
        // Prepare
        const [before, after] = isObject ? ['{"a":', '}'] : ['[', ']'];
        const reader = new JsonReader();
        const some = [one.join(''), other.join('')];

        // Act
        const failure = reader.read([before]) ?? reader.read(some) ?? reader.read([after]);

        // Assess
        const areJson = some.every((text) => {
          try {
            return typeof JSON.parse(before + text + after) === 'object';
          } catch {
            return false;
          }
        });
        expect(failure === undefined && reader.isComplete, some.join(' | ')).toBe(areJson);
      }),
      { numRuns: runs(20_000) },
    );
  });

  it('lets no template through that is not JSON in another event', () => {
    const expression = fc.oneof(
      fc.constantFrom(...Object.values(templateFunctions).map(({ example }) => example)),
      fc.constantFrom(...wordNames.keys()),
      fc.constantFrom(
        'date.utc("SSS")',
        'date.utc("Hmm")',
        'date.utc("M.D")',
        'date.utc("x")',
        'string.numeric(1)',
      ),
      fc.constantFrom(
        'finance.amount(-5,5,0)',
        'commerce.price(0,1)',
        'random.number({"min":-0.5,"max":2,"precision":0.1})',
      ),
    );
    const value = fc
      .tuple(
        fc.constantFrom('', '', '"', '-', '1', '0.', '"\\\\'),
        expression,
        fc.constantFrom('', '0', '.5', 'e1'),
      )
      .map(([before, name, after]) => `${before}{{${name}}}${after}${before[0] === '"' ? '"' : ''}`);
    // Not in the first second of 1970, where an epoch is 0 and a digit after it is no JSON.
    const times = fc.integer({ min: 1_000, max: 2 ** 41 });
    let taken = 0;
    fc.assert(
      fc.property(value, fc.nat(2 ** 31), times, (text, index, timeMs) => {
        // Prepare
        let template: EventTemplate | undefined;
        try {
          ({ template } = checkTemplate(field(text)));
          taken += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTemplateError);
          return;
        }

        // Act, assess
        const run = template.startRun('stream-1', 'run-1');
        for (let event = index; event < index + 200; event += 1) {
          const pieces = run.pieces(
            event * 4_194_304,
            Buffer.alloc(16, event),
            timeMs + (event - index) * 86_399_995,
          );
          expect(
            () => JSON.parse(Buffer.concat(pieces).toString()),
            `${text} ${index} ${timeMs}`,
          ).not.toThrow();
        }
      }),
      { numRuns: runs(300) },
    );
    expect(taken).toBeGreaterThan(runs(30));
  });

  it('measures the largest event by its largest texts', () => {
    const large = `{{random.weightedArrayElement({"weights":[1,1e-9],"data":["a","${'b'.repeat(9_000)}"]})}}`;

    expect(() => checkTemplate(field(`"${large.slice(0, 80)}${'b'.repeat(200_000)}"]})}}"`))).not.toThrow();
    expect(() =>
      checkTemplate(field(`"{{string.alpha(10000)}}${'{{string.alpha(10000)}}'.repeat(99)}"`)),
    ).toThrow(/^1:\d+ an event of \d+ bytes, expected at most 1000000/);
  });

  it('names a line break within a string, and the place of a mistake behind line breaks', () => {
    expect(() => checkTemplate(`{\n${uuid},\n"s": "two\n words"\n}`)).toThrow(
      /^3:10 a line break within a string of JSON: write it as \\n/,
    );
    expect(() => checkTemplate(`{\n    ${uuid},\n    "n": 1,,\n}`)).toThrow(/^3:12 the event is not JSON/);
  });
});

/** CPU time, which depends less on what else the machine does. */
function cpuMs(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('a template without bounds', () => {
  const blanks = ' '.repeat(1_000_000);

  it.each([
    [
      '1 MB of blanks',
      `{${uuid},"a":1${blanks}}`,
      /^1:1 a template of 10000\d\d characters, expected at most 250000: /,
    ],
    [
      'many blanks before an end',
      `{${uuid},"a":{{index ${blanks.slice(0, 240_000)}x}}}`,
      /^1:\d+ expected }} after index, found x/,
    ],
    ['many lines', `{${uuid},"a":1${' \n'.repeat(120_000)}`, /^\d+:\d+ the event is not JSON at its end/],
    [
      '20,000 expressions',
      `{{random.uuid}}${'{{index}}'.repeat(20_000)}`,
      /^1:9007 more than 1000 expressions: /,
    ],
    [
      'a thousand unknown functions',
      `{{random.uuid}}${'{{index2}}'.repeat(900)}`,
      /^(1:\d+ there is no function index2.*\n){9}1:\d+ the rest was not checked/,
    ],
    [
      'a name without end',
      `{{random.uuid}}{{${'a'.repeat(200_000)}}}`,
      /^1:16 there is no function a{60}…: did you mean/,
    ],
    [
      'deep JSON',
      field(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      /^1:\d+ brackets nested deeper than 100: flatten/,
    ],
    [
      'deep arguments',
      field(`"{{random.arrayElement([${'['.repeat(90_000)}${']'.repeat(90_000)}])}}"`),
      /^1:\d+ the arguments of random.arrayElement are nested deeper than 20 brackets/,
    ],
    [
      'many words',
      field(`"{{lorem.words({"max":"4294968000"})}}"`),
      /^1:\d+ wrong arguments of lorem.words: expected count \(0 to 1000 or \{"min","max"\}\), .*for example/,
    ],
    ['more words', field('"{{lorem.words({"min":1,"max":1001})}}"'), /^1:\d+ wrong arguments of lorem.words/],
    ['a word of any length', field('"{{word.noun(1e9)}}"'), /^1:\d+ wrong arguments of word.noun/],
    [
      'a property of all objects',
      field('{{date.epoch("constructor")}}'),
      /^1:\d+ wrong arguments in .*expected "s" or "ms"/,
    ],
    ['a list for a text', field('"{{string.alpha({"casing":["lower"]})}}"'), /^1:\d+ wrong arguments in /],
    [
      'numbers without end',
      field('{{number.float({"min":-1e308,"max":1e308})}}'),
      /^1:\d+ wrong arguments in /,
    ],
  ])('is refused within two seconds, with the place: %s', (_, source, message) => {
    expect(cpuMs(() => expect(() => checkTemplate(source)).toThrow(message))).toBeLessThan(2_000);
  });

  it.each([
    ['expressions', `{{random.uuid}}${'{{lorem.word}},'.repeat(999)}`],
    ['paragraphs', `{{random.uuid}}${'{{lorem.paragraphs(500)}}'.repeat(6)}`],
    ['characters', `{{random.uuid}}${'{{string.alphanumeric(10000)}}'.repeat(99)}`],
    ['choices', `{{random.uuid}}{{random.arrayElement([${'1,'.repeat(100_000)}1])}}`],
    [
      'times',
      `{{random.uuid}}${Array.from({ length: 900 }, (_, place) => `{{date.utc("[${place}]LLLL")}}`).join('')}`,
    ],
  ])('is checked within two seconds at its largest: %s', (_, source) => {
    expect(cpuMs(() => checkTemplate(source))).toBeLessThan(2_000);
  });
});

describe('a JSON array', () => {
  it.each([
    [
      '[{"n":{{random.number(3)}}}]',
      '1:1 no UUID, which is the event\'s identity: put one in, so that the template begins with [{"eventId":"{{random.uuid}}","n"',
    ],
    ['[{{index}},2]', 'the template begins with ["{{random.uuid}}",{{index}},2]'],
    ['[]', 'the template begins with ["{{random.uuid}}"]'],
    ['{}', 'the template begins with {"eventId":"{{random.uuid}}"}'],
    ['{\n}\n', 'the template begins with {"eventId":"{{random.uuid}}"'],
    ['[\n  {\n    "n": 1 } ]', 'the template begins with [{"eventId":"{{random.uuid}}",'],
    ['[{"id":"{{random.uuid}}","n":1,}]', 'the event is not JSON at this text'],
    [
      '[\n{"id":"{{random.uuid}}","n":{{name.firstName}}}]',
      '2:29 the event is not JSON at {{name.firstName}}',
    ],
  ])('is refused as JSON is: %j', (source, message) => {
    expect(() => checkTemplate(source)).toThrow(message);
  });

  it('is JSON in each event', () => {
    const { template } = checkTemplate('[\n  "{{random.uuid}}", "{{lorem.paragraphs(2)}}",\n  {{index}}\n]');

    for (const pieces of sampleEvents(template)) {
      expect(JSON.parse(Buffer.concat(pieces).toString())).toHaveLength(3);
    }
  });

  it('is not what a log line begins with', () => {
    const { template } = checkTemplate('[{{date.now("DD/MMM/YYYY")}}] [error] {{random.uuid}} [x]');

    expect(template.isJson).toBe(false);
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

  it('is refused when it is UTF-16', () => {
    // Prepare
    const file = join(temporaryDirectory(), 'event.json');
    writeFileSync(file, Buffer.from(`{${uuid}}`, 'utf16le'));

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
