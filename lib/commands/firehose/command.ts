import { Command } from 'commander';
import { runCommand } from '../../terminal/command.ts';
import { commandLine, commandUsage } from '../../terminal/command-line.ts';
import { checkDirectory, deliveryStreamNameArgument, wholeNumberArgument } from '../../terminal/options.ts';
import { type StandaloneOptions, startStandalone } from './standalone-firehose.ts';

const port = { min: 0, max: 65_535, example: 4573 };

const command = new Command(commandUsage('firehose'))
  .description('An Amazon Data Firehose on this machine, until Ctrl-C.')
  .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', wholeNumberArgument(port), port.example)
  .option(
    '--stream <name>',
    'name of the delivery stream',
    deliveryStreamNameArgument,
    'firehose-event-producer',
  )
  .option('--output <directory>', 'where the objects go', '.local');

await runCommand<StandaloneOptions>(
  command,
  async (options) => {
    checkDirectory('--output', options.output);
    const firehose = await startStandalone(options);
    process.stdout.write(firehose.greeting);
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
    process.stdout.write(await firehose.stop());
    return 0;
  },
  { failureStatus: () => 1, example: commandLine('firehose', '--port 0') },
);
