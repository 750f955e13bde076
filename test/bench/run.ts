import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { producerSettings, type RecordFormat } from '../../lambda/contract/settings.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { type AsInLambda, measureAsInLambda } from './as-in-lambda.ts';
import { type BundleContent, buildWithoutSdk, buildWithZlib, inspectBundle } from './bundle.ts';
import { type ColdStart, canLimitCpu, findNode24, startCold } from './cold-start.ts';
import { contenders, type RowName, rowNames } from './contenders.ts';
import { type Experiment, Laboratory, type Observation } from './laboratory.ts';
import { type Figures, figuresOf, median, ratioOf } from './statistics.ts';

/** How much a run of the benchmark does. */
export interface BenchmarkOptions {
  /** Only the rows, with less to do. */
  readonly quick: boolean;
  /** Divides what each contender is given to do, for a test that lets each do it once. @default 1 */
  readonly divisor?: number;
  /** Makes the function's bundle, and reads its configuration: what is measured is what deploys. */
  readonly prepareFunction: (directory: string) => Promise<FunctionSettings>;
  /** Told what is going on, a line at a time. */
  readonly onProgress: (line: string) => void;
}

/** What a run of a number of events took. */
export interface Scaling {
  /** Events of the run. */
  readonly events: number;
  /** How long the invocation took. */
  readonly durationMs: number;
  /** Memory of the function's process at its peak. */
  readonly peakRssMiB: number;
}

/** How the function starts, in medians. */
export interface ColdStarts {
  /** Version of the Node that was used: the Lambda's major, where it can be had. */
  readonly node: string;
  /** The shipped bundle. */
  readonly shipped: ColdStart;
  /** The same code with the SDK resolved from `node_modules`. */
  readonly withoutSdk: ColdStart;
}

/** Formats of which it is measured what has to be done at least. */
export const packedFormats = ['ndjson', 'gzip'] as const;

/** What has to be done for an event whoever does it, each measured alone, in nanoseconds of CPU time. */
export interface NecessaryWork {
  /** Generation, packing and batching. */
  readonly packing: number;
  /** Base64 of the records. */
  readonly base64: number;
  /** SHA-256 of the bodies, for the signature. */
  readonly sha256: number;
  /** Writing prepared bodies to sockets, by `node:http`. */
  readonly socket: number;
}

/** What is measured beside the rows. */
export interface Details {
  /** Generation alone, in nanoseconds an event. */
  readonly generationNanosPerEvent: number;
  /** What has to be done at least. */
  readonly necessary: Readonly<Record<(typeof packedFormats)[number], NecessaryWork>>;
  /** What one invocation does as in Lambda. Missing where a process can't be throttled, or there is no openssl. */
  readonly asInLambda?: Readonly<Record<RecordFormat, AsInLambda>>;
  /** From the handler's entry to its return for 100 events, warm. */
  readonly invocationMs: number;
  /** The same job for more and more events, each in a new process. */
  readonly scaling: readonly Scaling[];
  /** What is inside the bundle. */
  readonly bundle: BundleContent;
  /** Missing where a process can't be throttled. */
  readonly coldStarts?: ColdStarts;
}

/** What a run of the benchmark found. */
export interface Benchmark {
  /** Node's version. */
  readonly node: string;
  /** Cores of the machine. */
  readonly cores: number;
  /** The contenders. */
  readonly rows: Readonly<Record<RowName, Figures>>;
  /** The lesson's program in boto3, where there is one. */
  readonly boto3?: Figures;
  /** Ours (`ndjson`) in events a second, as a multiple of another row's: medians of the repetitions' ratios. */
  readonly oursTimes: Readonly<Record<RowName, number>>;
  /** Missing after a quick run. */
  readonly details?: Details;
}

const { eventsPerSlice } = producerSettings;

const repetitions = { quick: 3, full: 5 };
const scalingEvents = [1e4, 1e5, 1e6, 1e7];
const scalingRepetitions = 3;
const detailRepetitions = 5;
const stageEvents = 2_000_000;
const coldStartRepetitions = 9;

/** Runs the benchmark: every contender in turn, again and again, each time in a new process. */
export async function runBenchmark(options: BenchmarkOptions): Promise<Benchmark> {
  const { quick, divisor = 1, prepareFunction, onProgress } = options;
  const directory = await mkdtemp(join(tmpdir(), 'firehose-event-producer-bench-'));
  let laboratory: Laboratory | undefined;
  try {
    onProgress('Synthesizing the stack: what is measured is what deploys ...');
    const deployed = await prepareFunction(join(directory, 'cdk.out'));
    // A run of any size in one invocation: it is the invocation that is measured, not the work queue.
    const unlimited = { [eventsPerSlice.variable]: String(eventsPerSlice.max) };
    const settings = { ...deployed, environment: { ...deployed.environment, ...unlimited } };
    laboratory = await Laboratory.open(join(directory, 'laboratory'), settings);

    const zlibDirectory = join(directory, 'with-zlib');
    await buildWithZlib(zlibDirectory);
    const observations = emptyObservations();
    const boto3: Observation[] = [];
    const rounds = divisor > 1 ? 1 : quick ? repetitions.quick : repetitions.full;
    for (let round = 1; round <= rounds; round += 1) {
      for (const name of rowNames) {
        onProgress(`Round ${round} of ${rounds}: ${name}`);
        observations[name].push(await laboratory.measure(experimentOf(name, quick, divisor, zlibDirectory)));
      }
      const lessonInPython = await laboratory.measureBoto3(Math.ceil((quick ? 150 : 600) / divisor));
      boto3.push(...(lessonInPython ? [lessonInPython] : []));
    }

    return {
      node: process.version,
      cores: availableParallelism(),
      rows: mapRows((name) => figuresOf(observations[name])),
      ...(boto3.length > 0 && { boto3: figuresOf(boto3) }),
      oursTimes: mapRows((name) => ratioOf(observations['ours-ndjson'], observations[name])),
      ...(!quick && { details: await measureDetails(laboratory, settings, directory, onProgress) }),
    };
  } finally {
    laboratory?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function mapRows<Value>(figureOf: (name: RowName) => Value): Record<RowName, Value> {
  return Object.fromEntries(rowNames.map((name) => [name, figureOf(name)])) as Record<RowName, Value>;
}

function emptyObservations(): Record<RowName, Observation[]> {
  return mapRows(() => []);
}

function experimentOf(name: RowName, quick: boolean, divisor: number, zlibDirectory: string): Experiment {
  const { module, workload, environment, usesZlib, ...sizes } = contenders[name];
  const events = Math.ceil((quick ? sizes.quickEvents : sizes.events) / divisor);
  return {
    module,
    workload,
    events,
    warmUpEvents: Math.ceil(events / 4),
    ...(environment && { environment }),
    ...(usesZlib && { assetDirectory: zlibDirectory }),
  };
}

async function measureDetails(
  laboratory: Laboratory,
  settings: FunctionSettings,
  directory: string,
  onProgress: BenchmarkOptions['onProgress'],
): Promise<Details> {
  const mediansOf = async (rounds: number, experiment: Experiment) => {
    const observations: Observation[] = [];
    for (let round = 0; round < rounds; round += 1) {
      observations.push(await laboratory.measure(experiment));
    }
    return {
      durationMs: median(observations.map(({ durationMs }) => durationMs)),
      cpuMicros: median(observations.map(({ cpuMicros }) => cpuMicros)),
      peakRssMiB: median(observations.map(({ peakRssMiB }) => peakRssMiB)),
    };
  };

  onProgress('Stages alone');
  const generation = await mediansOf(detailRepetitions, stageExperiment('generation'));
  const nanosOf = async (experiment: Experiment) =>
    ((await mediansOf(detailRepetitions, experiment)).cpuMicros * 1e3) / experiment.events;
  const necessaryFor = async (format: (typeof packedFormats)[number]): Promise<NecessaryWork> => ({
    packing: await nanosOf(stageExperiment('packing', format)),
    base64: await nanosOf(stageExperiment('base64', format)),
    sha256: await nanosOf(stageExperiment('sha256', format)),
    socket: await nanosOf({
      ...experimentOf('limit', false, 1, ''),
      environment: { RECORD_FORMAT: format },
    }),
  });
  const necessary = { ndjson: await necessaryFor('ndjson'), gzip: await necessaryFor('gzip') };
  onProgress('Invocations of 100 events');
  const invocations = await mediansOf(detailRepetitions, {
    module: 'shipped',
    workload: 'invocations',
    events: 10_000,
    warmUpEvents: 5_000,
  });
  const scaling: Scaling[] = [];
  for (const events of scalingEvents) {
    onProgress(`A run of ${events.toLocaleString('en-US')} events`);
    const experiment = { module: 'shipped', workload: 'ours', events, warmUpEvents: 0 };
    scaling.push({ events, ...(await mediansOf(scalingRepetitions, experiment)) });
  }
  onProgress('Cold starts');
  const coldStarts = canLimitCpu() ? await measureColdStarts(settings, directory) : undefined;
  const asInLambda = await measureAsInLambda(join(directory, 'as-in-lambda'), settings, onProgress);
  return {
    generationNanosPerEvent: (generation.durationMs * 1e6) / stageEvents,
    necessary,
    ...(asInLambda && { asInLambda }),
    invocationMs: invocations.durationMs / 100,
    scaling,
    bundle: await inspectBundle(join(directory, 'inspected')),
    ...(coldStarts && { coldStarts }),
  };
}

function stageExperiment(workload: string, format: RecordFormat = 'ndjson'): Experiment {
  return {
    module: 'stages',
    workload,
    events: stageEvents,
    warmUpEvents: stageEvents / 4,
    environment: { RECORD_FORMAT: format },
  };
}

async function measureColdStarts(settings: FunctionSettings, directory: string): Promise<ColdStarts> {
  const node = await findNode24(join(directory, 'node24'));
  const withoutSdkDirectory = join(directory, 'without-sdk');
  await buildWithoutSdk(withoutSdkDirectory);
  const shipped: ColdStart[] = [];
  const withoutSdk: ColdStart[] = [];
  for (let round = 0; round < coldStartRepetitions; round += 1) {
    shipped.push(await startCold(node.path, settings.assetDirectory, settings));
    withoutSdk.push(await startCold(node.path, withoutSdkDirectory, settings));
  }
  const mediansOf = (starts: readonly ColdStart[]): ColdStart => ({
    durationMs: median(starts.map(({ durationMs }) => durationMs)),
    cpuMs: median(starts.map(({ cpuMs }) => cpuMs)),
  });
  return { node: node.version, shipped: mediansOf(shipped), withoutSdk: mediansOf(withoutSdk) };
}
