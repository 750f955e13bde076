import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { scriptOptions } from '../../lib/package/script-options.ts';
import { bundling } from '../../lib/stack/bundling.ts';
import { projectDirectory } from '../../lib/terminal/packed.ts';
import { atMost, type Section, show } from './section.ts';

function buildOptions(directory: string): BuildOptions {
  const { minify, sourceMap: sourcemap, sourcesContent, alias } = bundling;
  const input = { absWorkingDir: projectDirectory, entryPoints: ['lambda/producer/handler.ts'] };
  const output = { outfile: join(directory, 'index.mjs'), minify, sourcemap, sourcesContent };
  return { ...scriptOptions, ...input, ...output, alias: { ...alias } };
}

export function sharesOf({ inputs }: Pick<Metafile['outputs'][string], 'inputs'>) {
  const bytesByName = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const [, name = 'this project'] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
    bytesByName.set(name, (bytesByName.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytesByName].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
}

const shownPackages = 9;

/** Bundles the producer again, for esbuild's list of its content. */
export async function inspectBundle(directory: string): Promise<Section> {
  const { metafile } = await build({ ...buildOptions(directory), metafile: true });
  const [, output] = Object.entries(metafile.outputs).find(([path]) => path.endsWith('.mjs'))!;
  const rows = [{ name: 'the bundle', bytes: output.bytes }, ...sharesOf(output).slice(0, shownPackages)];
  return {
    text: 'The bundle and its largest packages, minified:',
    table: [['package', 'bytes'], ...rows.map(({ name, bytes }) => [name, show(bytes)])],
    targets: [atMost('bundle', 330, output.bytes / 1e3, 1, 'KB')],
  };
}

export async function buildWithZlib(directory: string): Promise<void> {
  const path = join(projectDirectory, 'test/bench/workloads/zlib-member.ts');
  await build({
    ...buildOptions(directory),
    plugins: [
      {
        name: 'zlib',
        setup: ({ onResolve }) => onResolve({ filter: /\/gzip-member\.ts$/ }, () => ({ path })),
      },
    ],
  });
}

/** Bundles the producer without the SDK, which then comes from the project's `node_modules`. */
export async function buildWithoutSdk(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { alias, ...options } = buildOptions(directory);
  await build({ ...options, external: ['@aws-sdk/*', '@smithy/*'] });
  await symlink(join(projectDirectory, 'node_modules'), join(directory, 'node_modules'));
}
