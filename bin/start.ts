import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { environmentVariables, recordFormats } from '../lambda/environment-variables.ts';
import { writeLastRun } from '../lib/local/last-run.ts';
import { FunctionError, runLocally } from '../lib/local/run.ts';
import { summarize } from '../lib/local/summary.ts';

const { maxCount } = environmentVariables;

const command = new Command('npm start --')
  .description('Runs the producer on this machine, with no AWS account.')
  .option('--count <number>', `events to send, 1 to ${maxCount.default} (default: 100)`, parseCount)
  .option('--run-id <id>', 'names the run: the same id sends the same UUIDs (default: a new one)')
  .addOption(
    new Option('--record-format <format>', 'shape of the records').choices(recordFormats).default('ndjson'),
  )
  .option('--output <directory>', 'where the bucket goes', '.local')
  .option('--json', 'print one JSON document, {"report", "output"}, instead of the summary')
  .allowExcessArguments(false)
  .exitOverride();

try {
  const { count, runId, recordFormat, output: outputDirectory, json } = command.parse().opts();
  const run = await runLocally({
    payload: { count, runId },
    context: { recordFormat },
    outputDirectory,
    assemblyDirectory: 'cdk.out',
    onProgress: (line) => console.error(line),
  });
  await writeLastRun(run);
  console.log(json ? JSON.stringify({ report: run.report, output: run.output }) : summarize(run));
  process.exitCode = run.report.eventsUndelivered === 0 ? 0 : 1;
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > maxCount.default) {
    throw new InvalidArgumentError(
      `Expected a whole number from 1 to ${maxCount.default}, for example 5000.`,
    );
  }
  return count;
}

/** 2 for a bad option, 1 for a failure; commander has printed its own errors already. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : 2;
  }
  console.error(`error: ${(error as Error).message}`);
  return error instanceof FunctionError && error.errorType === 'InvalidPayloadError' ? 2 : 1;
}
