#!/usr/bin/env node
import { distance } from 'fastest-levenshtein';
import { unusable } from '../lib/terminal/command.ts';

/** The commands of the package: each is a file of its own, which reads its options. */
const commands = {
  start: [
    'runs the producer on this machine, with no AWS account',
    () => import('../lib/commands/start/command.ts'),
  ],
  preview: [
    'prints events as they would be sent, and what they cost',
    () => import('../lib/commands/preview/command.ts'),
  ],
  send: ['invokes a deployed producer', () => import('../lib/commands/send/command.ts')],
  verify: [
    'says of every event of a run whether it arrived',
    () => import('../lib/commands/verify/command.ts'),
  ],
  prove: [
    'invokes a deployed producer, waits, and verifies',
    () => import('../lib/commands/prove/command.ts'),
  ],
  cost: ['says what a run and a month would cost', () => import('../lib/commands/cost/command.ts')],
  query: ['asks the objects of the last local run by SQL', () => import('../lib/commands/query/command.ts')],
  firehose: [
    'starts a Firehose on this machine, for any producer',
    () => import('../lib/commands/firehose/command.ts'),
  ],
} as const satisfies Record<string, readonly [description: string, load: () => Promise<unknown>]>;

const names = Object.keys(commands) as (keyof typeof commands)[];

const usage = [
  'Usage: npx firehose-event-producer <command> [options]',
  '',
  ...names.map((name) => `  ${name.padEnd(10)}${commands[name][0]}`),
  '',
  'Each command explains its options with --help.',
].join('\n');

const [given = '--help'] = process.argv.splice(2, 1);
const name = names.find((known) => known === given);
if (name) {
  await commands[name][1]();
} else if (given === '--help' || given === '-h' || given === 'help') {
  console.log(usage);
} else {
  const nearest = names.reduce((best, known) =>
    distance(given, known) < distance(given, best) ? known : best,
  );
  console.error(
    `error: unknown command '${given}', expected one of ${names.join(', ')}\n(Did you mean ${nearest}?)`,
  );
  process.exitCode = unusable;
}
