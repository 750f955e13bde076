import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordFormat } from '../../lambda/contract/settings.ts';
import { DeliveryStream, type DeliveryStreamSettings } from '../../lib/emulator/firehose/delivery-stream.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import type { BucketReady } from './bucket-process.ts';
import { cpuMsOf } from './limit-cpu.ts';
import type { Measured } from './measured-process.ts';
import { ask, buildPrograms, nextMessage, spawnMeasured } from './programs.ts';
import { median } from './statistics.ts';
import { requestsOf } from './workloads/run-events.ts';

/** The prover and its stream, as the stack of a record format deploys them. */
export interface DeployedProver {
  /** The prover. */
  readonly prover: FunctionSettings;
  /** The stream whose objects it reads. */
  readonly deliveryStream: DeliveryStreamSettings;
}

/** What {@link benchmarkProver} works with. */
export interface ProverBenchmarkOptions {
  /** Synthesizes the stack of a record format into a directory: what is measured is what deploys. */
  readonly prepare: (directory: string, recordFormat: RecordFormat) => Promise<DeployedProver>;
  /** Told what is going on, and what was measured. */
  readonly print: (line: string) => void;
  /** Events in a bucket. @default 10,000,000 */
  readonly events?: number;
}

/** What lands with gzip of Firehose's own, and with joined members of the producer's. */
const recordFormats = ['ndjson', 'gzip'] as const;

/** Of so many events one belongs to the run. */
const shares = [1, 100] as const;

const rounds = 5;
const requestsInFlight = 8;
const limits = { eventsPerSecond: 3_000_000, peakMiB: 256, foreignGrowth: 0.1 };

/** Some objects with the events of a run. */
interface FilledBucket {
  readonly environment: Readonly<Record<string, string>>;
  /** Events of the run. */
  readonly ownEvents: number;
}

/** One round. */
interface Round extends Measured {
  /** CPU time of the S3 that was read. */
  readonly bucketCpuMs: number;
}

/**
 * How many events a second the prover compares, and what memory it needs: the bundle in a process of its own, which reads objects of the
 * embedded Firehose from the embedded S3 in another one. Each round is one invocation in a new process.
 *
 * @returns Whether every figure is as good as docs/proof.md promises.
 */
export async function benchmarkProver(options: ProverBenchmarkOptions): Promise<boolean> {
  const { prepare, print, events = 10_000_000 } = options;
  const directory = await mkdtemp(join(tmpdir(), 'prover-bench-'));
  try {
    await buildPrograms(directory, ['bucket-process', 'measured-process', 'workloads/prover']);
    const [load = 0] = loadavg();
    print(`${availableParallelism()} cores, load ${load.toFixed(1)}, Node ${process.version}`);
    let holds = true;
    for (const recordFormat of recordFormats) {
      const deployed = await prepare(join(directory, recordFormat), recordFormat);
      const peaksMiB: number[] = [];
      for (const share of shares) {
        const buckets = join(directory, `buckets-${recordFormat}-${share}`);
        const bucket = await fillBucket(buckets, deployed.deliveryStream, recordFormat, events, share);
        const measured: Round[] = [];
        for (let round = 0; round < rounds; round += 1) {
          measured.push(await measure(directory, buckets, deployed.prover, bucket));
        }
        await rm(buckets, { recursive: true });

        const eventsPerSecond = measured.map(({ durationMs }) => events / (durationMs / 1_000));
        const peakMiB = Math.max(...measured.map(({ peakRssMiB }) => peakRssMiB));
        const nanosecondsOf = (cpuMs: (round: Round) => number) =>
          Math.round((median(measured.map(cpuMs)) * 1e6) / events);
        print(
          `${recordFormat}, ${share === 1 ? 'all events of the run' : `1 of ${share} events of the run`}: ` +
            `${count(median(eventsPerSecond))} events/s (${eventsPerSecond.map(count).join(' ')}), ` +
            `CPU ${nanosecondsOf(({ cpuMicros }) => cpuMicros / 1e3)} ns an event and ` +
            `${nanosecondsOf(({ bucketCpuMs }) => bucketCpuMs)} ns in S3, peak ${peakMiB.toFixed(0)} MiB`,
        );
        peaksMiB.push(peakMiB);
        holds &&= median(eventsPerSecond) >= limits.eventsPerSecond && peakMiB < limits.peakMiB;
      }
      holds &&= peaksMiB[1]! < peaksMiB[0]! * (1 + limits.foreignGrowth);
    }
    print(holds ? 'Every promised figure holds.' : `NOT as promised: ${JSON.stringify(limits)}`);
    return holds;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Lets the embedded Firehose write the objects of a run; beside it are others, whose records come between its own. */
async function fillBucket(
  directory: string,
  settings: DeliveryStreamSettings,
  recordFormat: RecordFormat,
  events: number,
  share: number,
): Promise<FilledBucket> {
  const { deliveryStreamName } = settings;
  const stream = new DeliveryStream(settings, { directory });
  const runId = 'bench-run';
  const ownEvents = events / share;
  const sentFromMs = Date.now();
  const own = requestsOf(recordFormat, deliveryStreamName, runId, ownEvents);
  const foreign = requestsOf(recordFormat, deliveryStreamName, 'another-run', events - ownEvents);
  for (const records of share === 1 ? inAnotherOrder(own) : mixed(own, foreign, share)) {
    await stream.put(records);
  }
  await stream.close();
  return {
    environment: { RUN_ID: runId, SENT_FROM_MS: `${sentFromMs}`, SENT_TO_MS: `${Date.now()}` },
    ownEvents,
  };
}

/** Turns the requests in flight around: hardly any is behind the one that it follows. */
function* inAnotherOrder(requests: Iterable<Buffer[]>): Generator<Buffer[], void> {
  let inFlight: Buffer[][] = [];
  for (const request of requests) {
    inFlight.push(request);
    if (inFlight.length === requestsInFlight) {
      yield* inFlight.reverse();
      inFlight = [];
    }
  }
  yield* inFlight.reverse();
}

/** A record of the run, then as many of others, and so on. */
function* mixed(
  own: Iterable<Buffer[]>,
  foreign: Iterable<Buffer[]>,
  share: number,
): Generator<Buffer[], void> {
  const ownRecords = recordsOf(own);
  let order = 0;
  for (const request of foreign) {
    const records: Buffer[] = [];
    for (const record of request) {
      if (order % (share - 1) === 0) {
        const next = ownRecords.next();
        records.push(...(next.done ? [] : [next.value]));
      }
      records.push(record);
      order += 1;
    }
    yield records;
  }
  yield [...ownRecords];
}

function* recordsOf(requests: Iterable<Buffer[]>): Generator<Buffer, void> {
  for (const request of requests) {
    yield* request;
  }
}

/** One invocation in a new process. */
async function measure(
  directory: string,
  buckets: string,
  prover: FunctionSettings,
  { environment, ownEvents }: FilledBucket,
): Promise<Round> {
  const s3 = spawn(process.execPath, [join(directory, 'bucket-process.mjs'), buckets], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { endpointUrl } = (await nextMessage(s3)) as BucketReady;
  const settings = { ...prover, environment: { ...prover.environment, ...environment } };
  const child = spawnMeasured(directory, settings, endpointUrl);
  try {
    const cpuBeforeMs = cpuMsOf(s3.pid!) ?? Number.NaN;
    const measured = await ask(child, { module: 'prover', workload: 'prove', events: ownEvents });
    return { ...measured, bucketCpuMs: (cpuMsOf(s3.pid!) ?? Number.NaN) - cpuBeforeMs };
  } finally {
    child.kill('SIGKILL');
    s3.kill('SIGKILL');
  }
}
