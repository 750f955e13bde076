import { peakRssMiB } from './process-usage.ts';

/** The process of one measurement. Nothing else runs in it, so its CPU time and memory are those of the workload. */

export interface Task {
  /** Module beside this one, such as `functions`. */
  readonly module: string;
  readonly workload: string;
  readonly events: number;
}

/** Totals of the workload, to compare with those of the endpoint. */
export interface WorkloadResult {
  readonly events: number;
  /** Sum of the hashes of the UUIDs, see {@link Tally}. */
  readonly checksum: number;
}

/** Code to measure. It calls `measure` once; the work before and after that call does not count. */
export type Workload = (options: {
  readonly events: number;
  readonly measure: <Result>(work: () => Promise<Result> | Result) => Promise<Result>;
}) => Promise<WorkloadResult>;

export interface Measured extends WorkloadResult {
  readonly durationMs: number;
  /** CPU time of all threads, the kernel's share included. */
  readonly cpuMicros: number;
  readonly peakRssMiB: number;
}

async function run({ module, workload, events }: Task): Promise<Measured> {
  let durationMs = 0;
  let cpuMicros = 0;
  const measure = async <Result>(work: () => Promise<Result> | Result): Promise<Result> => {
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    const result = await work();
    durationMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(cpu);
    cpuMicros = user + system;
    return result;
  };
  const workloads: Record<string, Workload> = await import(new URL(`./${module}.mjs`, import.meta.url).href);
  const result = await workloads[workload]!({ events, measure });
  const peakMiB = peakRssMiB('/proc/self/status') ?? process.resourceUsage().maxRSS / 1_024;
  return { ...result, durationMs, cpuMicros, peakRssMiB: peakMiB };
}

// An error ends the process, after Node has printed it.
process.on('message', async (task: Task) => process.send?.(await run(task)));
