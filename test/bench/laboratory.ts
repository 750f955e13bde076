import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { variables } from '../../lambda/contract/settings.ts';
import { functionEnvironment } from '../../lib/emulator/lambda/runtime.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { type EndpointLikeAws, type EndpointReady, takeTally } from './endpoint-process.ts';
import { limitCpu } from './limit-cpu.ts';
import type { Measured, Task } from './measured-process.ts';
import { ask, buildPrograms, nextMessage, spawnMeasured } from './programs.ts';
import type { Tally } from './tally.ts';

/** What {@link Laboratory.measure} is asked for; a workload that sends nothing says 0 events. */
export interface Experiment extends Task {
  /** Events of a first round that is not measured, in the same process. */
  readonly warmUpEvents: number;
  /** Environment variables of the function that differ from the template's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of the bundled code. @default - that of the shipped bundle */
  readonly assetDirectory?: string;
  /** Cores that the measured round has, such as 0.29. @default - all */
  readonly cores?: number;
}

/** What came of one experiment: what was measured, and what the endpoint took. */
export interface Observation extends Measured {
  /** What the endpoint took. */
  readonly received: Tally;
}

const lessonScript = fileURLToPath(new URL('./lesson.py', import.meta.url));

/** The endpoint in its own process, and a process of its own for whatever is measured against it. */
export class Laboratory {
  readonly #directory: string;
  readonly #settings: FunctionSettings;
  readonly #endpoint: ChildProcess;
  readonly #endpointUrl: string;

  private constructor(directory: string, settings: FunctionSettings, endpoint: ChildProcess, url: string) {
    this.#directory = directory;
    this.#settings = settings;
    this.#endpoint = endpoint;
    this.#endpointUrl = url;
  }

  /**
   * Starts the endpoint.
   *
   * @param directory Where the programs go that are measured.
   * @param settings The function, as the template describes it.
   * @param likeAws How the endpoint is more like AWS's. @default - plain HTTP, no quota, no latency
   */
  static async open(
    directory: string,
    settings: FunctionSettings,
    likeAws?: EndpointLikeAws,
  ): Promise<Laboratory> {
    await buildPrograms(directory, [
      'endpoint-process',
      'measured-process',
      'workloads/shipped',
      'workloads/baselines',
      'workloads/stages',
    ]);
    const stream = settings.environment.DELIVERY_STREAM_NAME ?? '';
    const proofQueue = settings.environment[variables.proofQueueUrl]?.split('/').at(-1) ?? '';
    const program = [join(directory, 'endpoint-process.mjs'), stream, proofQueue];
    const endpoint = spawn(process.execPath, [...program, ...(likeAws ? [JSON.stringify(likeAws)] : [])], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const { endpointUrl } = (await nextMessage(endpoint)) as EndpointReady;
    return new Laboratory(directory, settings, endpoint, endpointUrl);
  }

  /**
   * Measures once, in a new process.
   *
   * @throws Error if the endpoint did not take exactly the events that the workload says it sent.
   */
  async measure(experiment: Experiment): Promise<Observation> {
    const { warmUpEvents, environment, cores, ...rest } = experiment;
    const { assetDirectory = this.#settings.assetDirectory, ...task } = rest;
    const settings = {
      ...this.#settings,
      assetDirectory,
      environment: { ...this.#settings.environment, ...environment },
    };
    const child = spawnMeasured(this.#directory, settings, this.#endpointUrl);
    try {
      if (warmUpEvents > 0) {
        await ask(child, { ...task, events: warmUpEvents });
        await this.#take();
      }
      const stop = cores === undefined ? () => {} : limitCpu(child.pid!, cores);
      const measured = await ask(child, task).finally(stop);
      const received = await this.#take();
      checkReceived(task.workload, measured, received);
      return { ...measured, received };
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** Runs the lesson's program in boto3 itself; `undefined` where there is no Python with boto3. */
  async measureBoto3(events: number): Promise<Observation | undefined> {
    const environment = functionEnvironment(this.#settings, this.#endpointUrl);
    const { DELIVERY_STREAM_NAME: stream = '', AWS_REGION: region = '' } = environment;
    try {
      await promisify(execFile)('python3', ['-c', 'import boto3']);
    } catch {
      return undefined;
    }
    const { stdout } = await promisify(execFile)('python3', [lessonScript, stream, String(events)], {
      env: { ...process.env, ...environment, AWS_DEFAULT_REGION: region },
    });
    const measured: Measured = JSON.parse(stdout);
    const received = await this.#take();
    // Adding up a checksum would be work that the lesson's program doesn't do.
    checkReceived('lesson in boto3', { ...measured, checksum: received.checksum }, received);
    return { ...measured, received };
  }

  async #take(): Promise<Tally> {
    this.#endpoint.send(takeTally);
    return (await nextMessage(this.#endpoint)) as Tally;
  }

  /** Ends the endpoint. */
  close(): void {
    this.#endpoint.kill();
  }
}

function checkReceived(workload: string, sent: { events: number; checksum: number }, received: Tally): void {
  if (sent.events !== received.events || sent.checksum !== received.checksum) {
    throw new Error(
      `${workload}: the endpoint took ${received.events} events with checksum ${received.checksum}, ` +
        `sent were ${sent.events} with ${sent.checksum}`,
    );
  }
}
