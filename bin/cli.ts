#!/usr/bin/env node
import { Command } from 'commander';
import { runProgram } from '../lib/terminal/command.ts';
import { commandLine, commandUsage } from '../lib/terminal/command-line.ts';
import packageJson from '../package.json' with { type: 'json' };

interface CommandRow {
  readonly description: string;
  readonly example: string;
  /** Loads the module that adds options and action. */
  readonly load: () => Promise<{ configure: (command: Command) => void }>;
}

const commands: Readonly<Record<string, CommandRow>> = {
  start: {
    description: 'Run the producer on this machine, without an AWS account',
    example: '--count 5',
    load: () => import('../lib/commands/start/command.ts'),
  },
  preview: {
    description: 'Print events as they would be sent, with their size and cost',
    example: '--event docs/events/iot-sensor.json',
    load: () => import('../lib/commands/preview.ts'),
  },
  send: {
    description: 'Invoke a deployed producer',
    example: '--count 1000',
    load: () => import('../lib/commands/send/command.ts'),
  },
  verify: {
    description: 'Verify every event of a run (default: the last local run)',
    example: '--wait 5m',
    load: () => import('../lib/commands/verify/command.ts'),
  },
  prove: {
    description: 'Invoke a deployed producer, wait, and verify every event',
    example: '--count 1000',
    load: () => import('../lib/commands/prove/command.ts'),
  },
  watch: {
    description: 'Print the line that deploys a canary in an existing delivery stream',
    example: 'my-stream',
    load: () => import('../lib/commands/watch/command.ts'),
  },
  cost: {
    description: 'Estimate the cost of a run and of a month, without AWS',
    example: "--count 5 --schedule 'rate(1 minute)'",
    load: () => import('../lib/commands/cost/command.ts'),
  },
  query: {
    description: 'Query the events of the last local run by SQL',
    example: '--name landed',
    load: () => import('../lib/commands/query.ts'),
  },
  firehose: {
    description: 'Run an Amazon Data Firehose on this machine, until Ctrl-C',
    example: '--port 0',
    load: () => import('../lib/commands/firehose.ts'),
  },
};

const program = new Command('<command>')
  .usage('[options]')
  .version(packageJson.version)
  .helpCommand(false)
  .exitOverride()
  .configureHelp({ commandUsage: (command) => `${commandUsage(command.name())} ${command.usage()}` });
for (const [name, { description }] of Object.entries(commands)) {
  program.command(name).description(description);
}

let called: [name: string, row: CommandRow] | undefined;
program.hook('preSubcommand', async (_program, command) => {
  const row = commands[command.name()]!;
  called = [command.name(), row];
  (await row.load()).configure(command);
});

const [first = 'help', ...others] = process.argv.slice(2);
const args = first === 'help' ? [...others, '--help'] : [first, ...others];
await runProgram(
  () => program.parseAsync(args, { from: 'user' }),
  () => called && { ...called[1], example: commandLine(called[0], called[1].example) },
);
