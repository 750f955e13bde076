import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { bundling } from '../../lib/stack/bundling.ts';

const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));

/** How much of the bundle a package is. */
export interface PackageShare {
  /** Its name; `this project` for what is none. */
  readonly name: string;
  /** Its bytes in the bundle, minified. */
  readonly bytes: number;
}

/** What is inside the bundle. */
export interface BundleContent {
  /** Its size. */
  readonly bytes: number;
  /** What it is made of, the largest first. */
  readonly packages: readonly PackageShare[];
}

function buildOptions(directory: string): BuildOptions {
  const { banner, alias, mainFields, sourceMap: sourcemap, ...options } = bundling;
  return {
    ...options,
    absWorkingDir: projectDirectory,
    entryPoints: ['lambda/producer/handler.ts'],
    outfile: join(directory, 'index.mjs'),
    sourcemap,
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: [...mainFields],
    alias: { ...alias },
    banner: { js: banner },
  };
}

/** The bytes of each package, from what esbuild says of a bundle. */
export function sharesOf({ inputs }: Metafile['outputs'][string]): PackageShare[] {
  const bytesByName = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const [, name = 'this project'] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
    bytesByName.set(name, (bytesByName.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytesByName].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
}

/** Bundles the function once more, to look inside. */
export async function inspectBundle(directory: string): Promise<BundleContent> {
  const { metafile } = await build({ ...buildOptions(directory), metafile: true });
  const [, output] = Object.entries(metafile.outputs).find(([path]) => path.endsWith('.mjs'))!;
  return { bytes: output.bytes, packages: sharesOf(output) };
}

/** Bundles the same code with zlib in place of its own compression. */
export async function buildWithZlib(directory: string): Promise<void> {
  await build({
    ...buildOptions(directory),
    plugins: [
      {
        name: 'zlib',
        setup: ({ onResolve }) =>
          onResolve({ filter: /\/gzip-member\.ts$/ }, () => ({
            path: join(projectDirectory, 'test/bench/workloads/zlib-member.ts'),
          })),
      },
    ],
  });
}

/** Bundles the same code with the SDK left out; it comes from the project's `node_modules`. */
export async function buildWithoutSdk(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { alias, ...options } = buildOptions(directory);
  await build({ ...options, external: ['@aws-sdk/*', '@smithy/*'] });
  await symlink(join(projectDirectory, 'node_modules'), join(directory, 'node_modules'));
}
