import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { simulate } from './worlds/simulate.ts';

/** A change to the function's code, made on purpose. */
export interface Sabotage {
  /** File in lambda/. */
  readonly file: string;
  /** What stands there, once. */
  readonly search: string;
  /** What shall stand there. */
  readonly replace: string;
}

/**
 * The simulation, with the function's code as it is or with a sabotage in it.
 *
 * @throws Error if what a sabotage replaces is not there exactly once: it would test nothing.
 */
export async function buildSimulation(sabotage?: Sabotage): Promise<typeof simulate> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'simulation-')), 'simulate.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./worlds/simulate.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [
      {
        name: 'sabotage',
        setup: ({ onLoad }) => {
          onLoad({ filter: /lambda\/.+\.ts$/ }, ({ path }) => {
            const contents = readFileSync(path, 'utf8');
            if (!sabotage || !path.endsWith(`/lambda/${sabotage.file}`)) {
              return { contents, loader: 'ts' };
            }
            if (contents.split(sabotage.search).length !== 2) {
              throw new Error(`${sabotage.file} does not say once: ${sabotage.search}`);
            }
            return { contents: contents.replace(sabotage.search, () => sabotage.replace), loader: 'ts' };
          });
        },
      },
    ],
  });
  return (await import(pathToFileURL(outfile).href)).simulate;
}
