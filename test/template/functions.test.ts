import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { templateFunctions } from '../../lambda/template/functions.ts';
import { valueOfExpression } from './factories.ts';

/** The texts of an expression in the first events. */
function valuesOf(expression: string, count = 2_000): string[] {
  return Array.from({ length: count }, (_, index) => valueOfExpression(expression, { index }));
}

describe.each(Object.entries(templateFunctions))('the function %s', (name, { example, expected, bind }) => {
  it.skipIf(example === 'random.uuid')('works as its example shows', () => {
    const value = valueOfExpression(`{{${example}}}`);

    expect(value).not.toBe('');
    expect(value).not.toContain('\n');
  });

  it('says what it expects when its arguments make no sense', () => {
    expect(() => valueOfExpression(`{{${name}({"nonsense":1})}}`)).toThrow(
      `wrong arguments in {{${name}({"nonsense":1})}}: expected ${expected}, for example {{${example}}}`,
    );
    expect(bind([1, 2, 3], true)).toBeUndefined();
    expect(bind([null], true)).toBeUndefined();
  });
});

describe('a random number', () => {
  it.each([
    ['{{random.number(3)}}', ['0', '1', '2', '3']],
    ['{{random.number({"min":-1,"max":1})}}', ['-1', '0', '1']],
    ['{{random.number({"min":-0.2,"max":0.2,"precision":0.1})}}', ['-0.1', '-0.2', '0', '0.1', '0.2']],
    ['{{number.float({"min":1,"max":2,"multipleOf":0.25})}}', ['1', '1.25', '1.5', '1.75', '2']],
    ['{{number.int({"min":1,"max":20,"multipleOf":7})}}', ['14', '7']],
    ['{{random.number({"min":0.05,"max":0.07,"precision":0.01})}}', ['0.05', '0.06', '0.07']],
    ['{{random.number({"min":1e-7,"max":3e-7,"precision":1e-7})}}', ['0.0000001', '0.0000002', '0.0000003']],
    ['{{datatype.boolean}}', ['false', 'true']],
    ['{{random.arrayElement(["a","b"])}}', ['a', 'b']],
    ['{{random.arrayElement([1,null,{"c":[true]}])}}', ['1', 'null', '{"c":[true]}']],
    ['{{random.weightedArrayElement({"weights":[0.5,0,0.5],"data":["a","b","c"]})}}', ['a', 'c']],
    ['{{helpers.weightedArrayElement([{"weight":1,"value":"a"},{"value":"b","weight":2}])}}', ['a', 'b']],
  ])('%s takes each of its values, and no other', (expression, expected) => {
    expect([...new Set(valuesOf(expression))].sort()).toEqual(expected);
  });

  it('is within its bounds, on its grid, and what JavaScript would write', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 0, max: 5 }),
        (first, length, decimals) => {
          // Prepare
          const [min, max, precision] = [first, first + length, 1].map((units) => units / 10 ** decimals);

          // Act
          const value = valueOfExpression(`{{random.number(${JSON.stringify({ min, max, precision })})}}`);

          // Assess
          expect(Number(value)).toBeGreaterThanOrEqual(min!);
          expect(Number(value)).toBeLessThanOrEqual(max!);
          expect(Number.isInteger(Math.round(Number(value) * 10 ** decimals * 1e3) / 1e3)).toBe(true);
          expect(value).toBe(String(Number(value)));
        },
      ),
    );
  });

  it('of a weighted list comes as often as its weight says', () => {
    const values = valuesOf(
      '{{random.weightedArrayElement({"weights":[0.9,0.1],"data":["OK","FAIL"]})}}',
      5_000,
    );

    expect(values.filter((value) => value === 'FAIL').length / 5_000).toBeCloseTo(0.1, 1);
  });

  it.each([
    'random.number({"min":2,"max":1})',
    'random.number({"min":1,"max":2,"precision":0})',
    'random.number({"min":0.1,"max":0.2,"precision":1})',
    'random.number(1e300)',
    'random.number({"max":1e20})',
    'random.number("5")',
    'random.arrayElement([])',
    'random.arrayElement("a")',
    'random.weightedArrayElement({"weights":[1],"data":["a","b"]})',
    'random.weightedArrayElement({"weights":[0,0],"data":["a","b"]})',
    'random.weightedArrayElement({"weights":[-1,2],"data":["a","b"]})',
    'string.alphanumeric(0)',
    'string.alphanumeric(10001)',
    'string.alphanumeric({"casing":"small"})',
    'date.now("")',
    'date.now(5)',
    'date.epoch("h")',
    'datatype.boolean(2)',
    'wave({"period":0})',
    'sequence({"step":0.5})',
  ])('%s is refused', (expression) => {
    expect(() => valueOfExpression(`{{${expression}}}`)).toThrow('wrong arguments');
  });
});

describe('a text of random characters', () => {
  it.each([
    ['string.alphanumeric(20)', /^[0-9A-Za-z]{20}$/],
    ['random.alphaNumeric(20)', /^[0-9a-z]{20}$/],
    ['string.alpha({"length":20,"casing":"upper"})', /^[A-Z]{20}$/],
    ['string.numeric(20)', /^\d{20}$/],
    ['string.hexadecimal({"length":20,"casing":"lower","prefix":""})', /^[0-9a-f]{20}$/],
    ['random.hexaDecimal(4)', /^0x[0-9a-fA-F]{4}$/],
    ['internet.ip', /^(\d{1,3}\.){3}\d{1,3}$/],
    ['internet.ipv6', /^([0-9a-f]{4}:){7}[0-9a-f]{4}$/],
    ['internet.mac', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/],
  ])('%s has its form', (expression, form) => {
    expect(valuesOf(`{{${expression}}}`, 100).filter((value) => !form.test(value))).toEqual([]);
  });
});

describe('what depends on the index alone', () => {
  it.each([
    ['index', ['0', '1', '2', '3']],
    ['sequence({"start":10,"step":-5})', ['10', '5', '0', '-5']],
    ['wave({"period":4,"min":0,"max":10})', ['5', '10', '5', '0']],
    ['run', ['run-1', 'run-1', 'run-1', 'run-1']],
  ])('%s goes on from event to event', (expression, expected) => {
    expect(valuesOf(`{{${expression}}}`, 4)).toEqual(expected);
  });

  it('is exact for the largest index', () => {
    expect(
      valueOfExpression('{{sequence({"start":9007199254740990,"step":3})}}', { index: 2 ** 53 - 1 }),
    ).toBe('36028797018963963');
    expect(
      valueOfExpression('{{sequence({"start":-9007199254740991,"step":2})}}', { index: 2 ** 53 - 1 }),
    ).toBe('9007199254740991');
    expect(valueOfExpression('{{index}}', { index: Number.MAX_SAFE_INTEGER })).toBe('9007199254740991');
  });
});

describe('the id of the run', () => {
  it('is escaped in JSON, and written as it is elsewhere', () => {
    expect(valueOfExpression('"{{run}}"', { runId: 'a"b', isJson: true })).toContain('a\\"b');
    expect(valueOfExpression('{{run}}', { runId: 'a"b' })).toBe('a"b');
  });
});
