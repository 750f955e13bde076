import { describe, expect, it } from 'vitest';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { certificate } from '../../lib/proof/certificate.ts';
import type { Proof } from '../../lib/proof/proof.ts';
import { exitStatus, formatDuration, summarize, verdict } from '../../lib/proof/summary.ts';
import { compare, createLines, createRun, createStoredObject, proveObject } from './factories.ts';

const template = compileTemplate('{{random.uuid}},1');
const eventsOfTemplate = createLines().map((line) => `${line.slice(2, 38)},1\n`);

/** A proof on a run of which each object holds one event, a corrupt line, and damaged gzip. */
function proofOfObjects(count: number): Proof {
  const run = createRun({ to: count });
  const objects = createLines(run).map((line, order) => ({
    object: createStoredObject({ key: `events/${String(order).padStart(4, '0')}` }),
    lines: [line, '?\n'],
    reason: 'gzip: cut',
  }));
  return compare([run], objects).proof;
}

describe('the summary of a proof', () => {
  it('shows every figure of a complete run', () => {
    // Act
    const summary = summarize(
      compare([createRun()], [{ object: createStoredObject(), lines: createLines() }]).proof,
    );

    // Assess
    expect(summary.split('\n')).toEqual([
      '',
      'Objects that hold events of these runs, or are corrupt:',
      '      events     foreign     corrupt  object',
      '         100           0           0  events/object-1',
      '',
      '  run         run-1, events 0 to 99',
      '  stream      my-stream',
      '  events      expected 100; found 100 once, 0 more than once; missing 0',
      '  corrupt     0 lines, 0 objects',
      '  foreign     0 lines of other runs',
      '  latency     p50 30.0 s, p95 30.0 s, p99 30.0 s, max 30.0 s',
      '  source      here: 1 object',
      '',
      'COMPLETE: Each of 100 events arrived, exactly once.',
    ]);
  });

  it('shows expected, found and missing events, which add up', () => {
    // Prepare
    const lines = createLines().slice(20);
    const twice = [lines[0]!, lines[0]!, lines[1]!];

    // Act
    const summary = summarize(
      compare([createRun()], [{ object: createStoredObject(), lines: [...lines, ...twice] }]).proof,
    );

    // Assess
    expect(summary).toContain(
      '\n  events      expected 100; found 78 once, 2 more than once (3 extra copies); missing 20\n',
    );
  });

  it('shows ten missing ranges with their payloads, and how many more there are', () => {
    // Prepare
    const lines = createLines().filter((_, index) => index % 4 !== 0);

    // Act
    const summary = summarize(compare([createRun()], [{ object: createStoredObject(), lines }]).proof);

    // Assess
    expect(summary).toContain(
      '\n  event 36  {"runId":"run-1","from":36,"to":37}\n  and 15 more: --all shows them\n',
    );
    expect(summary).not.toContain('event 40 ');
  });

  it('says of missing events that the run was stopped', () => {
    const { proof } = compare([createRun()], []);
    expect(summarize({ ...proof, unfinished: true })).toMatch(
      /\nINCOMPLETE: 100 of 100 events are missing: the run was stopped, or has not ended yet\.$/,
    );
  });

  it('shows one payload for all missing ranges if they are few', () => {
    // Prepare
    const lines = createLines().filter((_, index) => index % 40 !== 0);

    // Act
    const summary = summarize(compare([createRun()], [{ object: createStoredObject(), lines }]).proof);

    // Assess
    expect(summary).toContain(
      '\n  All of them  {"runId":"run-1","slices":[[0,1],[40,41],[80,81]]}\n  event 0  {',
    );
  });

  it('shows ten of 9,000 objects, then the figures, and ends with the verdict', () => {
    // Act
    const summary = summarize(proofOfObjects(9_000)).split('\n');

    // Assess
    expect(summary).toHaveLength(50);
    expect(summary[12]).toBe('           1           0           1  events/0009');
    expect(summary[13]).toBe('  and 8,990 more: --all shows them');
    // The proof itself lists no more.
    expect(summary.filter((line) => line === '  and 8,990 more: --all shows the first 1,000')).toHaveLength(
      2,
    );
    expect(summary.at(-1)).toBe(
      'CORRUPT: Each of 9,000 events arrived, but 9,000 objects and 9,000 lines are corrupt.',
    );
  });

  it('shows every object with --all, and the corrupt ones that the proof lists', () => {
    // Act
    const summary = summarize(proofOfObjects(9_000), { all: true }).split('\n');

    // Assess
    expect(summary.filter((line) => line.includes('  events/'))).toHaveLength(9_000 + 2 * 1_000);
    expect(summary.filter((line) => line.startsWith('  and '))).toEqual([
      '  and 8,000 more',
      '  and 8,000 more',
    ]);
    expect(summary.at(-1)).toMatch(/^CORRUPT: /);
  });

  it('shows ten of many runs, those with missing events first', () => {
    // Prepare
    const runs = Array.from({ length: 30 }, (_, order) => createRun({ runId: `run-${order}`, to: 2 }));
    const lines = runs.flatMap((run) => createLines(run)).slice(0, -1);

    // Act
    const summary = summarize(compare(runs, [{ object: createStoredObject(), lines }]).proof).split('\n');

    // Assess
    expect(summary.filter((line) => line.startsWith('  run  '))).toHaveLength(10);
    expect(summary.find((line) => line.startsWith('  run  '))).toContain('run-29');
    expect(summary).toContain('  and 20 more: --all shows them');
    expect(summary.at(-1)).toBe('INCOMPLETE: 1 of 60 events is missing.');
  });

  it('names corrupt lines by object and number, and corrupt objects by their reason', () => {
    // Act
    const summary = summarize(
      compare(
        [createRun()],
        [{ object: createStoredObject(), lines: [...createLines(), '?\n'], reason: 'gzip: cut' }],
      ).proof,
    );

    // Assess
    expect(summary).toContain('Corrupt objects:\n  events/object-1: gzip: cut\n');
    expect(summary).toContain('Corrupt lines:\n  events/object-1:101\n');
  });
});

it.each([
  ['a template, read without it', eventsOfTemplate, createDefaultReader],
  ['no template, read with one', createLines(), createTemplateReader(template)],
])('no payload sends events again that were sent with %s', (_, lines, createReader) => {
  // Act
  const proof = proveObject([Buffer.from(lines.join(''))], { createReader });

  // Assess
  expect(proof).toMatchObject({ complete: false, unproven: true, runs: [{ missing: 100 }] });
  expect(exitStatus(proof)).toBe(2);
  expect(summarize(proof)).toMatch(
    /UNPROVEN: Each of 100 lines .* for example --event my-event.json\..*--match id\.$/,
  );
  const page = certificate({ proof, eventTimes: [], latencies: [] });
  expect(summarize(proof) + page).not.toContain('resend');
});

describe('the verdict', () => {
  const lines = createLines();
  const otherEvents = eventsOfTemplate.slice(40);

  it.each([
    ['INCOMPLETE', '1 of 100 events is missing.', lines.slice(1), false],
    ['INCOMPLETE', '2 of 100 events are missing.', lines.slice(2), false],
    ['INCOMPLETE', '1 of 100 events is missing, and 1 line is corrupt.', lines.with(0, '\n'), false],
    ['CORRUPT', 'Each of 100 events arrived, but 1 line is corrupt.', [...lines, '\n'], false],
    ['CORRUPT', 'Each of 100 events arrived, but 2 lines are corrupt.', [...lines, '\n', '\n'], false],
    ['DUPLICATED', 'Each of 100 events arrived, 1 more than once.', [...lines, lines[0]!], true],
    ['COMPLETE', 'Each of 100 events arrived, 1 more than once.', [...lines, lines[0]!], false],
    [
      'UNPROVEN',
      'Each of 60 lines with UUIDs of the run differs from the event that it should be. ' +
        'Was it sent with another template? Give that, for example --event my-event.json. ' +
        'Did a transform change it? Give --match id.',
      otherEvents,
      false,
    ],
    [
      'INCOMPLETE',
      '100 of 100 events are missing, and 61 lines are corrupt.',
      [...otherEvents, '?\n'],
      false,
    ],
    [
      'INCOMPLETE',
      '99 of 100 events are missing, and 60 lines are corrupt.',
      [...otherEvents, lines[99]!],
      false,
    ],
  ])('is %s: %s', (word, sentence, found, exactlyOnce) => {
    expect(
      verdict(compare([createRun()], [{ object: createStoredObject(), lines: found }], exactlyOnce).proof),
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
