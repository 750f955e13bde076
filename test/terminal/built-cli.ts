import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { scriptOptions } from '../../lib/package/script-options.ts';
import { projectDirectory } from '../../lib/terminal/packed.ts';

/**
 * Path of `bin/cli.ts` as JavaScript, which starts in a fifth of the time that tsx takes, for tests that run commands
 * many times. scripts.test.ts runs the commands the way people type them.
 */
export const cliPath = await buildCli();

async function buildCli(): Promise<string> {
  // Inside the project, where its packages are found.
  const directory = mkdtempSync(join(projectDirectory, 'node_modules', '.built-cli-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  await build({
    ...scriptOptions,
    entryPoints: [join(projectDirectory, 'bin/cli.ts')],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    // The package replaces the file that uses esbuild; this build does not.
    external: [...scriptOptions.external, 'esbuild'],
    logLevel: 'error',
    plugins: [
      {
        name: 'keep the path of each file',
        setup: ({ onLoad }) => {
          onLoad({ filter: /\/(bin|lib|lambda)\/.*\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replaceAll(
              'import.meta.url',
              JSON.stringify(pathToFileURL(path).href),
            ),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return join(directory, 'cli.mjs');
}
