import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RandomWords } from '../../lambda/template/draw.ts';
import { findWordFunction } from '../../lambda/template/word-functions.ts';
import { whyNot, wordNames } from '../../lambda/template/word-names.ts';
import { runs } from '../property-runs.ts';
import { valueOfExpression } from './factories.ts';

/** A generator with a state. */
function wordsOf(seed: number): RandomWords {
  const state = new DataView(new ArrayBuffer(16));
  state.setUint32(0, seed);
  state.setUint32(12, 1);
  const words = new RandomWords();
  words.seed(state, 0);
  return words;
}

describe.each([...wordNames.keys()])('the function %s', (name) => {
  it('depends on nothing but the event and the expression', () => {
    const write = findWordFunction(name)!([]);
    const others = ['internet.email', 'person.fullName', 'lorem.words'].map((other) =>
      findWordFunction(other)!([]),
    );
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (seed) => {
        // Prepare
        const first = write(wordsOf(seed));
        others.map((other) => other(wordsOf(seed + 1)));
        vi.useFakeTimers({ now: Date.UTC(2031, 1, 3) });

        // Act
        const second = write(wordsOf(seed));
        vi.useRealTimers();

        // Assess
        expect(second).toBe(first);
        expect(second).not.toBe('');
        expect(second).not.toMatch(/undefined|\[object/);
      }),
      { numRuns: runs(5) },
    );
  });
});

describe('a function of words', () => {
  it('differs from event to event', () => {
    const names = Array.from({ length: 50 }, (_, index) =>
      valueOfExpression('{{name.firstName}}', { index }),
    );

    expect(new Set(names).size).toBeGreaterThan(30);
  });

  it.each([
    ['{{commerce.price(5,6,2,"$")}}', /^\$[56]\.\d\d$/],
    ['{{finance.amount({"min":1,"max":2,"dec":0})}}', /^[12]$/],
    ['{{lorem.words(3)}}', /^\w+ \w+ \w+$/],
    ['{{internet.password(12)}}', /^\w{12}$/],
    ['{{random.words(2)}}', /^\S+ \S+$/],
    ['{{phone.phoneNumber("###-###-####")}}', /^\d{3}-\d{3}-\d{4}$/],
    ['{{date.month({"abbr":true})}}', /^[A-Z][a-z]{2}$/],
    ['{{date.weekday({"abbr":true})}}', /^[A-Z][a-z]{2}$/],
    ['{{address.stateAbbr}}', /^[A-Z]{2}$/],
    ['{{internet.email("Ann")}}', /^Ann.*@/],
    ['{{name.findName("Ann")}}', /Ann /],
    ['{{internet.userName("Ann")}}', /^Ann/],
    ['{{address.zipCode("###")}}', /^\d{3}$/],
    ['{{lorem.words({"min":4,"max":4})}}', /^(\w+ ){3}\w+$/],
    ['{{commerce.price({"min":5,"max":6})}}', /^[56]\.\d\d$/],
    ['{{lorem.sentences(2,"|")}}', /^[^|]+\|[^|]+$/],
    ['{{location.state({"abbreviated":true})}}', /^[A-Z]{2}$/],
    ['{{commerce.isbn(10)}}', /^[\dX-]{13}$/],
  ])('takes the arguments of old and of today: %s', (expression, form) => {
    expect(valueOfExpression(expression)).toMatch(form);
  });

  it.each([
    [
      'commerce.price("x")',
      'expected min (number), max (number), dec (0 to 1000), symbol (text), in this order or by name',
    ],
    ['finance.amount({"decimals":1})', 'expected min (number)'],
    ['lorem.words("x")', 'expected count (0 to 1000'],
    ['name.firstName("x")', 'expected sex (female or male or generic)'],
    ['company.companyName(1)', 'expected no arguments, for example {{company.name}}'],
    ['address.stateAbbr({"abbreviated":false})', 'expected abbreviated (true or false)'],
    ['phone.number({"style":"x"})', 'expected format (text)'],
    ['commerce.isbn("10")', 'expected variant (10 or 13)'],
    ['internet.email({"__proto__":1})', 'expected firstName (text)'],
    ['lorem.words(-1)', 'expected count'],
    ['lorem.words(null)', 'expected count'],
    ['image.imageUrl(10,20,"cats")', 'expected width'],
  ])('refuses the arguments that it would ignore: %s', (call, message) => {
    expect(() => valueOfExpression(`{{${call}}}`)).toThrow(
      `wrong arguments of ${call.split('(')[0]}: ${message}`,
    );
  });

  it('cannot break an event', () => {
    expect(valueOfExpression('{{lorem.paragraphs(2)}}')).not.toContain('\n');
    expect(valueOfExpression('"{{lorem.paragraphs(2)}}"', { isJson: true })).toContain('\\n');
  });

  it('that is relative to the time is refused, with the reason', () => {
    expect(findWordFunction('date.past')).toBeUndefined();
    expect(whyNot('date.past')).toContain('{{date.iso}}');
    expect(whyNot('name.firstName')).toBeUndefined();
  });
});
