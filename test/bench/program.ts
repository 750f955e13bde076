import { readdirSync } from 'node:fs';
import { Command } from 'commander';
import { synthesize } from '../../lib/commands/start/synth.ts';
import { readLocalStack } from '../../lib/commands/start/template.ts';
import { defaultStackName } from '../../lib/stack/outputs.ts';
import { readTemplateFile } from '../../lib/template/template-file.ts';
import { runCommand } from '../../lib/terminal/command.ts';
import { writePage } from './page.ts';
import { benchmarkProver } from './prover-speed.ts';
import { runBenchmark } from './run.ts';
import { formatBenchmark, toJson } from './tables.ts';
import { benchmarkTemplates, type MeasuredTemplate } from './template-speed.ts';
import { benchmarkVerify } from './verify-speed.ts';

const command = new Command('npm run bench --')
  .description('Measures the producer, and what it is compared with, on this machine.')
  .option('--quick', 'only the rows, with less to do: under 40 s', false)
  .option('--json', 'print one JSON document, {"node", "cores", "rows"}, instead of the tables')
  .option('--page', 'write docs/benchmarks.md and its plot, too')
  .option('--verify', 'instead: how fast verify is, and how much memory it needs')
  .option('--prover', 'instead: the same of the deployed prover, which reads an embedded S3')
  .option('--templates', 'instead: how long the events of docs/events take');

await runCommand<{
  quick: boolean;
  json?: true;
  page?: true;
  verify?: true;
  prover?: true;
  templates?: true;
}>(
  command,
  async ({ quick, json, page, verify, prover, templates }) => {
    if (templates) {
      return (await benchmarkTemplates(templatesOfDocs(), console.log)) ? 0 : 1;
    }
    if (prover) {
      const holds = await benchmarkProver({
        print: console.log,
        prepare: async (directory, recordFormat) => {
          await synthesize(directory, { recordFormat });
          const stack = await readLocalStack(directory, defaultStackName);
          return { prover: stack.prover!.function, deliveryStream: stack.deliveryStream };
        },
      });
      return holds ? 0 : 1;
    }
    if (verify) {
      return (await benchmarkVerify(console.log)) ? 0 : 1;
    }
    const benchmark = await runBenchmark({
      quick,
      onProgress: (line) => console.error(line),
      prepareFunction: async (directory) => {
        await synthesize(directory, {});
        return (await readLocalStack(directory, defaultStackName)).producer.function;
      },
    });
    if (page) {
      await writePage(benchmark, 'docs');
    }
    console.log(json ? JSON.stringify(toJson(benchmark)) : formatBenchmark(benchmark));
    return 0;
  },
  { failureStatus: () => 1, example: 'npm run bench -- --quick' },
);

function templatesOfDocs(): MeasuredTemplate[] {
  return readdirSync('docs/events').map((name) => {
    const file = `docs/events/${name}`;
    return { file, needsWords: readTemplateFile(file).needsWords, isPromised: name === 'iot-sensor.json' };
  });
}
