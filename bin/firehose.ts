import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { isDeliveryStreamName } from '../lib/emulator/firehose/limits.ts';
import { type StandaloneOptions, startStandalone } from '../lib/emulator/firehose/standalone.ts';

const command = new Command('npm run firehose --')
  .description('An Amazon Data Firehose on this machine, until Ctrl-C.')
  .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', parsePort, 4573)
  .option('--stream <name>', 'name of the delivery stream', parseStream, 'firehose-event-producer')
  .option('--output <directory>', 'where the objects go', '.local')
  .allowExcessArguments(false)
  .showSuggestionAfterError(false)
  .exitOverride();

try {
  const firehose = await startStandalone(command.parse().opts<StandaloneOptions>());
  process.stdout.write(firehose.greeting);
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  process.stdout.write(await firehose.stop());
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function parsePort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new InvalidArgumentError('Expected 0 to 65535.');
}

function parseStream(value: string): string {
  if (isDeliveryStreamName(value)) return value;
  throw new InvalidArgumentError('Expected 1 to 64 letters, digits, "_", "." or "-".');
}
