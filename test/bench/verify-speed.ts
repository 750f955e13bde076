import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/event.ts';
import { linesOf } from './workloads/run-events.ts';

const events = 10_000_000;
const stream = 'bench-stream';
const [recordBytes, recordsInFlight] = [450 * eventBytes, 8];

/** What a stream that buffers 64 MiB puts into an object. */
const eventsOfObject = Math.floor((64 * 1_024 * 1_024) / eventBytes);

const foreign = { objects: 200, eventsOfObject: 20_000 };
const limits = { eventsPerSecond: 500_000, peakMiB: 1_024, foreignGrowth: 0.1 };

/**
 * How fast `verify` is, and how much memory it needs, with and without foreign objects beside the run.
 *
 * @returns Whether every figure is as good as docs/verify.md promises.
 */
export async function benchmarkVerify(print: (line: string) => void): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'verify-bench-'));
  try {
    print(`Writing ${events.toLocaleString('en-US')} events, gzip, ${eventsOfObject} an object ...`);
    await writeObjects(join(directory, 'own'), 'bench-run', events, eventsOfObject);
    const alone = await measure(directory, 'alone', print);
    print(`Writing ${foreign.objects} foreign objects, ${foreign.eventsOfObject} events each ...`);
    const foreignEvents = foreign.objects * foreign.eventsOfObject;
    await writeObjects(join(directory, 'foreign'), 'another-run', foreignEvents, foreign.eventsOfObject);
    const beside = await measure(directory, 'beside the foreign objects', print);

    const change = beside.peakMiB / alone.peakMiB - 1;
    print(`memory changes by ${(change * 100).toFixed(1)} %`);
    const holds =
      alone.eventsPerSecond >= limits.eventsPerSecond &&
      Math.max(alone.peakMiB, beside.peakMiB) < limits.peakMiB &&
      change < limits.foreignGrowth;
    print(holds ? 'Every promised figure holds.' : `NOT as promised: ${JSON.stringify(limits)}`);
    return holds;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Writes the events of a run as a stream would: records whole, those in flight together in any order. */
async function writeObjects(
  directory: string,
  runId: string,
  count: number,
  countOfObject: number,
): Promise<void> {
  await mkdir(directory);
  for (let from = 0; from < count; from += countOfObject) {
    const lines = linesOf(stream, runId, from, Math.min(from + countOfObject, count));
    const records: Buffer[] = [];
    for (let at = 0; at < lines.length; at += recordBytes) {
      records.push(lines.subarray(at, at + recordBytes));
    }
    await writeFile(
      join(directory, `${from}.gz`),
      await promisify(gzip)(Buffer.concat(inAnotherOrder(records)), { level: 1 }),
    );
  }
}

/** Turns the records in flight around: hardly any is behind the one that it follows. */
function inAnotherOrder(records: readonly Buffer[]): Buffer[] {
  const groups = Array.from({ length: Math.ceil(records.length / recordsInFlight) }, (_, group) =>
    records.slice(group * recordsInFlight, (group + 1) * recordsInFlight).reverse(),
  );
  return groups.flat();
}

async function measure(
  directory: string,
  what: string,
  print: (line: string) => void,
): Promise<{ eventsPerSecond: number; peakMiB: number }> {
  // The kernel's figure for this process image alone; resourceUsage() would count its parent's too.
  const hook = `if (process.argv[1]?.endsWith('verify.ts')) process.on('exit', () => {
    const { readFileSync, writeFileSync } = require('node:fs');
    writeFileSync(process.env.STATUS_FILE, readFileSync('/proc/self/status'));
  });`;
  const [statusFile, hookFile] = [join(directory, '.status'), join(directory, '.hook.cjs')];
  await writeFile(hookFile, hook);
  const options = [
    '--source',
    directory,
    '--stream',
    stream,
    '--run-id',
    'bench-run',
    '--count',
    `${events}`,
  ];
  const startedMs = performance.now();
  // As a person would: how npm starts Node is part of what is measured.
  const verification = await promisify(execFile)(
    'npm',
    ['run', '--silent', 'verify', '--', ...options, '--json'],
    { env: { ...process.env, NODE_OPTIONS: `--require ${hookFile}`, STATUS_FILE: statusFile } },
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const { complete, foreignLines } = JSON.parse(verification.stdout);
  const peakMiB = Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(statusFile, 'utf8'))![1]) / 1_024;
  const eventsPerSecond = events / seconds;
  print(
    `${what}: complete ${complete}, ${foreignLines} foreign lines; ${seconds.toFixed(1)} s on ${availableParallelism()} cores, ` +
      `${Math.round(eventsPerSecond).toLocaleString('en-US')} events/s, peak ${peakMiB.toFixed(0)} MiB`,
  );
  return { eventsPerSecond, peakMiB };
}
