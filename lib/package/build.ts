import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { App, Stack } from 'aws-cdk-lib';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { deployedTemplateFile } from '../../lambda/template/deployed.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { readProcessSource } from '../emulator/lambda/process-source.ts';
import { aliasOf } from '../stack/bundling.ts';
import { bundleName, functionCodes, handlers } from '../stack/create-function.ts';
import { createFunction } from '../stack/function-from-source.ts';
import { checkTemplate } from '../template/check-template.ts';
import { projectDirectory } from '../terminal/packed.ts';
import { type FunctionBundles, functionsFile } from './function-from-package.ts';
import { scriptOptions } from './script-options.ts';
import { writeTypes } from './types.ts';

/** An example template for each entry point of a function. */
const templates: Readonly<Record<(typeof handlers)[number], string | undefined>> = {
  handler: undefined,
  'template-handler': '{{random.uuid}}',
  'words-handler': '{{random.uuid}} {{name.firstName}}',
};

/**
 * Builds the package: the constructs, the commands, the functions' bundles, and types.
 *
 * @param directory Output directory. Its former contents are removed.
 */
export async function buildPackage(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const types = join(directory, 'types');
  mkdirSync(types);
  const typesWritten = writeTypes(types);
  const inputs = { ...(await buildScripts(directory)), ...(await inputsOfFunctions()) };
  writeFileSync(join(directory, 'THIRD-PARTY-LICENSES.txt'), licensesOf(inputs));
  writeFileSync(join(directory, functionsFile), compress(JSON.stringify(bundleFunctions())));
  const { context } = JSON.parse(readFileSync(join(projectDirectory, 'cdk.json'), 'utf8'));
  writeFileSync(join(directory, 'cdk.json'), JSON.stringify({ context }));
  await typesWritten;
}

/** Writes the constructs and the commands. @returns Their source files. */
async function buildScripts(directory: string): Promise<Metafile['inputs']> {
  const options = {
    ...scriptOptions,
    absWorkingDir: projectDirectory,
    outdir: directory,
    metafile: true,
    plugins: [replaceModules()],
  } satisfies BuildOptions;
  const commands = await build({
    ...options,
    entryPoints: { commands: 'bin/cli.ts', app: 'bin/app.ts' },
    outExtension: { '.js': '.mjs' },
    // In the same directory as the others, so that every file finds cdk.json.
    chunkNames: 'chunk-[hash]',
    splitting: true,
    define: { Packed: 'true' },
  });
  // CommonJS, for `import` too: Jest cannot load ES modules, and two formats would be two of each class.
  const constructs = await build({
    ...options,
    entryPoints: { index: 'lib/package/api.ts' },
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { Packed: 'true', 'import.meta.url': 'moduleUrl' },
    banner: {
      js: `${nodeCheck('throw Object.assign(new Error(message), { stack: message })')}
const moduleUrl = require('node:url').pathToFileURL(__filename).href;`,
    },
  });
  const check = nodeCheck('console.error(message); process.exit(2)');
  writeFileSync(join(directory, 'cli.cjs'), `#!/usr/bin/env node\n${check}\nimport('./commands.mjs');\n`);
  return { ...commands.metafile.inputs, ...constructs.metafile.inputs };
}

/** Code that also runs on an older Node, and calls `fail` there. */
function nodeCheck(fail: string): string {
  const { name, engines } = packageJson;
  const [major, minor] = engines.node.match(/\d+/g)!;
  return `const [major, minor] = process.versions.node.split('.').map(Number);
if (major < ${major} || (major === ${major} && minor < ${minor})) {
  const message = '${name} needs Node ${major}.${minor} or newer: this is ' + process.versions.node;
  ${fail};
}`;
}

async function inputsOfFunctions(): Promise<Metafile['inputs']> {
  const builds = functionCodes.map((code) =>
    build({
      ...scriptOptions,
      absWorkingDir: projectDirectory,
      entryPoints: handlers.map((handler) => `lambda/${code.room}/${handler}.ts`),
      outdir: 'unused',
      write: false,
      metafile: true,
      alias: aliasOf(code),
    }),
  );
  return Object.assign({}, ...(await Promise.all(builds)).map(({ metafile }) => metafile.inputs));
}

/** Replaces modules that the package has another version of. */
function replaceModules(): Plugin {
  return {
    name: 'replace modules',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /\/function-from-source\.ts$/ }, () => ({
        path: join(projectDirectory, 'lib/package/function-from-package.ts'),
      }));
      onLoad({ filter: /\/process-source\.ts$/ }, async () => ({
        contents: `export const readProcessSource = async () => ${JSON.stringify(await readProcessSource())};`,
      }));
    },
  };
}

/** The bundles, byte for byte as `cdk deploy` makes them. */
function bundleFunctions(): FunctionBundles {
  const bundles = functionCodes.flatMap((code) =>
    handlers.map((handler) => {
      const outdir = mkdtempSync(join(tmpdir(), 'bundle-'));
      try {
        const source = templates[handler];
        createFunction(
          new Stack(new App({ outdir }), 'Stack'),
          code,
          source === undefined ? undefined : checkTemplate(source),
          {},
        );
        const asset = join(outdir, readdirSync(outdir).find((name) => name.startsWith('asset.'))!);
        const files = readdirSync(asset).filter((name) => name !== deployedTemplateFile);
        return [
          bundleName(code, handler),
          Object.fromEntries(files.map((name) => [name, readFileSync(join(asset, name), 'utf8')])),
        ];
      } finally {
        rmSync(outdir, { recursive: true, force: true });
      }
    }),
  );
  return Object.fromEntries(bundles);
}

/** Compresses with a large window, which finds repetitions between bundles. */
function compress(text: string): Buffer {
  return brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
}

function licensesOf(inputs: Metafile['inputs']): string {
  const packages = new Set(
    Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []),
  );
  return [...packages]
    .sort()
    .map((path) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(projectDirectory, path, 'package.json'), 'utf8'),
      );
      const file = readdirSync(join(projectDirectory, path)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file
        ? readFileSync(join(projectDirectory, path, file), 'utf8').trim()
        : `License: ${license}`;
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
