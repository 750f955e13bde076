import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { functionEnvironment } from '../../lib/emulator/lambda/runtime.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import type { Measured, Outcome, Task } from './measured-process.ts';

/**
 * Compiles programs of this folder before they run: a loader would do it in their processes, and its time and memory would count
 * as theirs.
 */
export async function buildPrograms(directory: string, names: readonly string[]): Promise<void> {
  await build({
    entryPoints: names.map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url))),
    entryNames: '[name]',
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}

/**
 * Starts the process in which a function is measured.
 *
 * @param directory Where the programs were built.
 */
export function spawnMeasured(
  directory: string,
  settings: FunctionSettings,
  endpointUrl: string,
): ChildProcess {
  return spawn(
    process.execPath,
    // The share of the memory setting that Lambda gives to V8's heap.
    [`--max-old-space-size=${Math.floor(settings.memoryMiB * 0.9)}`, join(directory, 'measured-process.mjs')],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: functionEnvironment(settings, endpointUrl) },
  );
}

/** What a process says next. @throws Error if it exits instead. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const stopWaiting = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', stopWaiting).then(([message]) => message),
      once(child, 'exit', stopWaiting).then(() => {
        throw new Error(`${child.spawnargs.at(-1)} exited`);
      }),
    ]);
  } finally {
    stopWaiting.abort();
  }
}

/** Gives a measured process its task. @throws Error if the task fails. */
export async function ask(child: ChildProcess, task: Task): Promise<Measured> {
  child.send(task);
  const outcome = (await nextMessage(child)) as Outcome;
  if ('error' in outcome) {
    throw new Error(`${task.workload}: ${outcome.error}`);
  }
  return outcome.measured;
}
