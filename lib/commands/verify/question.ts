import { UnanswerableError } from '../../proof/unanswerable.ts';
import type { Question } from '../../proof/verify.ts';
import { readTemplateFile } from '../../template/template-file.ts';
import type { LastRun } from '../../terminal/last-run.ts';

/** Options of `verify` that name the runs. `stream`, `runId` and `count` go together. */
export interface QuestionOptions {
  /** A directory or an `s3://` address. @default - the bucket of the last local run */
  readonly source?: string;
  /** @default - the last local run's */
  readonly stream?: string;
  readonly runId?: readonly string[];
  /** Events of each run. */
  readonly count?: number;
  /** A file with the template of the events. @default - the last local run's, or the default template */
  readonly event?: string;
}

/**
 * The source and the runs that options name; those of the last local run by default.
 *
 * @param readLastRun Only called if needed.
 * @throws UnanswerableError if one of the options that go together is missing, or there was no local run.
 * @throws TemplateFileError if the template cannot be used.
 */
export async function resolveQuestion(
  { source, stream, runId, count, event }: QuestionOptions,
  readLastRun: () => Promise<LastRun>,
): Promise<Pick<Question, 'runs' | 'eventTemplate'> & { source: string }> {
  const fromFile = event === undefined ? undefined : readTemplateFile(event).template.source;
  const given = { '--stream': stream, '--run-id': runId, '--count': count };
  const missing = Object.entries(given).filter(([, value]) => value === undefined);
  if (missing.length === 0) {
    const runs = runId!.map((id) => ({ runId: id, deliveryStreamName: stream!, from: 0, to: count! }));
    const lastRun = source === undefined ? await readLastRun() : undefined;
    return answerable(source ?? lastRun!.output.directory, runs, fromFile ?? lastRun?.eventTemplate);
  }
  if (missing.length < 3) {
    const names = missing.map(([name]) => name).join(' and ');
    throw new UnanswerableError(`--stream, --run-id and --count go together: give ${names} too`);
  }
  const lastRun = await readLastRun();
  return answerable(source ?? lastRun.output.directory, [lastRun.report], fromFile ?? lastRun.eventTemplate);
}

function answerable(source: string, runs: Question['runs'], eventTemplate: string | undefined) {
  return { source, runs, ...(eventTemplate !== undefined && { eventTemplate }) };
}
