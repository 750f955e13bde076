import type { Command } from 'commander';
import { StoppedError, UsageError } from '../../terminal/command.ts';
import { commandLine } from '../../terminal/command-line.ts';
import {
  forgetLastRun,
  forgetRun,
  forgetRuns,
  joinRuns,
  lastRunPath,
  readRun,
  writeLastRun,
} from '../../terminal/last-run.ts';
import { checkDirectory } from '../../terminal/options.ts';
import { showProgress } from '../../terminal/progress.ts';
import { quoteForShell } from '../../terminal/text.ts';
import { isProven } from './proof.ts';
import { runLocally } from './run.ts';
import { addStartOptions, repeatCommand, type StartOptions, toLocalRun } from './start-options.ts';
import { summarize } from './summary.ts';

/** Adds the options and the action of `start`. */
export function configure(command: Command): void {
  addStartOptions(command).action(runStart);
}

async function runStart(options: StartOptions): Promise<void> {
  const stop = new AbortController();
  const progress = showProgress(process.stderr, stop.signal);
  process
    .once('SIGINT', () => stop.abort(new StoppedError(130)))
    .once('SIGTERM', () => stop.abort(new StoppedError(143)));

  checkDirectory('--output', options.output);
  const localRun = toLocalRun(options);
  // Slices are sent again of a run that is proven as a whole.
  const before = options.slices && (await readRun(localRun.payload.runId!).catch(() => undefined));
  await forgetLastRun();
  if (options.clean) {
    await forgetRuns();
  }
  let sent = 'nothing was sent';
  const run = await runLocally({
    ...localRun,
    ...progress,
    // A failure is reported at the end.
    onStart: (started) => writeLastRun(joinRuns(started, before)).catch(() => {}),
    onProgress: (now) => {
      sent = now.line;
      progress.onProgress(now);
    },
    signal: stop.signal,
  })
    .finally(progress.end)
    .catch(async (error: Error) => {
      if (error instanceof UsageError) {
        // A refused run has no events that could be missing.
        await forgetLastRun();
        await forgetRun(localRun.payload.runId!);
      }
      if (!stop.signal.aborted) {
        throw error;
      }
      const again = `The same command with --run-id ${quoteForShell(localRun.payload.runId!)} sends the same UUIDs again`;
      const message = `stopped: ${sent}. What landed: ${commandLine('verify')}. ${again}`;
      throw new StoppedError(stop.signal.reason.status, message);
    });
  await writeLastRun(joinRuns(run, before)).catch((error: Error) => {
    console.error(`warning: ${lastRunPath} was not written: ${error.message}`);
  });
  const { report, output, proof } = run;
  const json = { report, output, ...(proof && { proof }) };
  console.log(options.json ? JSON.stringify(json) : summarize(run, repeatCommand(options)));
  process.exitCode = report.eventsUndelivered === 0 && (proof === undefined || isProven(proof)) ? 0 : 1;
}
