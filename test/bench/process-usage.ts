import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

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
