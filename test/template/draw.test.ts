import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RandomWords } from '../../lambda/template/draw.ts';
import { eventsOf, valueOfExpression } from './factories.ts';

describe('what an expression draws', () => {
  it('is what openssl makes of the stream, the run, the expression and the index, as docs/events.md says', () => {
    // Prepare
    const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
    const [, script] = /```bash\n(.*?)```/s.exec(page)!;

    // Act
    const output = execFileSync('bash', ['-euc', script!], { encoding: 'utf8' });

    // Assess
    const expression = '{{random.number({"min":1,"max":50})}}';
    expect(output.trim()).toBe(valueOfExpression(expression, { index: 7 }));
  });

  it('differs between events, runs, expressions and twins', () => {
    // Prepare
    const number = '{{random.number(1000000000)}}';
    const other = '{{random.number(1000000001)}}';

    // Act
    const [first, second] = eventsOf(`{{random.uuid}},${number},${number},${other}`, 0, 2);
    const [ofOtherRun] = eventsOf(`{{random.uuid}},${number},${number},${other}`, 0, 1, 'run-2');

    // Assess
    const values = [first, second, ofOtherRun].flatMap((event) => event!.split(',').slice(1));
    expect(new Set(values).size).toBe(9);
  });
});

describe('the generator for values of more than one draw', () => {
  it('is xoshiro128**', () => {
    // Prepare: the words 1, 2, 3 and 4, whose outputs other implementations test too.
    const state = new DataView(new ArrayBuffer(16));
    [1, 2, 3, 4].forEach((word, place) => {
      state.setUint32(place * 4, word);
    });
    const words = new RandomWords();

    // Act
    words.seed(state, 0);

    // Assess
    expect(Array.from({ length: 4 }, () => words.next())).toEqual([11_520, 0, 5_927_040, 70_819_200]);
  });
});
