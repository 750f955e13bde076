import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { environmentVariables } from '../lambda/contract/settings.ts';
import { prices, pricesSource, withOwnPrices } from '../lib/aws/prices.ts';
import { isSchedule, scheduleExample, scheduleExpectation } from '../lib/aws/schedule.ts';
import { estimateCosts } from '../lib/cost/estimate.ts';
import { stackDefaults } from '../lib/cost/stack-defaults.ts';
import { summarize } from '../lib/cost/summary.ts';
import { exitCodeOf, outliveReaders, parseCount } from '../lib/terminal/command.ts';

const { maxCount, defaultCount, eventsPerSlice } = environmentVariables;

const command = new Command('npm run cost --')
  .description('Says what a run and a month would cost in each record format, without AWS.')
  .option('--count <number>', `events of a run, 1 to ${maxCount.default}`, parseCount, defaultCount.default)
  .option(
    '--schedule <expression>',
    "rate(…), cron(…), or 'off' for none",
    parseSchedule,
    stackDefaults.schedule,
  )
  .option(
    '-c, --context <price=value>',
    'a price of your own, see below; may be given several times',
    collectPrice,
  )
  .option('--json', 'print one JSON document, with all digits, instead of the tables')
  .addHelpText('after', `\nPrices, as in CDK context: ${Object.keys(prices).join(', ')}`)
  .allowExcessArguments(false)
  .exitOverride();

outliveReaders();

try {
  const { count, schedule, context, json } = command.parse().opts();
  const cdkJson = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));
  const estimate = estimateCosts({
    count,
    schedule,
    eventsPerSlice: eventsPerSlice.default,
    prices: withOwnPrices({ ...cdkJson.context, ...context }, 'context '),
  });
  console.log(json ? JSON.stringify({ ...estimate, pricesSource }) : summarize(estimate));
} catch (error) {
  process.exitCode = exitCodeOf(error, console.error);
  if (error instanceof CommanderError && error.code === 'commander.excessArguments') {
    console.error("Put options after --, for example: npm run cost -- --count 5 --schedule 'rate(1 minute)'");
  }
}

function parseSchedule(text: string): string {
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
