import { runCommand, StoppedError } from '../../terminal/command.ts';
import { commandLine } from '../../terminal/command-line.ts';
import { forgetLastRun, joinRuns, lastRunPath, readLastRun, writeLastRun } from '../../terminal/last-run.ts';
import { checkDirectory } from '../../terminal/options.ts';
import { showProgress } from '../../terminal/progress.ts';
import { isProven } from './proof.ts';
import { runLocally } from './run.ts';
import { createStartCommand, repeatCommand, type StartOptions, toLocalRun } from './start-options.ts';
import { summarize } from './summary.ts';

const stop = new AbortController();
const progress = showProgress(process.stderr, stop.signal);
process
  .once('SIGINT', () => stop.abort(new StoppedError(130)))
  .once('SIGTERM', () => stop.abort(new StoppedError(143)));

await runCommand<StartOptions>(
  createStartCommand(),
  async (options) => {
    checkDirectory('--output', options.output);
    const localRun = toLocalRun(options);
    // Slices are sent again of a run that is proven as a whole.
    const before = options.slices && (await readLastRun().catch(() => undefined));
    await forgetLastRun();
    const run = await runLocally({ ...localRun, ...progress, signal: stop.signal }).finally(progress.end);
    await writeLastRun(joinRuns(run, before)).catch((error: Error) => {
      console.error(`warning: ${lastRunPath} was not written: ${error.message}`);
    });
    const { report, output, proof } = run;
    const json = { report, output, ...(proof && { proof }) };
    console.log(options.json ? JSON.stringify(json) : summarize(run, repeatCommand(options)));
    return report.eventsUndelivered === 0 && (proof === undefined || isProven(proof)) ? 0 : 1;
  },
  { failureStatus: () => 1, example: commandLine('start', '--count 5') },
);
