import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LocalRun } from './run.ts';

/** Where the last local run is remembered, wherever its objects went. */
export const lastRunPath = '.local/last-run.json';

/** Forgets the last local run, so that nobody takes it for the one that begins, should that one not end well. */
export async function forgetLastRun(): Promise<void> {
  await rm(lastRunPath, { force: true });
}

/** Remembers a local run: its report, and the paths of what it left. */
export async function writeLastRun(run: LocalRun): Promise<void> {
  await mkdir(dirname(lastRunPath), { recursive: true });
  await writeFile(lastRunPath, `${JSON.stringify(run, null, 2)}\n`);
}
