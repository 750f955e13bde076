import { existsSync, readFileSync } from 'node:fs';

/**
 * The process that one producer is measured in: nothing else runs there, so that its CPU time and its memory are the
 * producer's.
 */

/** What the process is told to do. */
export interface Task {
  /** Module beside this one, such as `shipped`. */
  readonly module: string;
  /** Its export to call, a {@link Workload}. */
  readonly workload: string;
  /** How many events. */
  readonly events: number;
}

/** What a workload works with. */
export interface WorkloadOptions {
  /** How many events. */
  readonly events: number;
  /** Runs what is to be measured, once; what comes before and after isn't. */
  readonly measure: <Result>(work: () => Promise<Result> | Result) => Promise<Result>;
}

/** What a workload says of itself, to be compared with what the endpoint took. */
export interface WorkloadResult {
  /** Events sent. */
  readonly events: number;
  /** Checksum of their UUIDs, as a {@link Tally} has it. */
  readonly checksum: number;
}

/** Something to measure. */
export type Workload = (options: WorkloadOptions) => Promise<WorkloadResult>;

/** What was measured. */
export interface Measured extends WorkloadResult {
  /** How long it took. */
  readonly durationMs: number;
  /** CPU time that it took, of all threads, the kernel's included. */
  readonly cpuMicros: number;
  /** The process's memory at its peak. */
  readonly peakRssMiB: number;
}

/** What the process responds to a {@link Task} with. */
export type Outcome = { readonly measured: Measured } | { readonly error: string };

/** Linux's own count where there is one: `resourceUsage` starts from the memory of the process that spawned this one. */
function peakRssMiB(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibibytes ?? process.resourceUsage().maxRSS) / 1_024;
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
  return { ...result, durationMs, cpuMicros, peakRssMiB: peakRssMiB() };
}

process.on('message', (task: Task) => {
  run(task).then(
    (measured) => process.send?.({ measured } satisfies Outcome),
    (error: Error) => process.send?.({ error: error.stack ?? String(error) } satisfies Outcome),
  );
});
