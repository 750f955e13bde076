import { type Command, CommanderError } from 'commander';
import { printable } from './text.ts';

/** Exit status when the command cannot do what was asked for. */
export const unusable = 2;

/** The arguments make no sense; the message says what was expected. Exit status {@link unusable}. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The user stopped the command, such as by Ctrl-C. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  /** Exit status: 128 and the number of the signal. */
  readonly status: number;

  constructor(status: number, message = 'stopped') {
    super(message);
    this.status = status;
  }
}

/** How {@link runProgram} reports a failure. */
export interface FailureOptions {
  /** Exit status when the command throws. @default - 2 */
  readonly failureStatus?: number;
  /** A correct call, shown when an argument is not an option, such as `npm start -- --count 5`. */
  readonly example: string;
}

/**
 * Runs a program. An error becomes one line on stderr, and the exit status: 2 for a bad option.
 *
 * @param parse Parses the arguments and runs the action, which sets the exit status if it is not 0.
 * @param failureOptions Called after a failure, when the command is known.
 */
export async function runProgram(
  parse: () => Promise<unknown>,
  failureOptions: () => FailureOptions | undefined,
): Promise<void> {
  outliveOutput();
  // The SDK's announcement that versions of 2027 will need Node 22 would hide the line with the error.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  try {
    await parse();
  } catch (error) {
    process.exitCode = reportFailure(error as Error, failureOptions());
  }
}

/** Runs a script of the repository: a program of one command. `run` returns the exit status. */
export async function runCommand<Options extends object>(
  command: Command,
  run: (options: Options) => Promise<number>,
  options: FailureOptions,
): Promise<void> {
  command.exitOverride().action(async (given: Options) => {
    process.exitCode = await run(given);
  });
  await runProgram(
    () => command.parseAsync(),
    () => options,
  );
}

function reportFailure(error: Error, options: FailureOptions | undefined): number {
  if (!(error instanceof CommanderError)) {
    console.error(`error: ${error.message.split('\n').map(printable).join('\n')}`);
    if (error instanceof StoppedError) {
      return error.status;
    }
    return error instanceof UsageError ? unusable : (options?.failureStatus ?? unusable);
  }
  // Commander has printed its own errors.
  if (error.code === 'commander.excessArguments' && options) {
    console.error(`Put options after --, for example: ${options.example}`);
  }
  return error.exitCode === 0 ? 0 : unusable;
}

/**
 * Keeps the command running when its output is no longer read, as in `… | head -1`, or cannot be written. An incomplete output,
 * such as on a full disk, is an error.
 */
function outliveOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', () => {});
  process.stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') {
      console.error(`error: the output could not be written: ${message}`);
      process.once('exit', () => {
        process.exitCode = unusable;
      });
    }
  });
}
