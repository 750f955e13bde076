import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/record-format.ts';
import { inTemporaryDirectory } from './harness.ts';
import { peakRssMiB } from './process-usage.ts';
import { atLeast, atMost, type Section, show } from './section.ts';
import { linesOf, reverseGroups } from './workloads/run-events.ts';

const events = 10_000_000;
const stream = 'bench-stream';
const recordBytes = 450 * eventBytes;
const recordsInFlight = 8;

/** A stream that buffers 64 MiB writes this many events to an object. */
const eventsPerObject = Math.floor((64 * 1_024 * 1_024) / eventBytes);
const foreign = { objects: 200, eventsPerObject: 20_000 };

/** Measures speed and memory of `npm run verify`, with and without foreign objects beside the run. */
export async function measureVerify(onProgress: (line: string) => void): Promise<Section> {
  return inTemporaryDirectory(async (directory) => {
    onProgress(`Writing ${events.toLocaleString('en-US')} events, gzip, ${eventsPerObject} per object ...`);
    await writeObjects(join(directory, 'own'), 'bench-run', events, eventsPerObject);
    const alone = await verify(directory);
    onProgress(`Writing ${foreign.objects} foreign objects, ${foreign.eventsPerObject} events each ...`);
    const foreignEvents = foreign.objects * foreign.eventsPerObject;
    await writeObjects(join(directory, 'foreign'), 'another-run', foreignEvents, foreign.eventsPerObject);
    const beside = await verify(directory);
    const rows = { alone, 'beside the foreign objects': beside };
    return {
      table: [
        ['10,000,000 events', 'complete', 'foreign lines', 's', 'events/s', 'peak MiB'],
        ...Object.entries(rows).map(([name, { complete, foreignLines, seconds, peakMiB }]) => [
          name,
          String(complete),
          show(foreignLines),
          show(seconds, 1),
          show(events / seconds),
          show(peakMiB),
        ]),
      ],
      targets: [
        atLeast('verify, events/s', 500_000, events / alone.seconds),
        atMost('memory', 1_024, Math.max(alone.peakMiB, beside.peakMiB), 0, 'MiB'),
        atMost('memory, beside foreign objects / alone', 1.1, beside.peakMiB / alone.peakMiB, 3),
      ],
    };
  });
}

/** Writes a run as a stream would: whole records, those in flight together out of order. */
async function writeObjects(directory: string, runId: string, count: number, perObject: number) {
  await mkdir(directory);
  for (let from = 0; from < count; from += perObject) {
    const lines = linesOf(stream, runId, from, Math.min(from + perObject, count));
    const records: Buffer[] = [];
    for (let at = 0; at < lines.length; at += recordBytes) {
      records.push(lines.subarray(at, at + recordBytes));
    }
    const text = Buffer.concat([...reverseGroups(records, recordsInFlight)]);
    await writeFile(join(directory, `${from}.gz`), await promisify(gzip)(text, { level: 1 }));
  }
}

async function verify(directory: string) {
  // Copies the kernel's figures of the verifying process, not of npm's.
  const hook = `if (process.argv[1]?.endsWith('.ts')) process.on('exit', () => {
    const { readFileSync, writeFileSync } = require('node:fs');
    writeFileSync(process.env.STATUS_FILE, readFileSync('/proc/self/status'));
  });`;
  const [statusFile, hookFile] = [join(directory, '.status'), join(directory, '.hook.cjs')];
  await writeFile(hookFile, hook);
  const run = ['--stream', stream, '--run-id', 'bench-run', '--count', `${events}`];
  const startedMs = performance.now();
  // npm's start is part of the measurement, as for a user.
  const { stdout } = await promisify(execFile)(
    'npm',
    ['run', '--silent', 'verify', '--', '--source', directory, ...run, '--json'],
    { env: { ...process.env, NODE_OPTIONS: `--require ${hookFile}`, STATUS_FILE: statusFile } },
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const { complete, foreignLines }: { complete: boolean; foreignLines: number } = JSON.parse(stdout);
  return { complete, foreignLines, seconds, peakMiB: peakRssMiB(statusFile)! };
}
