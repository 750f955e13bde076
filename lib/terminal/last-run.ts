import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { reportSchema } from '../../lambda/contract/report.ts';
import { commandLine } from './command-line.ts';

/** File of the last local run, independent of where its objects are. */
export const lastRunPath = '.local/last-run.json';

/** The fields that commands read; the file has more. */
const lastRunSchema = v.object({
  report: v.pick(reportSchema, ['runId', 'deliveryStreamName', 'from', 'to']),
  output: v.object({ directory: v.string() }),
  objectPaths: v.optional(v.pipe(v.array(v.string()), v.readonly())),
  /** Missing if it is the default template. */
  eventTemplate: v.optional(v.string()),
  /** Whether it has not ended: it is under way, or was stopped. */
  unfinished: v.optional(v.literal(true)),
});

export type LastRun = v.InferOutput<typeof lastRunSchema>;

/** Folder of the files of all runs. */
const runsFolder = (path: string) => join(dirname(path), 'runs');

const runPath = (runId: string, path: string) =>
  join(runsFolder(path), `${createHash('sha256').update(runId).digest('hex')}.json`);

/** Removes the file, so that it is not read as the run that starts now, should that one fail. */
export async function forgetLastRun(path = lastRunPath): Promise<void> {
  await rm(path, { force: true });
}

export async function forgetRun(runId: string, path = lastRunPath): Promise<void> {
  await rm(runPath(runId, path), { force: true });
}

export async function forgetRuns(path = lastRunPath): Promise<void> {
  await rm(runsFolder(path), { recursive: true, force: true });
}

export async function writeLastRun(run: LastRun, path = lastRunPath): Promise<void> {
  await mkdir(runsFolder(path), { recursive: true });
  for (const file of [path, runPath(run.report.runId, path)]) {
    await writeFile(file, `${JSON.stringify(run, null, 2)}\n`);
  }
}

/**
 * Joins a run that resent slices of the previous run with that run.
 *
 * @param before The previous run, if there is one.
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
 * @param otherwise Another remedy, for the message: `, or give …`.
 * @throws Error if there is no last run, or its file is invalid.
 */
export async function readLastRun(otherwise = '', path = lastRunPath): Promise<LastRun> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') {
      throw error;
    }
    throw new Error(`there is no local run yet: run ${commandLine('start')}${otherwise}`);
  });
  try {
    return v.parse(lastRunSchema, JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is not a file of a local run: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads a local run.
 *
 * @throws Error if no run with this id is known.
 */
export function readRun(runId: string, path = lastRunPath): Promise<LastRun> {
  return readLastRun('', runPath(runId, path)).catch((cause) => {
    const remedy = 'give --source, --stream and --count too';
    throw new Error(`--run-id is ${runId}: no local run has this id; ${remedy}`, { cause });
  });
}
