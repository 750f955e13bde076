import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { forecast } from '../lib/simulation/forecast.ts';
import { simulate } from '../lib/simulation/simulate.ts';

const command = new Command('npm run simulate --')
  .description('Runs the producer in simulated worlds, and judges what came of it.')
  .option('--seeds <number>', 'how many worlds', parseWholeNumber, 1_000)
  .option('--from <number>', 'the first one', parseWholeNumber, 1)
  .option('--seed <number>', 'this one only', parseWholeNumber)
  .option('--forecast <events>', 'instead: what a run of so many events would take in AWS', parseWholeNumber)
  .allowExcessArguments(false)
  .exitOverride();

try {
  const options = command.parse().opts<{ seeds: number; from: number; seed?: number; forecast?: number }>();
  const { from, seeds } = options.seed === undefined ? options : { from: options.seed, seeds: 1 };
  if (options.forecast !== undefined) {
    console.log(await forecast(options.forecast));
  } else if ((await runSeeds(from, seeds)) > 0) {
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof CommanderError)) {
    throw error;
  }
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

async function runSeeds(from: number, seeds: number): Promise<number> {
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
    if (done % 1_000 === 0 || done === seeds) {
      const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0);
      console.log(
        `${done} of ${seeds} seeds in ${seconds} s: ${failed} failed; ${invocations} invocations, ${events} events`,
      );
    }
  }
  return failed;
}

function parseWholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) < 1) {
    throw new InvalidArgumentError('Expected a whole number from 1, for example 1000.');
  }
  return Number(text);
}
