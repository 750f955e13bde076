import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type SettingName, settings } from '../../../lambda/contract/deployment-settings.ts';
import { recordFormats } from '../../../lambda/contract/record-format.ts';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import { mergeSlices, type SlicePair } from '../../../lambda/contract/slice.ts';
import { quotas } from '../../aws/quotas.ts';
import { type Faults, faultsExample, parseFaults } from '../../emulator/faults.ts';
import { readTemplateFile, TemplateFileError } from '../../template/template-file.ts';
import { UsageError } from '../../terminal/command.ts';
import { commandUsage } from '../../terminal/command-line.ts';
import { runIdOption, settingOption, sourceOption, wholeNumberArgument } from '../../terminal/options.ts';
import { quoteForShell } from '../../terminal/text.ts';
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

export interface StartOptions
  extends Partial<Pick<ProducerSettings, 'count' | 'eventsPerSecond'>>,
    Partial<Record<(typeof contextSettings)[number], number>> {
  readonly runId?: string;
  readonly slices?: readonly SlicePair[];
  readonly event?: string;
  readonly recordFormat: string;
  readonly source?: 'kinesis';
  readonly output: string;
  readonly quota: keyof typeof quotas | 'none';
  readonly faults?: Faults;
  readonly faultSeed: number;
  readonly clean?: true;
  readonly json?: true;
}

/** Adds the options of `start`. */
export function addStartOptions(command: Command): Command {
  command
    .addOption(settingOption('count', 'events to send'))
    .addOption(runIdOption())
    .addOption(
      new Option(
        '--slices <list>',
        'only these slices of a run, such as 0:451,902:1353 for events 0 to 450 and 902 to 1352',
      )
        .argParser(slicesArgument)
        .conflicts('count'),
    )
    .option('--event <file>', 'file with a template of your events, such as docs/events/iot-sensor.json')
    .addOption(
      new Option('--record-format <format>', 'shape of the records')
        .choices(recordFormats)
        .default(recordFormats[0]),
    )
    .addOption(sourceOption())
    .addOption(
      settingOption('eventsPerSecond', 'steady rate; without one, as fast as the stream takes them'),
    );
  for (const name of contextSettings) {
    command.addOption(settingOption(name));
  }
  return command
    .addOption(
      new Option('--quota <name>', "keep to a stream's quota in AWS; with --source, to that of its shards")
        .choices([...Object.keys(quotas), 'none'])
        .default('none'),
    )
    .option('--faults <list>', `make the stream misbehave, with queue= SQS: ${faultsExample}`, faultsArgument)
    .option('--fault-seed <number>', 'which run of bad luck', wholeNumberArgument(faultSeed), 1)
    .option('--output <directory>', 'where the bucket goes', defaultOutput)
    .addOption(
      new Option(
        '--clean',
        'first remove what earlier runs left: objects and buffered records in --output, and .local/runs',
      ).conflicts('slices'),
    )
    .option('--json', 'print one JSON document, {"report", "output", "proof"}, instead of the summary');
}

/** @throws UsageError if the event template is invalid, slices lack the run's id, or events are beyond `maxCount`. */
export function toLocalRun(options: StartOptions): Omit<LocalRunOptions, 'onStep' | 'onProgress'> {
  checkEnd(options);
  checkEvent(options);
  const { count, eventsPerSecond, event, recordFormat, source, slices, quota, faults, maxCount } = options;
  const given = contextSettings.filter((name) => options[name] !== undefined);
  return {
    payload: {
      ...(count && { count }),
      runId: options.runId ?? randomUUID(),
      ...(eventsPerSecond && { eventsPerSecond }),
    },
    context: {
      recordFormat,
      ...(source && { source }),
      ...(event !== undefined && { event: resolve(event) }),
      ...Object.fromEntries(given.map((name) => [name, String(options[name])])),
      // That of the schedule may not be above a lower maxCount either.
      ...(maxCount && maxCount < settings.count.default && { count: String(maxCount) }),
    },
    outputDirectory: options.output,
    faultSeed: options.faultSeed,
    ...(options.clean && { clean: true }),
    ...(slices && { slices }),
    ...(faults && { faults }),
    ...(quota !== 'none' && { quota: quotas[quota] }),
  };
}

/** The command that runs the same stack, on the same directory, without faults. */
export function repeatCommand({ event, recordFormat, source, output, maxCount }: StartOptions): string {
  return [
    commandUsage('start'),
    ...(recordFormat === recordFormats[0] ? [] : [`--record-format ${recordFormat}`]),
    ...(source === undefined ? [] : [`--source ${source}`]),
    ...(event === undefined ? [] : [`--event ${quoteForShell(event)}`]),
    ...(maxCount === undefined ? [] : [`--max-count ${maxCount}`]),
    ...(output === defaultOutput ? [] : [`--output ${quoteForShell(output)}`]),
  ].join(' ');
}

/** Checks the template before anything is started. @throws UsageError naming each problem and its place. */
function checkEvent({ event }: StartOptions): void {
  try {
    if (event !== undefined) {
      readTemplateFile(event);
    }
  } catch (error) {
    throw error instanceof TemplateFileError ? new UsageError(error.message) : error;
  }
}

function checkEnd({ count = 0, slices, runId, maxCount = settings.maxCount.default }: StartOptions): void {
  if (slices && runId === undefined) {
    throw new UsageError('--slices are of a run: give --run-id too');
  }
  const [given, end] = slices ? ['--slices ends at', slices.at(-1)![1]] : ['--count is', count];
  if (end > maxCount) {
    const remedy = `Raise it, for example --max-count ${end}`;
    throw new UsageError(`${given} ${end}: expected at most --max-count, ${maxCount}. ${remedy}`);
  }
}

function slicesArgument(text: string): SlicePair[] {
  const pairs = text.split(',').map((part) => {
    const [, from, to] = /^(\d{1,15}):(\d{1,15})$/.exec(part) ?? [];
    if (from === undefined || Number(from) >= Number(to)) {
      throw new InvalidArgumentError(
        'Expected slices FROM:TO, which end before event TO, for example 0:451,902:1353.',
      );
    }
    return { from: Number(from), to: Number(to) };
  });
  return mergeSlices(pairs);
}

const defaultOutput = '.local';

const faultSeed = { min: 0, max: 2 ** 32 - 1, example: 7 };

function faultsArgument(text: string): Faults {
  try {
    return parseFaults(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
