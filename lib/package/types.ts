import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectDirectory } from '../terminal/packed.ts';

/** The types file in the package's `exports`. */
export const typesEntry = 'lib/package/api.d.ts';

/**
 * Writes the types of the constructs, without internal ones.
 *
 * @param directory An existing directory.
 */
export async function writeTypes(directory: string): Promise<void> {
  const config = join(directory, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(projectDirectory, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        stripInternal: true,
        rootDir: projectDirectory,
        outDir: directory,
        typeRoots: [join(projectDirectory, 'node_modules/@types')],
      },
      include: [],
      files: [join(projectDirectory, 'lib/package/api.ts')],
    }),
  );
  const compiler = join(projectDirectory, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', config]);
  rmSync(config);
  writeFileSync(join(directory, 'package.json'), '{"type":"commonjs"}');
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      // The compiler keeps the .ts extension, but the package has no sources.
      const text = readFileSync(path, 'utf8').replaceAll(
        /(from '\.[^']*|import\("\.[^"]*)\.ts(['"])/g,
        '$1.js$2',
      );
      writeFileSync(path, text);
    }
  }
}
