import { accessSync, constants, mkdirSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { environmentVariables, recordFormats } from '../lambda/contract/settings.ts';
import { type Faults, parseFaults } from '../lib/emulator/faults.ts';
import { quotas } from '../lib/emulator/quota.ts';
import { forgetLastRun, lastRunPath, writeLastRun } from '../lib/local/last-run.ts';
import { FunctionError, runLocally } from '../lib/local/run.ts';
import { summarize } from '../lib/local/summary.ts';
import { outliveReaders } from '../lib/terminal/command.ts';
import { showProgress } from '../lib/terminal/progress.ts';

const { maxCount, eventsPerSecond } = environmentVariables;

const command = new Command('npm start --')
  .description('Runs the producer on this machine, with no AWS account.')
  .option(
    '--count <number>',
    `events to send, 1 to ${maxCount.default} (default: 100)`,
    wholeNumber(1, maxCount.default, 5_000),
  )
  .option('--run-id <id>', 'names the run: the same id sends the same UUIDs (default: a new one)', parseRunId)
  .addOption(
    new Option('--record-format <format>', 'shape of the records').choices(recordFormats).default('ndjson'),
  )
  .option('--output <directory>', 'where the bucket goes', '.local')
  .option(
    '--events-per-second <number>',
    'steady rate (default: as fast as Firehose takes them)',
    wholeNumber(eventsPerSecond.min, eventsPerSecond.max, eventsPerSecond.example),
  )
  .option('--timeout <seconds>', "the function's timeout, 3 to 900", wholeNumber(3, 900, 10))
  .addOption(
    new Option('--quota <name>', "keep to a stream's quota in AWS")
      .choices([...Object.keys(quotas), 'none'])
      .default('none'),
  )
  .option(
    '--faults <list>',
    'make Firehose misbehave: throttle=0.3,error=0.05,reset=0.02,latency=20,outage=5s@3s',
    parseFaultList,
  )
  .option('--fault-seed <number>', 'which run of bad luck', wholeNumber(0, 4_294_967_295, 7), 1)
  .option('--json', 'print one JSON document, {"report", "output"}, instead of the summary')
  .allowExcessArguments(false)
  .exitOverride();

const stop = new AbortController();
const progress = showProgress(process.stderr, stop.signal);
process.once('SIGINT', () => stop.abort(130)).once('SIGTERM', () => stop.abort(143));

outliveReaders();

try {
  const options = command.parse().opts();
  const { count, runId, recordFormat, timeout, quota, json } = options;
  checkOutput(options.output);
  await forgetLastRun();
  const run = await runLocally({
    payload: { count, runId, eventsPerSecond: options.eventsPerSecond },
    context: { recordFormat, ...(timeout && { timeout: String(timeout) }) },
    outputDirectory: options.output,
    faults: options.faults,
    faultSeed: options.faultSeed,
    ...(quota !== 'none' && { quota: quotas[quota as keyof typeof quotas] }),
    ...progress,
    signal: stop.signal,
  }).finally(progress.end);
  await writeLastRun(run).catch((error: Error) => {
    console.error(`warning: ${lastRunPath} was not written: ${error.message}`);
  });
  console.log(json ? JSON.stringify({ report: run.report, output: run.output }) : summarize(run));
  process.exitCode = run.report.eventsUndelivered === 0 ? 0 : 1;
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function wholeNumber(min: number, max: number, example: number): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max) {
      throw new InvalidArgumentError(
        `Expected a whole number from ${min} to ${max}, for example ${example}.`,
      );
    }
    return Number(text);
  };
}

function parseFaultList(text: string): Faults {
  try {
    return parseFaults(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function parseRunId(text: string): string {
  if (!/^[^\p{Cc}\p{Cs}]{1,256}$/u.test(text)) {
    throw new InvalidArgumentError(
      'Expected 1 to 256 characters without control characters, for example run-1.',
    );
  }
  return text;
}

/** Checked for the default too, before anything takes time. */
function checkOutput(directory: string): void {
  const refuse = (reason: string) =>
    command.error(`error: option '--output <directory>' argument '${directory}' is invalid. ${reason}`);
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    refuse(`Expected a directory to write to: ${(error as Error).message}`);
  }
}

/**
 * 2 for a bad option, 1 for a failure, 130 and 143 for a run that was stopped; commander has printed its own errors
 * already.
 */
function exitCodeOf(error: unknown): number {
  if (stop.signal.aborted) {
    console.error('Stopped.');
    return stop.signal.reason;
  }
  if (error instanceof CommanderError) {
    if (error.code === 'commander.excessArguments') {
      console.error('Put options after --, for example: npm start -- --count 5');
    }
    return error.exitCode === 0 ? 0 : 2;
  }
  console.error(`error: ${(error as Error).message}`);
  return error instanceof FunctionError && error.errorType === 'InvalidPayloadError' ? 2 : 1;
}
