import { describe, expect, it } from 'vitest';
import { readLastRun } from '../../lib/terminal/last-run.ts';
import { createDirectory } from '../proof/directory.ts';
import { createRun } from '../proof/factories.ts';

describe('the last local run', () => {
  it('is read from the note that it left', async () => {
    // Prepare
    const note = {
      report: { ...createRun(), eventsRequested: 100 },
      output: { directory: '/somewhere/bucket', objects: 1, bytes: 2 },
      objectPaths: [],
    };
    const directory = await createDirectory({ 'last-run.json': JSON.stringify(note) });

    // Act
    const lastRun = await readLastRun(`${directory}/last-run.json`);

    // Assess
    expect(lastRun).toEqual({ report: createRun(), output: { directory: '/somewhere/bucket' } });
  });

  it('is missed in one line that says what to do', async () => {
    await expect(readLastRun('/nowhere/last-run.json')).rejects.toMatchObject({
      message: expect.stringMatching(/^there is no local run yet: npm start makes one, or give .*--count$/),
    });
  });

  it.each(['{', '{}', '{"report": {}}'])('is not taken from a note like %s', async (note) => {
    // Prepare
    const directory = await createDirectory({ 'last-run.json': note });

    // Act and assess
    await expect(readLastRun(`${directory}/last-run.json`)).rejects.toThrow('is no note of a local run');
  });
});
