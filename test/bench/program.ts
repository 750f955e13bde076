import { availableParallelism, loadavg } from 'node:os';
import { Command } from 'commander';
import { runCommand } from '../../lib/terminal/command.ts';
import { measureHostile } from '../prover/hostile/in-real-time.ts';
import { runBenchmark } from './benchmark.ts';
import { formatBenchmark, writePage } from './page.ts';
import { measureProver } from './prover.ts';
import { toJson } from './rows.ts';
import { formatSections } from './section.ts';
import { measureTemplates } from './templates.ts';
import { measureVerify } from './verify.ts';

const modes = {
  verify: measureVerify,
  prover: measureProver,
  templates: measureTemplates,
  hostile: measureHostile,
};

const command = new Command('npm run bench --')
  .description('Measures the producer, and other producers to compare it with, on this machine.')
  .option('--quick', 'only the rows, with fewer events: under 40 s', false)
  .option('--json', 'print one JSON document, {"node", "cores", "rows"}, instead of the tables')
  .option('--page', 'also write docs/benchmarks.md and its plot')
  .option('--verify', 'instead: speed and memory of verify')
  .option('--prover', 'instead: speed and memory of the deployed prover, with an embedded S3')
  .option('--templates', 'instead: time to make and prove the events of docs/events')
  .option('--hostile', 'instead: time and memory of the deployed prover in 100 hostile cases, at 0.29 cores');

type Options = { quick: boolean; json?: true; page?: true } & { [Mode in keyof typeof modes]?: true };

await runCommand<Options>(
  command,
  async ({ quick, json, page, ...options }) => {
    const onProgress = (line: string) => console.error(line);
    const [mode] = Object.entries(modes).flatMap(([name, measure]) =>
      options[name as keyof typeof modes] ? [measure] : [],
    );
    if (mode) {
      const [load = 0] = loadavg();
      console.log(`${availableParallelism()} cores, load ${load.toFixed(1)}, Node ${process.version}`);
      const section = await mode(onProgress);
      console.log(formatSections([section]));
      return section.targets.every(({ reached }) => reached) ? 0 : 1;
    }
    const benchmark = await runBenchmark({ quick, onProgress });
    if (page) {
      await writePage(benchmark, 'docs');
    }
    console.log(json ? JSON.stringify(toJson(benchmark)) : formatBenchmark(benchmark));
    return 0;
  },
  { failureStatus: 1, example: 'npm run bench -- --quick' },
);
