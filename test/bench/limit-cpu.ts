import { readdirSync, readFileSync } from 'node:fs';

/** How often the CPU time is looked at. */
const intervalMs = 1;

/**
 * Whether a process has to wait, so that it never gets more than its share of a core.
 *
 * @param share Cores, such as 0.29.
 */
export function hasToWait(cpuMs: number, elapsedMs: number, share: number): boolean {
  return cpuMs > elapsedMs * share;
}

/** CPU time of a process so far, of all its threads; `undefined` once it has ended, or where there is no `/proc`. */
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

/**
 * Holds a process of ours to a share of a core from now on, the way `cpulimit` does: a thousand times a second it is stopped or
 * continued, as its CPU time since then is over or under the share of the time that has passed. Needs no privileges.
 *
 * @returns what ends it.
 */
export function limitCpu(pid: number, share: number): () => void {
  const startedMs = performance.now();
  const cpuBeforeMs = cpuMsOf(pid) ?? 0;
  let waiting = false;
  const timer = setInterval(() => {
    const cpuMs = cpuMsOf(pid);
    if (cpuMs === undefined) {
      return;
    }
    const wait = hasToWait(cpuMs - cpuBeforeMs, performance.now() - startedMs, share);
    if (wait !== waiting) {
      waiting = wait;
      signal(pid, wait ? 'SIGSTOP' : 'SIGCONT');
    }
  }, intervalMs);
  return () => clearInterval(timer);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
}
