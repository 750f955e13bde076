import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { configure } from '../../../lib/commands/start/command.ts';
import type { LocalRunOptions } from '../../../lib/commands/start/run.ts';
import { UsageError } from '../../../lib/terminal/command.ts';
import { lastRunPath, readLastRun } from '../../../lib/terminal/last-run.ts';
import { createRun } from '../../proof/factories.ts';
import { temporaryDirectory } from './factories.ts';

const runLocally = vi.hoisted(() => vi.fn<(options: LocalRunOptions) => Promise<never>>());
vi.mock('../../../lib/commands/start/run.ts', () => ({ runLocally }));

const home = process.cwd();
afterEach(() => process.chdir(home));

describe('npm start, when the run fails', () => {
  it.each([
    ['is refused leaves no run of which everything is missing', new UsageError('refused'), undefined],
    ['fails in another way leaves an unfinished run', new Error('failed'), { unfinished: true }],
  ])('and %s', async (_what, error, note) => {
    // Prepare
    process.chdir(temporaryDirectory());
    runLocally.mockImplementationOnce(async ({ onStart }) => {
      await onStart?.({ report: createRun(), output: { directory: '/bucket' }, unfinished: true });
      throw error;
    });
    const command = new Command();
    configure(command);

    // Act
    const started = command.parseAsync(['--output', '.'], { from: 'user' });

    // Assess
    await expect(started).rejects.toBe(error);
    const read = readLastRun('', lastRunPath);
    await (note
      ? expect(read).resolves.toMatchObject(note)
      : expect(read).rejects.toThrow('no local run yet'));
  });
});
