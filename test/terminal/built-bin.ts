import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { scriptOptions } from '../../lib/package/script-options.ts';
import { projectDirectory } from '../../lib/terminal/packed.ts';

const built = new Map<string, Promise<string>>();

/**
 * The path of `bin/<name>.ts` as one file of JavaScript, which starts in a fifth of the time that tsx takes. Tests that run
 * a command many times use it; that the command starts the way people type it, another test says.
 */
export function builtBin(name: string): Promise<string> {
  const path = built.get(name) ?? buildBin(name);
  built.set(name, path);
  return path;
}

async function buildBin(name: string): Promise<string> {
  // Inside the project, where its packages are found.
  const directory = mkdtempSync(join(projectDirectory, 'node_modules', '.built-bin-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, `${name}.mjs`);
  await build({
    ...scriptOptions,
    entryPoints: [join(projectDirectory, 'lib/commands', name, 'command.ts')],
    outfile,
    // What the package has in place of the file that uses esbuild, this has not.
    external: [...scriptOptions.external, 'esbuild'],
    logLevel: 'error',
    plugins: [
      {
        name: 'keep the place of each file',
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
  return outfile;
}
