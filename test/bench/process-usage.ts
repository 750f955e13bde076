import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

const checkIntervalMs = 1;

/** CPU time of a process, all its threads; `undefined` after it has ended, or without `/proc`. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, ns) => sum + ns, 0) / 1e6;
  } catch {
    return undefined;
  }
}

/** Peak memory of a process from a copy of its `/proc/<pid>/status`: `resourceUsage` also counts its parent's memory. */
export function peakRssMiB(statusFile: string): number | undefined {
  const status = existsSync(statusFile) ? readFileSync(statusFile, 'utf8') : '';
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1_024;
}

export function mustWait(cpuMs: number, elapsedMs: number, cores: number): boolean {
  return cpuMs > elapsedMs * cores;
}

/**
 * Limits the CPU time of a child process to a share of a core, such as 0.29, like `cpulimit`: stops and continues it a
 * thousand times a second. Needs no privileges. Returns a function that ends the limit.
 */
export function limitCpu(child: ChildProcess, cores: number): () => void {
  const pid = child.pid!;
  const startedMs = performance.now();
  const cpuBeforeMs = cpuMsOf(pid) ?? 0;
  let waiting = false;
  const timer = setInterval(() => {
    const cpuMs = cpuMsOf(pid);
    if (cpuMs === undefined) {
      return;
    }
    const wait = mustWait(cpuMs - cpuBeforeMs, performance.now() - startedMs, cores);
    if (wait !== waiting) {
      waiting = wait;
      child.kill(wait ? 'SIGSTOP' : 'SIGCONT');
    }
  }, checkIntervalMs);
  return () => clearInterval(timer);
}

/** Period of a limit: AWS Lambda's. */
const periodMicros = 20_000;

/**
 * Limits the CPU time of a process by a control group (version 1), as Lambda does. Returns a function that ends the limit, after
 * the process has ended; `undefined` if this machine does not allow it.
 */
export function limitByCgroup(pid: number, cores: number): (() => void) | undefined {
  const group = `/sys/fs/cgroup/cpu/limit-${pid}`;
  try {
    mkdirSync(group);
    writeFileSync(`${group}/cpu.cfs_period_us`, String(periodMicros));
    writeFileSync(`${group}/cpu.cfs_quota_us`, String(Math.round(periodMicros * cores)));
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    return () => rmdirSync(group);
  } catch {
    return undefined;
  }
}
