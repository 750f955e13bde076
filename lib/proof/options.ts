import { type Command, InvalidArgumentError, Option } from 'commander';

/** What a person may ask of every proof. */
export interface ProofOptions {
  /** How long to wait for missing events, in milliseconds. */
  readonly wait: number;
  /** Whether a duplicate spoils the proof. */
  readonly exactlyOnce?: true;
  /** Whether the summary shows every object, line and range. */
  readonly all?: true;
  /** Whether stdout is one JSON document. */
  readonly json?: true;
  /** Where the certificate goes. */
  readonly html?: string;
}

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/**
 * Adds the options that every proof has.
 *
 * @param defaultWait As a person would write it.
 */
export function addProofOptions(command: Command, defaultWait: string): Command {
  return command
    .addOption(
      new Option('--wait <time>', 'wait for missing events, such as 90s, 15m or 1h')
        .argParser(parseWait)
        .default(parseWait(defaultWait), defaultWait),
    )
    .option('--exactly-once', 'fail if an event is there more than once')
    .option('--all', 'show every object, corrupt line and missing range, not only the first ten')
    .option('--json', 'print one JSON document on stdout')
    .option('--html <file>', 'write the certificate, one self-contained page')
    .allowExcessArguments(false)
    .exitOverride();
}

/** Reads `--wait`, in milliseconds. @throws InvalidArgumentError if it is no time. */
export function parseWait(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new InvalidArgumentError('Expected a number and s, m or h, for example 15m.');
  }
  return Number(amount) * unitsMs[unit as keyof typeof unitsMs];
}

/** Collects `--run-id`. @throws InvalidArgumentError if it is empty or there already. */
export function collectRunIds(runId: string, before: readonly string[] = []): string[] {
  if (runId === '' || before.includes(runId)) {
    throw new InvalidArgumentError('Expected the id of a run, each only once.');
  }
  return [...before, runId];
}
