import { describe, expect, it } from 'vitest';
import {
  forgetLastRun,
  forgetRun,
  forgetRuns,
  joinRuns,
  readLastRun,
  readRun,
  writeLastRun,
} from '../../lib/terminal/last-run.ts';
import { createDirectory } from '../proof/directory.ts';
import { createRun } from '../proof/factories.ts';

describe('the last local run', () => {
  it('is read from its file', async () => {
    // Prepare
    const note = {
      report: { ...createRun(), eventsRequested: 100 },
      output: { directory: '/somewhere/bucket', objects: 1, bytes: 2 },
      objectPaths: ['/somewhere/bucket/a'],
      durationMs: 10,
    };
    const directory = await createDirectory({ 'last-run.json': JSON.stringify(note) });

    // Act
    const lastRun = await readLastRun('', `${directory}/last-run.json`);

    // Assess
    expect(lastRun).toEqual({
      report: createRun(),
      output: { directory: '/somewhere/bucket' },
      objectPaths: ['/somewhere/bucket/a'],
    });
  });

  it('is the whole run after slices of it were sent again', () => {
    // Prepare
    const before = {
      report: createRun({ from: 0, to: 100 }),
      output: { directory: '/bucket' },
      objectPaths: ['/bucket/a'],
    };
    const again = { ...before, report: createRun({ from: 10, to: 20 }), objectPaths: ['/bucket/b'] };

    // Act
    const joined = joinRuns(again, before);
    const others = [
      joinRuns(again, undefined),
      joinRuns(again, { ...before, output: { directory: '/other' } }),
      joinRuns(again, { ...before, report: { ...before.report, runId: 'other' } }),
    ];

    // Assess
    expect(joined.report).toMatchObject({ from: 0, to: 100 });
    expect(joined.objectPaths).toEqual(['/bucket/a', '/bucket/b']);
    expect(others).toEqual([again, again, again]);
  });

  it('reports a missing run with the remedy', async () => {
    await expect(readLastRun(', or give --source', '/nowhere/last-run.json')).rejects.toMatchObject({
      message: expect.stringMatching(/^there is no local run yet: run npm start, or give --source$/),
    });
  });

  it.each(['{', '{}', '{"report": {}}'])('is not read from a file like %s', async (note) => {
    // Prepare
    const directory = await createDirectory({ 'last-run.json': note });

    // Act and assess
    await expect(readLastRun('', `${directory}/last-run.json`)).rejects.toThrow(
      'is not a file of a local run',
    );
  });
});

describe('earlier local runs', () => {
  const noteOf = (runId: string, directory = '/bucket') => ({
    report: createRun({ runId }),
    output: { directory },
  });

  async function makeNotes() {
    const path = `${await createDirectory({})}/last-run.json`;
    for (const [runId, bucket] of [
      ['a/../b', '/bucket'],
      ['b', '/other'],
      ['c', '/bucket'],
    ] as const) {
      await writeLastRun(noteOf(runId, bucket), path);
    }
    return path;
  }

  it('are found by their ids, as the last one is', async () => {
    // Prepare
    const path = await makeNotes();

    // Act
    const runs = await Promise.all(['a/../b', 'b', 'c'].map((runId) => readRun(runId, path)));

    // Assess
    expect(runs).toEqual([noteOf('a/../b'), noteOf('b', '/other'), noteOf('c')]);
    await expect(readRun('d', path)).rejects.toThrow(
      '--run-id is d: no local run has this id; give --source, --stream and --count too',
    );
  });

  it('are not the last run once another one has started', async () => {
    const path = await makeNotes();
    await forgetLastRun(path);
    await expect(readLastRun('', path)).rejects.toThrow('there is no local run yet');
    await expect(readRun('c', path)).resolves.toEqual(noteOf('c'));
  });

  it('are forgotten one by one', async () => {
    const path = await makeNotes();
    await forgetRun('c', path);
    await expect(readRun('c', path)).rejects.toThrow('no local run has this id');
    await expect(readRun('b', path)).resolves.toEqual(noteOf('b', '/other'));
  });

  it('are forgotten together', async () => {
    // Prepare
    const path = await makeNotes();

    // Act
    await forgetRuns(path);

    // Assess
    const found = await Promise.allSettled(['a/../b', 'b', 'c'].map((runId) => readRun(runId, path)));
    expect(found.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
