import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { createCloudFormationClient, createLambdaClient } from '../lib/proof/aws-clients.ts';
import { writeCertificate } from '../lib/proof/certificate-file.ts';
import { openSource } from '../lib/proof/open-source.ts';
import { addProofOptions, type ProofOptions } from '../lib/proof/options.ts';
import { prove } from '../lib/proof/prove.ts';
import { summarize } from '../lib/proof/summary.ts';
import { exitCodeOf, outliveReaders, parseCount } from '../lib/terminal/command.ts';
import { showProgress } from '../lib/terminal/progress.ts';

const command = new Command('npm run prove --')
  .description(
    'Invokes the deployed producer, waits for delivery, and says of every event whether it arrived.',
  )
  .option('--count <number>', "events to send (default: the stack's)", parseCount)
  .option('--stack <name>', 'name of the deployed stack', 'FirehoseEventProducer')
  .option('--source <place>', "where the events land: s3://bucket/prefix (default: the stack's bucket)");

const progress = showProgress(process.stderr);

outliveReaders();

try {
  const { count, stack, source, wait, exactlyOnce, json, html } = addProofOptions(command, '5m')
    .parse()
    .opts<ProofOptions & { count?: number; stack: string; source?: string }>();
  const { report, evidence } = await prove(
    { stackName: stack, count, source, waitMs: wait, exactlyOnce: exactlyOnce ?? false },
    {
      cloudFormation: createCloudFormationClient(),
      lambda: createLambdaClient(),
      openSource,
      now: Date.now,
      sleep: setTimeout,
      ...progress,
      onReport: (answer) => json || console.log(JSON.stringify(answer, null, 2)),
    },
  ).finally(progress.end);
  await writeCertificate(evidence, { html });
  console.log(json ? JSON.stringify({ report, ...evidence.proof }) : summarize(evidence.proof));
  process.exitCode = evidence.proof.complete ? 0 : 1;
} catch (error) {
  process.exitCode = exitCodeOf(error, console.error);
}
