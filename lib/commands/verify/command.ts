import { setTimeout } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { matches } from '../../../lambda/contract/claim.ts';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import { createCloudFormationClient, createLambdaClient } from '../../proof/aws-clients.ts';
import { writeCertificate } from '../../proof/certificate.ts';
import {
  addProducerOptions,
  addProofOptions,
  collectRunIds,
  type ProofOptions,
  parseSince,
} from '../../proof/options.ts';
import { sourceNamed } from '../../proof/source.ts';
import { exitStatus, summarize } from '../../proof/summary.ts';
import { verify } from '../../proof/verify.ts';
import { readLastRun, readRun } from '../../terminal/last-run.ts';
import { wholeNumberArgument } from '../../terminal/options.ts';
import { showProgress } from '../../terminal/progress.ts';
import { printable } from '../../terminal/text.ts';
import { type QuestionOptions, resolveQuestion } from './question.ts';

/** Adds the options and the action of `verify`. */
export function configure(command: Command): void {
  addProducerOptions(command)
    .option('--source <place>', "a directory or s3://bucket/prefix (default: the stack's or last run's)")
    .option('--stream <name>', 'instead: the delivery stream that the events were pushed to')
    .option(
      '--run-id <id>',
      'the run; may be given several times; of local runs, it is enough',
      collectRunIds,
    )
    .option('--count <number>', 'events of each run', wholeNumberArgument(settings.count))
    .option(
      '--since <time>',
      'in a bucket, read only what landed since the runs began, such as 2026-11-30T04:00:00Z',
      parseSince,
    )
    .option('--shared', "others write there, too: their lines are not corrupt (default: the stack's)")
    .addOption(
      new Option('--match <what>', "by what events are found (default: the stack's, or bytes)").choices(
        matches,
      ),
    )
    .option('--event <file>', "the template of the events (default: the stack's or last run's)");
  addProofOptions(command, '0s').action(runVerify);
}

const otherwise = ', or give --stack, or --source, --stream, --run-id and --count';

async function runVerify(options: QuestionOptions & ProofOptions): Promise<void> {
  const { wait = 0, exactlyOnce = false, all, json, html } = options;
  const progress = showProgress(process.stderr);
  const { source, scope, unfinished, ...question } = await resolveQuestion(
    options,
    (runId) => (runId === undefined ? readLastRun(otherwise) : readRun(runId)),
    { cloudFormation: createCloudFormationClient(), lambda: createLambdaClient() },
  );
  const { isShared = false } = scope;
  const evidence = await verify(
    { ...question, isShared, source: sourceNamed(source, scope), exactlyOnce, waitMs: wait },
    { now: Date.now, sleep: setTimeout, onProgress: progress.onProgress },
  ).finally(progress.end);
  const proof = { ...evidence.proof, ...(unfinished && { unfinished }) };
  await writeCertificate({ ...evidence, proof }, { html });
  console.log(json ? printable(JSON.stringify(proof)) : summarize(proof, { all }));
  process.exitCode = exitStatus(proof);
}
