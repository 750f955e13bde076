import { CommanderError, InvalidArgumentError } from 'commander';

/** Most events of a run: what the producer accepts at most, whatever its settings. */
const maxCount = 1_000_000_000;

/** Reads `--count`. @throws InvalidArgumentError if it is no number of events. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > maxCount) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${maxCount}, for example 5000.`);
  }
  return count;
}

/**
 * Exit status of a command that ended with an error: 2, it could not do what it was asked; 0 for `--help`.
 *
 * @param print Told the error, unless commander has printed it.
 */
export function exitCodeOf(error: unknown, print: (line: string) => void): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  print(`error: ${(error as Error).message}`);
  return 2;
}

/** Lets a command finish what it does, and keep its exit status, when nobody reads what it prints, as in `… | head -1`. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        throw error;
      }
    });
  }
}
