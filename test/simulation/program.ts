import { Command } from 'commander';
import { runCommand } from '../../lib/terminal/command.ts';
import { wholeNumberArgument } from '../../lib/terminal/options.ts';
import { runCases } from '../prover/hostile/run-case.ts';
import { formatPacing } from './worlds/pacing.ts';
import { simulate } from './worlds/simulate.ts';

const number = wholeNumberArgument({ min: 1, max: 1_000_000_000_000, example: 1_000 });

const seedsPerLine = 1_000;

/** Simulates a world for each seed, prints failures and progress, and returns the number of failures. */
async function simulateSeeds(from: number, seeds: number): Promise<number> {
  const startedMs = Date.now();
  let [failed, invocations, events] = [0, 0, 0];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const verdict = await simulate(seed);
    invocations += verdict.invocations;
    events += verdict.events;
    if (verdict.violations.length > 0) {
      failed += 1;
      console.log(`seed ${seed}: ${verdict.violations.join('; ')}\n  npm run simulate -- --seed ${seed}`);
    }
    const done = seed - from + 1;
    if (done % seedsPerLine === 0 || done === seeds) {
      const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0);
      console.log(
        `${done} of ${seeds} seeds in ${seconds} s: ${failed} failed; ${invocations} invocations, ${events} events`,
      );
    }
  }
  return failed;
}

/** Runs the prover in the case of each seed, prints what it did wrong, and returns the number of failures. */
async function simulateCases(from: number, seeds: number): Promise<number> {
  const startedMs = Date.now();
  const { violations, verdicts } = await runCases(from, seeds);
  for (const { seed, texts } of violations) {
    console.log(`seed ${seed}: ${texts.join('; ')}\n  npm run simulate -- --hostile --seed ${seed}`);
  }
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0);
  console.log(`${seeds} cases in ${seconds} s: ${violations.length} failed; ${JSON.stringify(verdicts)}`);
  return violations.length;
}

const command = new Command('npm run simulate --')
  .description('Runs the producer in simulated worlds, and checks the results.')
  .option('--seeds <number>', 'number of worlds', number, 1_000)
  .option('--from <number>', 'first seed', number, 1)
  .option('--seed <number>', 'only this seed', number)
  .option('--hostile', 'instead: the prover in cases with hostile objects, responses, claims and clocks')
  .option('--pacing', 'instead: measure how well producers share a stream');

await runCommand<{ seeds: number; from: number; seed?: number; hostile?: true; pacing?: true }>(
  command,
  async (options) => {
    if (options.pacing) {
      console.log(await formatPacing());
      return 0;
    }
    const { from, seeds } = options.seed === undefined ? options : { from: options.seed, seeds: 1 };
    const failed = await (options.hostile ? simulateCases : simulateSeeds)(from, seeds);
    return failed > 0 ? 1 : 0;
  },
  { example: 'npm run simulate -- --seeds 1000' },
);
