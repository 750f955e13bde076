import { type Command, InvalidArgumentError, Option } from 'commander';
import { matchingArgument } from '../terminal/options.ts';

const nameArgument = matchingArgument(/^\S+$/, 'a name');

/** Adds the options that name a deployed producer. @param note For the help. */
export function addProducerOptions(command: Command, note = ''): Command {
  const stack = new Option('--stack <name>', `name of the deployed stack${note}`).conflicts('stream');
  const named = "instead: name of the producer's function, such as the output FunctionName";
  const lambda = new Option('--function <name>', named).conflicts(['stack', 'stream']);
  return command.addOption(stack.argParser(nameArgument)).addOption(lambda.argParser(nameArgument));
}

/** Options of every command that prints a proof. */
export interface ProofOptions {
  /** In milliseconds. @default - the command's own */
  readonly wait?: number;
  readonly exactlyOnce?: true;
  readonly all?: true;
  readonly json?: true;
  /** Path of the certificate. */
  readonly html?: string;
}

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** @param defaultWait For the help. */
export function addProofOptions(command: Command, defaultWait: string): Command {
  const wait = `wait for missing events, such as 90s, 15m or 1h (default: ${defaultWait})`;
  return command
    .option('--wait <time>', wait, parseWait)
    .option('--exactly-once', 'fail if an event arrived more than once')
    .option('--all', 'show every object, corrupt line and missing range, not only the first ten')
    .option('--json', 'print one JSON document on stdout')
    .option('--html <file>', 'write the certificate, one self-contained page');
}

/** Parses `--wait`, in milliseconds. */
export function parseWait(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new InvalidArgumentError('Expected a number and s, m or h, for example 15m.');
  }
  return Number(amount) * unitsMs[unit as keyof typeof unitsMs];
}

/** Parses `--since`, in milliseconds since 1970. */
export function parseSince(text: string): number {
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(timeMs)) {
    throw new InvalidArgumentError('Expected a time in UTC, for example 2026-11-30T04:00:00Z.');
  }
  return timeMs;
}

/** Collects `--run-id`, which may be given several times. */
export function collectRunIds(runId: string, before: readonly string[] = []): string[] {
  if (runId === '' || before.includes(runId)) {
    throw new InvalidArgumentError('Expected the id of a run, each only once.');
  }
  return [...before, runId];
}
