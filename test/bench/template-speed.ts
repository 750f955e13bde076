import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { ask, buildPrograms, spawnMeasured } from './programs.ts';
import { median } from './statistics.ts';

const rounds = 5;

/** What docs/events.md promises. */
const limits = {
  nativeMicros: 0.7,
  nativeProvenPerSecond: 1_000_000,
  /** Of templates that need word lists. */
  wordsPerSecond: 50_000,
};

/** A template to measure. */
export interface MeasuredTemplate {
  /** Its file. */
  readonly file: string;
  /** Whether it needs word lists: then fewer events are enough, and less is promised. */
  readonly needsWords: boolean;
  /** Whether the figures of templates without word lists are promised of it. */
  readonly isPromised: boolean;
}

/**
 * How long it takes to make and pack the events of templates, and to prove them: the stages of both functions, each in a process of its own.
 * Rounds of all templates take turns.
 *
 * @returns Whether every figure is as good as docs/events.md promises.
 */
export async function benchmarkTemplates(
  templates: readonly MeasuredTemplate[],
  print: (line: string) => void,
): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'template-bench-'));
  try {
    await buildPrograms(directory, ['measured-process', 'workloads/templates']);
    const [load = 0] = loadavg();
    print(`${availableParallelism()} cores, load ${load.toFixed(1)}, Node ${process.version}`);
    const measured = templates.map((template) => ({
      ...template,
      packing: [] as number[],
      proving: [] as number[],
    }));
    for (let round = 0; round < rounds; round += 1) {
      for (const template of measured) {
        for (const workload of ['packing', 'proving'] as const) {
          template[workload].push(await nanosecondsOf(directory, template, workload));
        }
      }
    }
    let holds = true;
    for (const { file, needsWords, isPromised, packing, proving } of measured) {
      const [packedNs, provenNs] = [median(packing), median(proving)];
      print(
        `${file}: generation and packing ${(packedNs / 1_000).toFixed(2)} µs an event (${perSecond(packedNs)}/s), ` +
          `proving ${(provenNs / 1_000).toFixed(2)} µs (${perSecond(provenNs)}/s)`,
      );
      holds &&= needsWords
        ? Math.max(packedNs, provenNs) <= 1e9 / limits.wordsPerSecond
        : !isPromised ||
          (packedNs <= limits.nativeMicros * 1_000 && provenNs <= 1e9 / limits.nativeProvenPerSecond);
    }
    print(holds ? 'Every promised figure holds.' : `NOT as promised: ${JSON.stringify(limits)}`);
    return holds;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function perSecond(nanoseconds: number): string {
  return Math.round(1e9 / nanoseconds).toLocaleString('en-US');
}

async function nanosecondsOf(
  directory: string,
  { file, needsWords }: MeasuredTemplate,
  workload: 'packing' | 'proving',
): Promise<number> {
  const events = needsWords ? 100_000 : 1_000_000;
  const settings: FunctionSettings = {
    functionName: 'templates',
    assetDirectory: directory,
    handler: 'none',
    environment: { TEMPLATE_FILE: resolve(file) },
    memoryMiB: 2_048,
    timeoutMs: 900_000,
  };
  // It calls nobody.
  const child = spawnMeasured(directory, settings, 'http://127.0.0.1:1');
  try {
    const { durationMs } = await ask(child, { module: 'templates', workload, events });
    return (durationMs * 1e6) / events;
  } finally {
    child.kill('SIGKILL');
  }
}
