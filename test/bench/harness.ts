import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { variables } from '../../lambda/contract/variables.ts';
import { functionEnvironment } from '../../lib/emulator/lambda/runtime.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { scriptOptions } from '../../lib/package/script-options.ts';
import type { AwsConditions, EndpointOptions } from './endpoint-process.ts';
import type { Measured, Task } from './measured-process.ts';
import { limitCpu } from './process-usage.ts';
import type { Tally } from './tally.ts';

const boto3Script = fileURLToPath(new URL('./one-by-one.py', import.meta.url));

export interface Experiment extends Task {
  /** Events of an unmeasured round before, in the same process. @default 0 */
  readonly warmUpEvents?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of the bundle. @default - the shipped bundle */
  readonly assetDirectory?: string;
  /** CPU limit of the measured round, such as 0.29. @default - none */
  readonly cores?: number;
}

export interface Observation extends Measured {
  readonly received: Tally;
}

export async function inTemporaryDirectory<Result>(
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'firehose-event-producer-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Measures all subjects in each round, so that a disturbance affects all of them. Returns each subject's results. */
export async function inTurns<Subject, Result>(
  rounds: number,
  subjects: readonly Subject[],
  measure: (subject: Subject, round: number) => Promise<Result>,
): Promise<Result[][]> {
  const results: Result[][] = subjects.map(() => []);
  for (let round = 1; round <= rounds; round += 1) {
    for (const [place, subject] of subjects.entries()) {
      results[place]!.push(await measure(subject, round));
    }
  }
  return results;
}

/** Compiles the programs of the measured processes: a loader in these processes would count as their work. */
export async function buildPrograms(directory: string): Promise<void> {
  const workloads = ['functions', 'baselines', 'stages'];
  const names = ['endpoint-process', 'measured-process', ...workloads.map((name) => `workloads/${name}`)];
  await build({
    ...scriptOptions,
    entryPoints: names.map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url))),
    entryNames: '[name]',
    outdir: directory,
    outExtension: { '.js': '.mjs' },
  });
}

/** Starts an endpoint in its own process. @param directory Folder of the compiled programs. */
export async function startEndpoint(directory: string, options: EndpointOptions) {
  const child = spawn(process.execPath, [join(directory, 'endpoint-process.mjs'), JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    url: (await nextMessage(child)) as string,
    pid: child.pid!,
    takeTally: async () => {
      child.send('take');
      return (await nextMessage(child)) as Tally;
    },
    close: () => child.kill('SIGKILL'),
  };
}

/** Measures once, in a new process. @throws Error if the workload fails. */
export async function measureOnce(
  directory: string,
  settings: FunctionSettings,
  endpointUrl: string,
  experiment: Experiment,
  afterWarmUp: () => Promise<unknown> = async () => {},
): Promise<Measured> {
  const { warmUpEvents = 0, cores, environment, assetDirectory = settings.assetDirectory } = experiment;
  const { module, workload, events } = experiment;
  const changed = { ...settings, assetDirectory, environment: { ...settings.environment, ...environment } };
  const child = spawn(
    process.execPath,
    // Lambda gives this share of the memory setting to V8's heap.
    [`--max-old-space-size=${Math.floor(settings.memoryMiB * 0.9)}`, join(directory, 'measured-process.mjs')],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: functionEnvironment(changed, endpointUrl) },
  );
  try {
    if (warmUpEvents > 0) {
      await run(child, { module, workload, events: warmUpEvents });
      await afterWarmUp();
    }
    const endLimit = cores === undefined ? () => {} : limitCpu(child, cores);
    return await run(child, { module, workload, events }).finally(endLimit);
  } finally {
    child.kill('SIGKILL');
  }
}

/** The producer in front of a counting endpoint. @param directory Folder of the compiled programs. */
export async function openLaboratory(
  directory: string,
  settings: FunctionSettings,
  conditions?: AwsConditions,
) {
  const endpoint = await startEndpoint(directory, {
    deliveryStreamName: settings.environment.DELIVERY_STREAM_NAME ?? '',
    proofQueueName: settings.environment[variables.proofQueueUrl]?.split('/').at(-1) ?? '',
    ...(conditions && { conditions }),
  });
  return {
    /** @throws Error if the endpoint did not receive exactly the events that the workload sent. */
    async measure(experiment: Experiment): Promise<Observation> {
      const { takeTally, url } = endpoint;
      const sent = await measureOnce(directory, settings, url, experiment, takeTally);
      const received = await takeTally();
      if (sent.events !== received.events || sent.checksum !== received.checksum) {
        throw new Error(
          `${experiment.workload}: the endpoint received ${received.events} events with checksum ` +
            `${received.checksum}, expected ${sent.events} with ${sent.checksum}`,
        );
      }
      return { ...sent, received };
    },

    /** Runs `one-by-one` in boto3. It computes no checksum, so only the number of events is checked. */
    async measureBoto3(events: number): Promise<Observation> {
      const environment = functionEnvironment(settings, endpoint.url);
      const { DELIVERY_STREAM_NAME: stream = '', AWS_REGION: region = '' } = environment;
      const { stdout } = await promisify(execFile)('python3', [boto3Script, stream, String(events)], {
        env: { ...process.env, ...environment, AWS_DEFAULT_REGION: region },
      });
      const received = await endpoint.takeTally();
      if (received.events !== events) {
        throw new Error(`one-by-one.py: the endpoint received ${received.events} events, expected ${events}`);
      }
      return { ...JSON.parse(stdout), received };
    },

    close: endpoint.close,
  };
}

export type Laboratory = Awaited<ReturnType<typeof openLaboratory>>;

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const stopWaiting = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', stopWaiting).then(([message]) => message),
      once(child, 'exit', stopWaiting).then(() => {
        throw new Error(`${child.spawnargs.join(' ')} failed; its error is above`);
      }),
    ]);
  } finally {
    stopWaiting.abort();
  }
}

async function run(child: ChildProcess, task: Task): Promise<Measured> {
  child.send(task);
  return (await nextMessage(child)) as Measured;
}
