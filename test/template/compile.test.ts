import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { templateFunctions } from '../../lambda/template/functions.ts';
import { runs } from '../property-runs.ts';
import { eventsOf, run, stream, timeMs, uuidOf } from './factories.ts';

/** Expressions that draw, and some that don't. */
const expressions = Object.values(templateFunctions)
  .map(({ example }) => example)
  .filter((example) => example !== 'random.uuid');

/** Fields of a template: fewer expressions than fields, so that some have twins. */
const fields = fc.array(fc.constantFrom(...expressions), { maxLength: 8 });

/** A template of text, with a separator between its fields. */
const templateOf = (some: readonly string[]) =>
  ['{{random.uuid}}', ...some.map((expression) => `{{${expression}}}`)].join('|');

describe('the events of a template', () => {
  it('are the same in any slices, except for their times', () => {
    fc.assert(
      fc.property(
        fields,
        fc.nat(1e9),
        fc.integer({ min: 1, max: 600 }),
        fc.nat(600),
        (some, from, count, cut) => {
          // Prepare
          const source = templateOf(some);
          const middle = from + Math.min(cut, count);

          // Act
          const whole = eventsOf(source, from, from + count);
          const inTwo = [...eventsOf(source, from, middle), ...eventsOf(source, middle, from + count)];

          // Assess
          expect(whole).toHaveLength(count);
          expect(inTwo).toEqual(whole);
        },
      ),
      { numRuns: runs(50) },
    );
  });

  it('keep all other values when a field is added, removed or changed', () => {
    fc.assert(
      fc.property(fields, fc.nat(8), fc.constantFrom(...expressions), (some, at, expression) => {
        // Prepare
        const place = Math.min(at, some.length);
        const changed = [...some.slice(0, place), expression, ...some.slice(place + 1)];
        const added = [...some.slice(0, place), expression, ...some.slice(place)];
        // A twin before a field is what its value depends on: those of the same text are compared by their order.
        const valuesOf = (fieldsOf: readonly string[]) =>
          eventsOf(templateOf(fieldsOf), 0, 3).map((event) => {
            const values = event.split('|').slice(1);
            return fieldsOf.map((field, index) => `${field}: ${values[index]}`);
          });
        const others = (lists: string[][], text: string) =>
          lists.map((list) => list.filter((value) => !value.startsWith(`${text}: `)));

        // Act
        const before = valuesOf(some);

        // Assess
        expect(others(valuesOf(added), expression)).toEqual(others(before, expression));
        const old = some[place] ?? expression;
        expect(others(others(valuesOf(changed), expression), old)).toEqual(
          others(others(before, expression), old),
        );
      }),
      { numRuns: runs(100) },
    );
  });

  it('are as many as fit, and each is whole', () => {
    fc.assert(
      fc.property(fields, fc.nat(5_000), (some, room) => {
        // Prepare
        const source = templateOf(some);
        const expected = eventsOf(source, 0, 20).map((event) => `${event}\n`);
        const uuids = Buffer.concat(Array.from({ length: 20 }, (_, index) => uuidOf(index)));
        const target = Buffer.alloc(room);
        const ends: number[] = [];

        // Act
        compileTemplate(source).startRun(stream, run).write(target, 0, ends, 0, uuids, timeMs);

        // Assess
        const written = expected.slice(0, ends.length);
        expect(target.toString('utf8', 0, ends.at(-1) ?? 0)).toBe(written.join(''));
        const next = expected[ends.length];
        expect(next === undefined || Buffer.byteLength(written.join('') + next) > room).toBe(true);
      }),
      { numRuns: runs(100) },
    );
  });

  it('are made of the pieces that their parts write', () => {
    fc.assert(
      fc.property(fields, fc.nat(1e12), (some, index) => {
        // Prepare
        const template = compileTemplate(templateOf(some));

        // Act
        const pieces = template.startRun(stream, run).pieces(index, uuidOf(index), timeMs);

        // Assess
        expect(`${Buffer.concat(pieces)}`).toBe(eventsOf(templateOf(some), index, index + 1)[0]);
        expect(pieces).toHaveLength(template.parts.length);
      }),
      { numRuns: runs(50) },
    );
  });
});

describe('a template without a UUID', () => {
  it.each([
    ['{"a":{{index}}}', 'begins with {"eventId":"{{random.uuid}}","a":{{index}}}'],
    ['{\n  "a": {{index}}\n}', 'begins with {"eventId":"{{random.uuid}}",'],
    ['{{index}},a', 'append ,{{random.uuid}}'],
    ['{{random.number({"min":1,"max":2})}};a', 'append ;{{random.uuid}}'],
    ['{{index}}|a', 'append |{{random.uuid}}'],
    ['log {{index}}', 'append a blank and {{random.uuid}}'],
  ])('%j is refused with what to paste', (source, remedy) => {
    expect(() => compileTemplate(source)).toThrow(remedy);
  });

  it('is accepted once that was pasted', () => {
    const pasted = '{"eventId":"{{random.uuid}}",\n  "a": {{index}}\n}';

    expect(JSON.parse(eventsOf(pasted, 5, 6)[0]!)).toMatchObject({ a: 5 });
  });
});

describe('a template with two UUIDs', () => {
  it('is refused at the second', () => {
    expect(() => compileTemplate('{{random.uuid}} {{string.uuid}}')).toThrow('1:17 a second UUID');
  });
});

describe('a template with several mistakes', () => {
  it('has a line for each', () => {
    expect(() => compileTemplate(`${'{{foo.bar}}\n'.trim()}{{random.number("x")}}`)).toThrow(
      /^1:1 there is no function foo\.bar\n1:12 wrong arguments/,
    );
  });
});
