import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { producerSettings } from '../../lambda/contract/settings.ts';
import { synthesize } from '../../lib/commands/start/synth.ts';
import { readLocalStack } from '../../lib/commands/start/template.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { defaultStackName } from '../../lib/stack/outputs.ts';
import { measureAsInLambda } from './as-in-lambda.ts';
import { buildWithZlib, inspectBundle } from './bundle.ts';
import { measureColdStarts } from './cold-start.ts';
import { type Contender, contenders, type RowName, rowNames } from './contenders.ts';
import { measureNecessaryWork, measureScaling, measureStages } from './details.ts';
import { buildPrograms, type Experiment, inTemporaryDirectory, inTurns, openLaboratory } from './harness.ts';
import type { Section } from './section.ts';
import { type Figures, figuresOf, ratioOf, recordOf } from './statistics.ts';

export interface BenchmarkOptions {
  /** Only the rows, with fewer events. */
  readonly quick: boolean;
  /** Divides the number of events, and reduces the repetitions to one: for tests. @default 1 */
  readonly divisor?: number;
  readonly onProgress: (line: string) => void;
}

export interface Benchmark {
  readonly node: string;
  readonly cores: number;
  readonly rows: Readonly<Record<RowName, Figures>>;
  /** `one-by-one` in boto3; missing without Python and boto3. */
  readonly boto3?: Figures;
  /** Events per second of `ours-ndjson` as a multiple of each row's: medians of the repetitions' ratios. */
  readonly oursTimes: Readonly<Record<RowName, number>>;
  /** Missing after a quick run. */
  readonly details?: readonly Section[];
}

const repetitions = { quick: 3, full: 5 };
const boto3Events = { quick: 150, full: 600 };

export async function runBenchmark(options: BenchmarkOptions): Promise<Benchmark> {
  const { quick, divisor = 1, onProgress } = options;
  return inTemporaryDirectory(async (directory) => {
    onProgress('Synthesizing the stack, to measure the code that is deployed ...');
    const assembly = join(directory, 'cdk.out');
    await synthesize(assembly, {});
    const settings = inOneInvocation((await readLocalStack(assembly, defaultStackName)).producer.function);
    const zlibDirectory = join(directory, 'with-zlib');
    await buildPrograms(directory);
    await buildWithZlib(zlibDirectory);

    const size = quick ? 'quick' : 'full';
    const rounds = divisor > 1 ? 1 : repetitions[size];
    const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
    const laboratory = await openLaboratory(directory, settings);
    try {
      const subjects = [...rowNames, ...(hasBoto3 ? (['boto3'] as const) : [])];
      const observed = await inTurns(rounds, subjects, (name, round) => {
        onProgress(`Round ${round} of ${rounds}: ${name}`);
        return name === 'boto3'
          ? laboratory.measureBoto3(Math.ceil(boto3Events[size] / divisor))
          : laboratory.measure(experimentOf(contenders[name], size, divisor, zlibDirectory));
      });
      const boto3 = observed[rowNames.length];
      const ours = observed[rowNames.indexOf('ours-ndjson')]!;
      const rows = recordOf(rowNames, (_, place) => figuresOf(observed[place]!));
      const details = async () => {
        onProgress('Stages alone');
        const stages = [await measureStages(laboratory), await measureNecessaryWork(laboratory, rows)];
        onProgress('More and more events');
        const scaling = await measureScaling(laboratory);
        onProgress('Cold starts');
        const coldStarts = await measureColdStarts(directory, settings);
        const asInLambda = await measureAsInLambda(directory, settings, onProgress);
        const bundle = await inspectBundle(join(directory, 'inspected'));
        return [...stages, asInLambda, scaling, coldStarts, bundle];
      };
      return {
        node: process.version,
        cores: availableParallelism(),
        rows,
        ...(boto3 && { boto3: figuresOf(boto3) }),
        oursTimes: recordOf(rowNames, (_, place) => ratioOf(ours, observed[place]!)),
        ...(!quick && { details: await details() }),
      };
    } finally {
      laboratory.close();
    }
  });
}

/** Allows a run of any size in one invocation: the benchmark does not measure the work queue. */
function inOneInvocation(deployed: FunctionSettings): FunctionSettings {
  const { variable, max } = producerSettings.eventsPerSlice;
  return { ...deployed, environment: { ...deployed.environment, [variable]: String(max) } };
}

function experimentOf(
  { events, usesZlib, description: _, ...contender }: Contender,
  size: 'quick' | 'full',
  divisor: number,
  zlibDirectory: string,
): Experiment {
  const count = Math.ceil(events[size] / divisor);
  return {
    ...contender,
    events: count,
    warmUpEvents: Math.ceil(count / 4),
    ...(usesZlib && { assetDirectory: zlibDirectory }),
  };
}
