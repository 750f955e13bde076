import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { reportSchema } from '../../lambda/contract/report.ts';
import { commandLine } from './command-line.ts';

/** Where the last local run is remembered, wherever its objects went. */
export const lastRunPath = '.local/last-run.json';

/** What commands need to know of the last local run; whatever else its file says is for people. */
const lastRunSchema = v.object({
  /** The slice that the function was invoked for. */
  report: v.pick(reportSchema, ['runId', 'deliveryStreamName', 'from', 'to']),
  /** Where its objects are. */
  output: v.object({ directory: v.string() }),
  /** Those that it wrote. */
  objectPaths: v.optional(v.pipe(v.array(v.string()), v.readonly())),
  /** The template of its events; missing if that is the default one. */
  eventTemplate: v.optional(v.string()),
});

/** See {@link readLastRun}. */
export type LastRun = v.InferOutput<typeof lastRunSchema>;

/** Forgets the last local run, so that nobody takes it for the one that begins, should that one not end well. */
export async function forgetLastRun(path = lastRunPath): Promise<void> {
  await rm(path, { force: true });
}

/** Remembers a local run. */
export async function writeLastRun(run: LastRun, path = lastRunPath): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(run, null, 2)}\n`);
}

/**
 * What to remember of a run that sent slices of an earlier one again: as much of that run as both sent together.
 *
 * @param before The run before, if there was one.
 */
export function joinRuns<Run extends LastRun>(run: Run, before: LastRun | undefined): Run {
  const { report, output } = run;
  const isSame =
    before?.report.runId === report.runId &&
    before.report.deliveryStreamName === report.deliveryStreamName &&
    before.output.directory === output.directory;
  return isSame
    ? {
        ...run,
        objectPaths: [...(before.objectPaths ?? []), ...(run.objectPaths ?? [])],
        report: {
          ...report,
          from: Math.min(report.from, before.report.from),
          to: Math.max(report.to, before.report.to),
        },
      }
    : run;
}

/**
 * Reads what a local run left.
 *
 * @param otherwise What a person can do without one, for the message: `, or give …`.
 * @throws Error if there was none, or the file is not such a note; the message says what to do.
 */
export async function readLastRun(otherwise = '', path = lastRunPath): Promise<LastRun> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') {
      throw error;
    }
    throw new Error(`there is no local run yet: ${commandLine('start')} makes one${otherwise}`);
  });
  try {
    return v.parse(lastRunSchema, JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is no note of a local run: ${(error as Error).message}`, { cause: error });
  }
}
