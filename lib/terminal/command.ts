import { type Command, CommanderError } from 'commander';

/** Exit status of a command that could not do what it was asked for. */
export const unusable = 2;

/** What was asked for makes no sense; the message says what was expected. Exit status {@link unusable}. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Somebody stopped the command, such as by Ctrl-C. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  /** Exit status: 128 and the number of the signal. */
  readonly status: number;

  constructor(status: number) {
    super('stopped');
    this.status = status;
  }
}

/** How {@link runCommand} ends. */
export interface CommandOptions {
  /** Exit status when the command throws. @default - 2, could not do what it was asked for */
  readonly failureStatus?: (error: unknown) => number;
  /** A call with an option, shown when something was given that is no option, such as `npm start -- --count 5`. */
  readonly example: string;
}

/**
 * Parses a command's options, runs it, and sets the exit status of the process: 0 for success and for `--help`, 2 for a
 * bad option, else what the command returns. An error is one line on stderr.
 *
 * @param run Returns the exit status; nothing counts as 0.
 */
export async function runCommand<Options extends object>(
  command: Command,
  run: (options: Options) => Promise<number | undefined>,
  { failureStatus = () => unusable, example }: CommandOptions,
): Promise<void> {
  outliveReaders();
  // The SDK's announcement that versions of 2027 will need Node 22 would hide the one line that says what is wrong.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  command.allowExcessArguments(false).exitOverride();
  try {
    process.exitCode = (await run(command.parse().opts<Options>())) ?? 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      console.error(`error: ${(error as Error).message}`);
      process.exitCode = statusOf(error, failureStatus);
      return;
    }
    // Commander has printed its own errors.
    if (error.code === 'commander.excessArguments') {
      console.error(`Put options after --, for example: ${example}`);
    }
    process.exitCode = error.exitCode === 0 ? 0 : unusable;
  }
}

function statusOf(error: unknown, failureStatus: (error: unknown) => number): number {
  if (error instanceof StoppedError) {
    return error.status;
  }
  return error instanceof UsageError ? unusable : failureStatus(error);
}

/** Lets a command finish what it does, and keep its exit status, when nobody reads what it prints, as in `… | head -1`. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        throw error;
      }
    });
  }
}
