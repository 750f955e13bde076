import { describe, expect, it } from 'vitest';
import { formatDuration, summarize, verdict } from '../../lib/proof/summary.ts';
import { compare, createFacts, createLines, createRun } from './factories.ts';

describe('the summary of a proof', () => {
  it('shows every figure of a complete run', () => {
    // Act
    const summary = summarize(compare([createRun()], [{ facts: createFacts(), lines: createLines() }]).proof);

    // Assess
    expect(summary.split('\n')).toEqual([
      '',
      'COMPLETE: Each of 100 events arrived, exactly once.',
      '',
      '  run         run-1, events [0, 100)',
      '  stream      my-stream',
      '  expected    100',
      '  present     100 once',
      '  missing     0',
      '  duplicated  0, with 0 extra copies',
      '  corrupt     0 lines, 0 objects',
      '  foreign     0 lines of other runs',
      '  latency     p50 30.0 s, p95 30.0 s, p99 30.0 s, max 30.0 s',
      '  source      here: 1 object',
      '',
      'Events, foreign and corrupt lines of each object:',
      '         100           0           0  events/object-1',
      '',
    ]);
  });

  it('shows twenty missing ranges with their payloads, and how many more there are', () => {
    // Prepare
    const lines = createLines().filter((_, index) => index % 4 !== 0);

    // Act
    const summary = summarize(compare([createRun()], [{ facts: createFacts(), lines }]).proof);

    // Assess
    expect(summary).toContain('\n  [76, 77)  {"runId":"run-1","from":76,"to":77}\n  and 5 more\n');
    expect(summary).not.toContain('[80, 81)');
  });

  it('names corrupt lines by object and number, and corrupt objects by their reason', () => {
    // Act
    const summary = summarize(
      compare(
        [createRun()],
        [{ facts: createFacts(), lines: [...createLines(), '?\n'], reason: 'gzip: cut' }],
      ).proof,
    );

    // Assess
    expect(summary).toContain('Corrupt objects:\n  events/object-1: gzip: cut\n');
    expect(summary).toContain('Corrupt lines:\n  events/object-1:101\n');
  });
});

describe('the verdict', () => {
  const lines = createLines();

  it.each([
    ['INCOMPLETE', '1 of 100 events is missing.', lines.slice(1), false],
    ['INCOMPLETE', '2 of 100 events are missing.', lines.slice(2), false],
    ['CORRUPT', 'Each of 100 events arrived, but not all that is there is sound.', [...lines, '\n'], false],
    ['DUPLICATED', 'Each of 100 events arrived, 1 more than once.', [...lines, lines[0]!], true],
    ['COMPLETE', 'Each of 100 events arrived, 1 more than once.', [...lines, lines[0]!], false],
  ])('is %s: %s', (word, sentence, found, exactlyOnce) => {
    expect(
      verdict(compare([createRun()], [{ facts: createFacts(), lines: found }], exactlyOnce).proof),
    ).toEqual({
      word,
      sentence,
    });
  });
});

describe('a duration', () => {
  it.each([
    [null, '-'],
    [0, '0.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [89_000, '1 min 29 s'],
    [3_599_600, '1.0 h'],
    [-1_500, '-1.5 s'],
    [9_000_000, '2.5 h'],
  ])('of %j ms reads %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
