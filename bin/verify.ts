import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { lastRunPath } from '../lib/local/last-run.ts';
import { writeCertificate } from '../lib/proof/certificate-file.ts';
import { readLastRun } from '../lib/proof/last-run.ts';
import { openSource } from '../lib/proof/open-source.ts';
import { addProofOptions, collectRunIds, type ProofOptions } from '../lib/proof/options.ts';
import { type QuestionOptions, resolveQuestion } from '../lib/proof/question.ts';
import { summarize } from '../lib/proof/summary.ts';
import { verify } from '../lib/proof/verify.ts';
import { exitCodeOf, outliveReaders, parseCount } from '../lib/terminal/command.ts';
import { showProgress } from '../lib/terminal/progress.ts';

const command = new Command('npm run verify --')
  .description('Says of every event of a run whether it arrived. Without options: of the last local run.')
  .option('--source <place>', "a directory or s3://bucket/prefix (default: the last local run's bucket)")
  .option('--stream <name>', 'the delivery stream that the events were pushed to')
  .option('--run-id <id>', 'the run; may be given several times', collectRunIds)
  .option('--count <number>', 'events of each run', parseCount);

const progress = showProgress(process.stderr);

outliveReaders();

try {
  const options = addProofOptions(command, '0s').parse().opts<QuestionOptions & ProofOptions>();
  const { source, runs } = await resolveQuestion(options, () => readLastRun(lastRunPath));
  const evidence = await verify(
    { source: openSource(source), runs, exactlyOnce: options.exactlyOnce ?? false, waitMs: options.wait },
    { now: Date.now, sleep: setTimeout, onProgress: progress.onProgress },
  ).finally(progress.end);
  const { proof } = evidence;
  await writeCertificate(evidence, options);
  console.log(options.json ? JSON.stringify(proof) : summarize(proof));
  process.exitCode = proof.complete ? 0 : 1;
} catch (error) {
  process.exitCode = exitCodeOf(error, console.error);
}
