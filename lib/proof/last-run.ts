import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { UnanswerableError } from '../../lambda/prover/source.ts';
import type { Run } from '../../lambda/prover/uuid-rule.ts';

/** What a proof needs to know of the last local run. */
export interface LastRun {
  /** The slice that the function was invoked for. */
  readonly run: Run;
  /** The bucket that its events went to. */
  readonly directory: string;
}

const index = v.pipe(v.number(), v.integer(), v.minValue(0));

const schema = v.object({
  report: v.object({ runId: v.string(), deliveryStreamName: v.string(), from: index, to: index }),
  output: v.object({ directory: v.string() }),
});

/**
 * Reads what a local run left in `.local/last-run.json`.
 *
 * @throws UnanswerableError if there was none, or the file is not such a note.
 */
export async function readLastRun(path: string): Promise<LastRun> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new UnanswerableError(
      'there is no local run yet: npm start makes one, or give --source, --stream, --run-id and --count',
    );
  });
  try {
    const { report, output } = v.parse(schema, JSON.parse(text));
    return { run: report, directory: output.directory };
  } catch (error) {
    throw new UnanswerableError(`${path} is no note of a local run: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
