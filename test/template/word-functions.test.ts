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
  ])('takes the arguments of old and of today: %s', (expression, form) => {
    expect(valueOfExpression(expression)).toMatch(form);
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
