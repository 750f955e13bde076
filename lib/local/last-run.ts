import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LocalRun } from './run.ts';

/** Where the last local run is remembered, wherever its objects went. */
export const lastRunPath = '.local/last-run.json';

/** Remembers a local run: its report, and the paths of what it left. */
export async function writeLastRun(run: LocalRun, path = lastRunPath): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(run, null, 2)}\n`);
}
