import { UnanswerableError } from '../../lambda/prover/source.ts';
import type { StreamSlice } from '../../lambda/prover/uuid-rule.ts';
import type { LastRun } from '../terminal/last-run.ts';

/** The options of `verify` that say what is to be proven. */
export interface QuestionOptions {
  /** A directory or an `s3://` address. @default - the bucket of the last local run */
  readonly source?: string;
  /** The stream that the runs were pushed to. Goes with `runId` and `count`. @default - the last local run's */
  readonly stream?: string;
  /** The runs. */
  readonly runId?: readonly string[];
  /** Events of each run. */
  readonly count?: number;
}

/**
 * The source and the runs that options ask about; where they say nothing, the last local run's.
 *
 * @param readLastRun Only called when it is needed.
 * @throws UnanswerableError if the options are but half a question, or there was no local run.
 */
export async function resolveQuestion(
  { source, stream, runId, count }: QuestionOptions,
  readLastRun: () => Promise<LastRun>,
): Promise<{ source: string; runs: readonly StreamSlice[] }> {
  const given = { '--stream': stream, '--run-id': runId, '--count': count };
  const missing = Object.entries(given).filter(([, value]) => value === undefined);
  if (missing.length === 0) {
    const runs = runId!.map((id) => ({ runId: id, deliveryStreamName: stream!, from: 0, to: count! }));
    return { source: source ?? (await readLastRun()).output.directory, runs };
  }
  if (missing.length < 3) {
    const names = missing.map(([name]) => name).join(' and ');
    throw new UnanswerableError(`--stream, --run-id and --count go together: give ${names} too`);
  }
  const lastRun = await readLastRun();
  return { source: source ?? lastRun.output.directory, runs: [lastRun.report] };
}
