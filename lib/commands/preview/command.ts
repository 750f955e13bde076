import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { defaultTemplate } from '../../../lambda/template/default-template.ts';
import { prices } from '../../aws/prices.ts';
import { estimateCosts } from '../../cost/estimate.ts';
import { eventSizesOf } from '../../cost/format-figures.ts';
import { localDeliveryStreamName } from '../../stack/outputs.ts';
import { checkTemplate } from '../../template/check-template.ts';
import { readTemplateFile } from '../../template/template-file.ts';
import { runCommand } from '../../terminal/command.ts';
import { commandLine, commandUsage } from '../../terminal/command-line.ts';
import { deliveryStreamNameArgument, runIdArgument, wholeNumberArgument } from '../../terminal/options.ts';
import { quoteForShell } from '../../terminal/text.ts';
import { describeEvents, previewEvents } from './preview.ts';

interface PreviewOptions {
  readonly event?: string;
  readonly count: number;
  readonly from: number;
  readonly runId?: string;
  readonly stream: string;
}

const million = 1_000_000;

const command = new Command(commandUsage('preview'))
  .description('Prints events as they would be sent, then how large they are and what a million costs.')
  .option('--event <file>', "a template of one's own events (default: the event of the stack's default)")
  .option('--count <number>', 'how many', wholeNumberArgument({ min: 1, max: million, example: 5 }), 5)
  .option('--from <index>', 'the first one', wholeNumberArgument({ min: 0, max: 1e12, example: 100 }), 0)
  .option('--run-id <id>', 'of which run (default: a new one)', runIdArgument)
  .option(
    '--stream <name>',
    'the delivery stream, on whose name values depend (default: that of local runs)',
    deliveryStreamNameArgument,
    localDeliveryStreamName,
  );

await runCommand<PreviewOptions>(
  command,
  async ({ event, count, from, runId = randomUUID(), stream }) => {
    const checked = event === undefined ? checkTemplate(defaultTemplate) : readTemplateFile(event);
    const run = { deliveryStreamName: stream, runId, from, to: from + count };
    for (const line of previewEvents(checked.template, run, Date.now)) {
      process.stdout.write(line);
    }
    const { formats } = estimateCosts({
      count: million,
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
    // Beside the events, which a program may read.
    console.error(
      describeEvents(checked, usdOfMillion, `${commandUsage('start')}${ofEvent} --count ${million}`),
    );
    return 0;
  },
  { example: commandLine('preview', '--event docs/events/iot-sensor.json') },
);
