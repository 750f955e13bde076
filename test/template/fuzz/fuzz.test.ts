import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { InvalidTemplateError } from '../../../lambda/template/errors.ts';
import { findWordFunction } from '../../../lambda/template/word-functions.ts';
import { fuzzedTemplate } from './grammar.ts';
import { judge, type Subject } from './judge.ts';

const seeds = Array.from({ length: 10 }, (_, place) => place + 1);

describe('a random template', () => {
  it.each(seeds)('is refused in one line, or its events are proven: npm run fuzz -- --seed %i', (seed) => {
    expect(judge(fuzzedTemplate(seed), seed).faults).toEqual([]);
  });

  it('has no exact time, and so no latency, if its time can be read as two', () => {
    const source = '{{random.uuid}} {{date.utc("YYYY-MM-DD Hm:ss")}}';

    const faults = seeds.flatMap((seed) => judge({ source, isValid: true, shape: undefined }, seed).faults);

    expect(faults).toEqual([]);
  });

  it('is the same for the same seed', () => {
    expect(seeds.map(fuzzedTemplate)).toEqual(seeds.map(fuzzedTemplate));
  });
});

describe('the fuzzer notices', () => {
  const unchecked = (source: string) => ({ template: compileTemplate(source, { findWordFunction }) });
  const changed = (change: (lines: Buffer) => Buffer): Subject => ({ check: unchecked, deliver: change });
  const endOfFirst = (lines: Buffer) => lines.indexOf('\n') + 1;

  it.each<[string, string, Subject, string]>([
    [
      'a check that accepts everything',
      '{"id":"{{random.uuid}}","a":{{name.firstName}}}',
      { check: unchecked },
      'not JSON: ',
    ],
    [
      'a check that refuses everything',
      '{{random.uuid}}',
      {
        check: (source) => {
          throw new InvalidTemplateError(source, [{ offset: 0, message: 'no such template' }]);
        },
      },
      'a valid template was refused: 1:1 no such template',
    ],
    [
      'a number in quotes where the template has none',
      '{"id":"{{random.uuid}}","a":"{{index}}"}',
      { check: unchecked },
      'not ["string","number"]: ',
    ],
    [
      'a line that is lost',
      '{{random.uuid}} a',
      changed((lines) => lines.subarray(endOfFirst(lines))),
      'lines for ',
    ],
    [
      'a changed byte',
      '{{random.uuid}} {{index}}',
      changed((lines) => Buffer.from(`${lines}`.replace(/\d\n/, 'x\n'))),
      'line 1 is corrupt: ',
    ],
    [
      'another time',
      '{{random.uuid}} {{date.iso}}',
      changed((lines) =>
        Buffer.from(`${lines}`.replace(/\d(?=\.\d{3}Z)/, (digit) => `${9 - Number(digit)}`)),
      ),
      'is read as of ',
    ],
  ])('%s', (_, source, subject, fault) => {
    const { faults } = judge(
      { source, isValid: true, shape: source[1] === '"' ? ['string', 'number'] : undefined },
      1,
      subject,
    );

    expect(faults[0]).toContain(fault);
  });
});
