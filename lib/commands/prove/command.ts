import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { settings } from '../../../lambda/contract/settings.ts';
import { createCloudFormationClient, createLambdaClient } from '../../proof/aws-clients.ts';
import { writeCertificate } from '../../proof/certificate.ts';
import { addProofOptions, type ProofOptions } from '../../proof/options.ts';
import { sourceNamed } from '../../proof/source.ts';
import { summarize } from '../../proof/summary.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { readTemplateFile } from '../../template/template-file.ts';
import { runCommand } from '../../terminal/command.ts';
import { commandLine, commandUsage } from '../../terminal/command-line.ts';
import { wholeNumberArgument } from '../../terminal/options.ts';
import { showProgress } from '../../terminal/progress.ts';
import { prove } from './prove.ts';

const command = new Command(commandUsage('prove'))
  .description(
    'Invokes the deployed producer, waits for delivery, and says of every event whether it arrived.',
  )
  .option('--count <number>', "events to send (default: the stack's)", wholeNumberArgument(settings.count))
  .option('--stack <name>', 'name of the deployed stack', defaultStackName)
  .option('--event <file>', "the template of the events (default: the stack's)")
  .option('--source <place>', "where the events land: s3://bucket/prefix (default: the stack's bucket)");

await runCommand<ProofOptions & { count?: number; stack: string; event?: string; source?: string }>(
  addProofOptions(command, '5m'),
  async ({ count, stack, event, source, wait, exactlyOnce = false, all, json, html }) => {
    const eventTemplate = event === undefined ? undefined : readTemplateFile(event).template.source;
    const progress = showProgress(process.stderr);
    const { report, evidence } = await prove(
      { stackName: stack, count, eventTemplate, source, waitMs: wait, exactlyOnce },
      {
        cloudFormation: createCloudFormationClient(),
        lambda: createLambdaClient(),
        sourceNamed,
        now: Date.now,
        sleep: setTimeout,
        ...progress,
        onReport: (returned) => json || console.log(JSON.stringify(returned, null, 2)),
      },
    ).finally(progress.end);
    await writeCertificate(evidence, { html });
    console.log(json ? JSON.stringify({ report, ...evidence.proof }) : summarize(evidence.proof, { all }));
    return evidence.proof.complete ? 0 : 1;
  },
  { example: commandLine('prove', '--count 1000') },
);
