import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { createDefaultPacker } from '../../lambda/producer/events/default-events.ts';
import type { RecordBatch } from '../../lambda/producer/packing/records.ts';
import { synthesize } from '../../lib/commands/start/synth.ts';
import { readLocalStack } from '../../lib/commands/start/template.ts';
import { DeliveryStream, type DeliveryStreamSettings } from '../../lib/emulator/firehose/delivery-stream.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { defaultStackName } from '../../lib/stack/outputs.ts';
import {
  buildPrograms,
  type Experiment,
  inTemporaryDirectory,
  inTurns,
  measureOnce,
  startEndpoint,
} from './harness.ts';
import { cpuMsOf } from './process-usage.ts';
import { atLeast, atMost, type Section, show, type Target } from './section.ts';
import { median, mediansOf } from './statistics.ts';
import { requestsOf, reverseGroups } from './workloads/run-events.ts';

/** Objects with Firehose's own compression, and with joined gzip members of the producer. */
const recordFormats = ['ndjson', 'gzip'] as const;

interface Mixture {
  readonly name: string;
  /** One in this many events belongs to the run. */
  readonly share: number;
  /** Whether a neighbour's record without a line break follows each record. */
  readonly isShared: boolean;
  /** In events/s. */
  readonly targetSpeed: number;
}

const mixtures: readonly Mixture[] = [
  { name: 'all', share: 1, isShared: false, targetSpeed: 3_000_000 },
  { name: '1 of 100', share: 100, isShared: false, targetSpeed: 3_000_000 },
  { name: "among others'", share: 1, isShared: true, targetSpeed: 1_000_000 },
];

const neighbour = Buffer.from('{"level":"info","at":"2026-11-30T04:00:00.000Z","text":"another program"}');

const events = 10_000_000;
const rounds = 5;
const requestsInFlight = 8;
const runId = 'bench-run';

/**
 * Measures speed and memory of the deployed prover. Each round is one invocation in a new process. It reads objects of
 * the embedded Firehose from the embedded S3, which runs in another process.
 */
export async function measureProver(onProgress: (line: string) => void): Promise<Section> {
  return inTemporaryDirectory(async (directory) => {
    await buildPrograms(directory);
    const table = [['events of the run', 'events/s', 'rounds', 'CPU ns/event', 'in S3', 'peak MiB']];
    const targets: Target[] = [];
    for (const recordFormat of recordFormats) {
      const assembly = join(directory, recordFormat);
      await synthesize(assembly, { recordFormat });
      const { prover, deliveryStream } = await readLocalStack(assembly, defaultStackName);
      const peaksMiB: number[] = [];
      for (const mixture of mixtures) {
        const { share, targetSpeed } = mixture;
        const name = `${recordFormat}, ${mixture.name}`;
        onProgress(`${name}: writing the objects, then ${rounds} rounds ...`);
        const buckets = join(directory, 'buckets');
        const environment = await fillBucket(buckets, deliveryStream, recordFormat, mixture);
        const run = { module: 'functions', workload: 'prove', events: events / share, environment };
        const figures = await measureShare(directory, buckets, prover!.function, run);
        await rm(buckets, { recursive: true });
        const { speeds, cpuNanos, s3Nanos, peakMiB } = figures;
        const speed = median(speeds);
        const eachSpeed = speeds.map((value) => show(value)).join(' ');
        table.push([name, show(speed), eachSpeed, show(cpuNanos), show(s3Nanos), show(peakMiB)]);
        targets.push(
          atLeast(`${name}, events/s`, targetSpeed, speed),
          atMost(`${name}, memory`, 256, peakMiB, 0, 'MiB'),
        );
        peaksMiB.push(peakMiB);
      }
      targets.push(atMost(`${recordFormat}, memory, 1 of 100 / all`, 1.1, peaksMiB[1]! / peaksMiB[0]!, 3));
    }
    return { table, targets };
  });
}

async function measureShare(directory: string, buckets: string, prover: FunctionSettings, run: Experiment) {
  const [measured = []] = await inTurns(rounds, [run], async () => {
    const s3 = await startEndpoint(directory, { bucketsDirectory: buckets });
    try {
      const cpuBeforeMs = cpuMsOf(s3.pid) ?? Number.NaN;
      const proven = await measureOnce(directory, prover, s3.url, run);
      return { ...proven, s3CpuMs: (cpuMsOf(s3.pid) ?? Number.NaN) - cpuBeforeMs };
    } finally {
      s3.close();
    }
  });
  const { cpuMicros, s3CpuMs } = mediansOf(measured, 'cpuMicros', 's3CpuMs');
  return {
    speeds: measured.map(({ durationMs }) => events / (durationMs / 1_000)),
    cpuNanos: (cpuMicros * 1e3) / events,
    s3Nanos: (s3CpuMs * 1e6) / events,
    peakMiB: Math.max(...measured.map(({ peakRssMiB }) => peakRssMiB)),
  };
}

/** Lets the embedded Firehose write the objects of a run and of others. Returns the prover's environment. */
async function fillBucket(
  directory: string,
  settings: DeliveryStreamSettings,
  recordFormat: RecordFormat,
  { share, isShared }: Mixture,
): Promise<Readonly<Record<string, string>>> {
  const stream = new DeliveryStream(settings, { directory });
  const sentFromMs = Date.now();
  const { deliveryStreamName } = settings;
  const requestsOfRun = (id: string, count: number) =>
    requestsOf(createDefaultPacker(recordFormat, deliveryStreamName, id), count);
  const own = requestsOfRun(runId, events / share);
  const foreign = requestsOfRun('another-run', events - events / share);
  for (const records of share === 1 ? reverseGroups(own, requestsInFlight) : mix(own, foreign, share)) {
    await stream.put(records.flatMap(({ data }) => (isShared ? [data, neighbour] : [data])));
  }
  await stream.close();
  const sent = { SENT_FROM_MS: `${sentFromMs}`, SENT_TO_MS: `${Date.now()}` };
  return { RUN_ID: runId, SHARED: `${isShared}`, ...sent };
}

/** Puts one record of the run before each `share - 1` foreign records. */
function* mix(own: Iterable<RecordBatch>, foreign: Iterable<RecordBatch>, share: number) {
  const ownRecords = flatten(own);
  let group: RecordBatch[number][] = [];
  for (const record of flatten(foreign)) {
    group.push(record);
    if (group.length === share - 1) {
      const { value } = ownRecords.next();
      yield value ? [value, ...group] : group;
      group = [];
    }
  }
  yield [...ownRecords, ...group];
}

function* flatten(requests: Iterable<RecordBatch>): Generator<RecordBatch[number], void> {
  for (const request of requests) {
    yield* request;
  }
}
