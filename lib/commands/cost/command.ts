import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  allMonitoringLevels,
  defaultSchedule,
  type MonitoringLevel,
  monitoringLevels,
  settings,
} from '../../../lambda/contract/deployment-settings.ts';
import { prices, pricesSource, withOwnPrices } from '../../aws/prices.ts';
import { isSchedule, scheduleExample, scheduleExpectation } from '../../aws/schedule.ts';
import { type CostQuestion, estimateCosts } from '../../cost/estimate.ts';
import { defaultEventSizes, eventSizesOf } from '../../cost/format-figures.ts';
import { readTemplateFile } from '../../template/template-file.ts';
import { settingOption, sourceOption } from '../../terminal/options.ts';
import { projectDirectory } from '../../terminal/packed.ts';
import { summarize } from './summary.ts';

export interface CostOptions {
  readonly count?: number;
  readonly event?: string;
  readonly source?: 'kinesis';
  readonly shards?: number;
  readonly onDemand?: true;
  readonly schedule: string;
  readonly monitoring: MonitoringLevel;
  readonly proof: 'on' | 'off';
  readonly context?: Readonly<Record<string, string>>;
  readonly json?: true;
}

/** Adds the options and the action of `cost`. */
export function configure(command: Command): void {
  command
    .addOption(settingOption('count', 'events of a run'))
    .option('--event <file>', 'template of the events, such as docs/events/iot-sensor.json')
    .addOption(sourceOption())
    .addOption(settingOption('shards').implies({ source: 'kinesis' }))
    .addOption(
      new Option('--on-demand', 'with a Kinesis stream that is billed on demand')
        .implies({ source: 'kinesis' })
        .conflicts('shards'),
    )
    .option('--schedule <expression>', 'rate(…), cron(…), or off', scheduleArgument, defaultSchedule)
    .addOption(
      new Option('--monitoring <level>', 'level of monitoring')
        .choices(allMonitoringLevels)
        .default(monitoringLevels[0]),
    )
    .addOption(
      new Option('--proof <on|off>', 'with or without the prover').choices(['on', 'off']).default('on'),
    )
    .option(
      '-c, --context <price=value>',
      'override of a price, see below; may be given several times',
      collectPrice,
    )
    .option('--json', 'print one JSON document, with all digits, instead of the tables')
    .addHelpText('after', `\nPrices, as in CDK context: ${Object.keys(prices).join(', ')}`)
    .action((options: CostOptions) => {
      const estimate = estimateCosts(toCostQuestion(options));
      console.log(options.json ? JSON.stringify({ ...estimate, pricesSource }) : summarize(estimate));
    });
}

/** @throws TemplateFileError if the template of the events is invalid. */
function toCostQuestion({
  count = settings.count.default,
  event,
  source,
  shards = settings.shards.default,
  onDemand,
  schedule,
  monitoring,
  proof,
  context,
}: CostOptions): CostQuestion {
  const cdkJson = JSON.parse(readFileSync(join(projectDirectory, 'cdk.json'), 'utf8'));
  return {
    count,
    sizes: event === undefined ? defaultEventSizes : eventSizesOf(readTemplateFile(event)),
    target: onDemand ? 'kinesis-on-demand' : (source ?? 'firehose'),
    shards,
    schedule,
    monitoring,
    proof: proof === 'on',
    prices: withOwnPrices({ ...cdkJson.context, ...context }, 'context '),
  };
}

function scheduleArgument(text: string): string {
  if (text !== 'off' && !isSchedule(text)) {
    throw new InvalidArgumentError(
      `Expected ${scheduleExpectation}, or off, for example ${scheduleExample}.`,
    );
  }
  return text;
}

function collectPrice(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!Object.hasOwn(prices, key)) {
    throw new InvalidArgumentError(
      `Expected PRICE=VALUE, where PRICE is one of ${Object.keys(prices).join(', ')}, for example firehoseUsdPerGb=0.031.`,
    );
  }
  return { ...before, [key]: value };
}
