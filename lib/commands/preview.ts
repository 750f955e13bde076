import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import type { Slice } from '../../lambda/contract/slice.ts';
import { createTemplatePacker } from '../../lambda/producer/events/template-events.ts';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { prices } from '../aws/prices.ts';
import { estimateCosts } from '../cost/estimate.ts';
import { eventSizesOf } from '../cost/format-figures.ts';
import { localDeliveryStreamName } from '../stack/outputs.ts';
import { type CheckedTemplate, checkTemplate } from '../template/check-template.ts';
import { readTemplateFile } from '../template/template-file.ts';
import { commandUsage } from '../terminal/command-line.ts';
import { deliveryStreamNameArgument, runIdArgument, wholeNumberArgument } from '../terminal/options.ts';
import { formatCount, formatDollars, quoteForShell } from '../terminal/text.ts';

interface PreviewOptions {
  readonly event?: string;
  readonly count: number;
  readonly from: number;
  readonly runId?: string;
  readonly stream: string;
}

const million = 1_000_000;

/** Adds the options and the action of `preview`. */
export function configure(command: Command): void {
  command
    .option('--event <file>', 'template of the events (default: that of the stack)')
    .option(
      '--count <number>',
      'number of events',
      wholeNumberArgument({ min: 1, max: million, example: 5 }),
      5,
    )
    .option(
      '--from <index>',
      'index of the first event',
      wholeNumberArgument({ min: 0, max: 1e12, example: 100 }),
      0,
    )
    .option('--run-id <id>', 'run of the events (default: a new one)', runIdArgument)
    .option(
      '--stream <name>',
      'name of the delivery stream, on which values depend (default: that of local runs)',
      deliveryStreamNameArgument,
      localDeliveryStreamName,
    )
    .action(preview);
}

function preview({ event, count, from, runId = randomUUID(), stream }: PreviewOptions): void {
  const checked = event === undefined ? checkTemplate(defaultTemplate) : readTemplateFile(event);
  const run = { deliveryStreamName: stream, runId, from, to: from + count };
  for (const line of previewEvents(checked.template, run, Date.now)) {
    process.stdout.write(line);
  }
  const { formats } = estimateCosts({
    count: million,
    target: 'firehose',
    shards: 1,
    sizes: eventSizesOf(checked),
    schedule: 'off',
    monitoring: 'off',
    proof: false,
    prices,
  });
  const usdOfMillion = Object.fromEntries(
    formats.map((costs) => [costs.recordFormat, costs.usdPerRun.total]),
  );
  const ofEvent = event === undefined ? '' : ` --event ${quoteForShell(event)}`;
  // On stderr: a program may read the events on stdout.
  console.error(
    describeEvents(checked, usdOfMillion, `${commandUsage('start')}${ofEvent} --count ${million}`),
  );
}

const room = { dataBytes: Number.POSITIVE_INFINITY, jsonBytes: Number.POSITIVE_INFINITY };

/** Events as the producer makes them, each with its `\n`. */
export function* previewEvents(
  template: EventTemplate,
  { deliveryStreamName, runId, from, to }: Slice & { deliveryStreamName: string; runId: string },
  now: () => number,
): Generator<Buffer, void> {
  const packRecords = createTemplatePacker(template)('single', deliveryStreamName, runId);
  for (let next = from; next < to; ) {
    const records = packRecords({ from: next, to }, room, now());
    yield* records.map(({ data }) => data);
    next = records.at(-1)!.to;
  }
}

function describeEvents(
  { meanEventBytes, maxEventBytes }: CheckedTemplate,
  usdOfMillion: Readonly<Partial<Record<RecordFormat, number>>>,
  send: string,
): string {
  const costs = Object.entries(usdOfMillion).map(([format, usd]) => `${format} ${formatDollars(usd)}`);
  const mean = Math.round(meanEventBytes);
  return [
    '',
    `  size       ${formatCount(mean, 'byte')} an event on average, at most ${formatCount(maxEventBytes, 'byte')}, in samples`,
    `  a million  ${formatCount(mean, 'megabyte')}; in AWS, Firehose and Lambda at list prices: ${costs.join(', ')}`,
    `  send it    ${send}`,
  ].join('\n');
}
