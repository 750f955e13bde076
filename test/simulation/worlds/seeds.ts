import { simulate } from './simulate.ts';

/** Seeds between two lines about how far it is. */
const seedsPerLine = 1_000;

/**
 * Simulates one world a seed.
 *
 * @param print Told what failed, and how far it is.
 * @returns How many failed.
 */
export async function simulateSeeds(
  from: number,
  seeds: number,
  print: (line: string) => void,
): Promise<number> {
  const startedMs = Date.now();
  let [failed, invocations, events] = [0, 0, 0];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const verdict = await simulate(seed);
    invocations += verdict.invocations;
    events += verdict.events;
    if (verdict.violations.length > 0) {
      failed += 1;
      print(`seed ${seed}: ${verdict.violations.join('; ')}\n  npm run simulate -- --seed ${seed}`);
    }
    const done = seed - from + 1;
    if (done % seedsPerLine === 0 || done === seeds) {
      const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0);
      print(
        `${done} of ${seeds} seeds in ${seconds} s: ${failed} failed; ${invocations} invocations, ${events} events`,
      );
    }
  }
  return failed;
}
