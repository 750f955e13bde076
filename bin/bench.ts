import { Command, CommanderError } from 'commander';
import { writePage } from '../lib/bench/page.ts';
import { runBenchmark } from '../lib/bench/run.ts';
import { formatBenchmark, toJson } from '../lib/bench/tables.ts';

const command = new Command('npm run bench --')
  .description('Measures the producer, and what it is compared with, on this machine.')
  .option('--quick', 'only the rows, with less to do: under 40 s', false)
  .option('--json', 'print one JSON document, {"node", "cores", "rows"}, instead of the tables')
  .option('--page', 'write docs/benchmarks.md and its plot, too')
  .allowExcessArguments(false)
  .showSuggestionAfterError(false)
  .exitOverride();

try {
  const { quick, json, page } = command.parse().opts<{ quick: boolean; json?: true; page?: true }>();
  const benchmark = await runBenchmark({ quick, onProgress: (line) => console.error(line) });
  if (page) {
    await writePage(benchmark, 'docs');
  }
  console.log(json ? JSON.stringify(toJson(benchmark)) : formatBenchmark(benchmark));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
