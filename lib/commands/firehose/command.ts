import type { Command } from 'commander';
import { checkDirectory, deliveryStreamNameArgument, wholeNumberArgument } from '../../terminal/options.ts';
import { type StandaloneOptions, startStandalone } from './standalone-firehose.ts';

const port = { min: 0, max: 65_535, example: 4573 };

/** Adds the options and the action of `firehose`. */
export function configure(command: Command): void {
  command
    .option(
      '--port <number>',
      'port on 127.0.0.1; 0 for any free one',
      wholeNumberArgument(port),
      port.example,
    )
    .option(
      '--stream <name>',
      'name of the delivery stream',
      deliveryStreamNameArgument,
      'firehose-event-producer',
    )
    .option('--output <directory>', 'where the objects go', '.local')
    .action(runFirehose);
}

async function runFirehose(options: StandaloneOptions): Promise<void> {
  checkDirectory('--output', options.output);
  const firehose = await startStandalone(options);
  process.stdout.write(firehose.greeting);
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  process.stdout.write(await firehose.stop());
}
