import { Command, InvalidArgumentError, Option } from 'commander';
import { type ProducerSettings, recordFormats, type SettingName } from '../../lambda/contract/settings.ts';
import { quotas } from '../aws/quotas.ts';
import { type Faults, faultsExample, parseFaults } from '../emulator/faults.ts';
import { runIdArgument, settingOption, wholeNumberArgument } from '../terminal/options.ts';
import type { LocalRunOptions } from './run.ts';

/** The settings that are options of `npm start`, and reach the stack as CDK context. */
const contextSettings = [
  'maxCount',
  'eventsPerSlice',
  'concurrency',
  'maxRequestBytes',
  'maxAttempts',
  'maxConcurrency',
  'timeout',
  'memorySize',
] as const satisfies readonly SettingName[];

/** What a person asked `npm start` for. */
export interface StartOptions
  extends Partial<Pick<ProducerSettings, 'count' | 'eventsPerSecond'>>,
    Partial<Record<(typeof contextSettings)[number], number>> {
  readonly runId?: string;
  readonly recordFormat: string;
  readonly output: string;
  readonly quota: keyof typeof quotas | 'none';
  readonly faults?: Faults;
  readonly faultSeed: number;
  readonly json?: true;
}

/** The command `npm start`. */
export function createStartCommand(): Command {
  const command = new Command('npm start --')
    .description('Runs the producer on this machine, with no AWS account.')
    .addOption(settingOption('count', 'events to send'))
    .option(
      '--run-id <id>',
      'names the run: the same id sends the same UUIDs (default: a new one)',
      runIdArgument,
    )
    .addOption(
      new Option('--record-format <format>', 'shape of the records')
        .choices(recordFormats)
        .default(recordFormats[0]),
    )
    .addOption(settingOption('eventsPerSecond', 'steady rate; without one, as fast as Firehose takes them'));
  for (const name of contextSettings) {
    command.addOption(settingOption(name));
  }
  return command
    .addOption(
      new Option('--quota <name>', "keep to a stream's quota in AWS")
        .choices([...Object.keys(quotas), 'none'])
        .default('none'),
    )
    .option('--faults <list>', `make Firehose misbehave, with queue= SQS: ${faultsExample}`, faultsArgument)
    .option('--fault-seed <number>', 'which run of bad luck', wholeNumberArgument(faultSeed), 1)
    .option('--output <directory>', 'where the bucket goes', '.local')
    .option('--json', 'print one JSON document, {"report", "output"}, instead of the summary');
}

/** The local run that a person asked for. */
export function toLocalRun(
  options: StartOptions,
): Pick<LocalRunOptions, 'payload' | 'context' | 'outputDirectory' | 'faults' | 'faultSeed' | 'quota'> {
  const { count, runId, eventsPerSecond, recordFormat, output, quota, faults, faultSeed: seed } = options;
  const given = contextSettings.filter((name) => options[name] !== undefined);
  return {
    payload: {
      ...(count && { count }),
      ...(runId !== undefined && { runId }),
      ...(eventsPerSecond && { eventsPerSecond }),
    },
    context: { recordFormat, ...Object.fromEntries(given.map((name) => [name, String(options[name])])) },
    outputDirectory: output,
    faultSeed: seed,
    ...(faults && { faults }),
    ...(quota !== 'none' && { quota: quotas[quota] }),
  };
}

const faultSeed = { min: 0, max: 2 ** 32 - 1, example: 7 };

function faultsArgument(text: string): Faults {
  try {
    return parseFaults(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
