import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import {
  createCloudFormationClient,
  createFirehoseClient,
  createLambdaClient,
} from '../../proof/aws-clients.ts';
import { writeCertificate } from '../../proof/certificate.ts';
import type { ProducerOptions } from '../../proof/deployed-stack.ts';
import { addProducerOptions, addProofOptions, type ProofOptions } from '../../proof/options.ts';
import { sourceNamed } from '../../proof/source.ts';
import { exitStatus, summarize } from '../../proof/summary.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { readTemplateFile } from '../../template/template-file.ts';
import { wholeNumberArgument } from '../../terminal/options.ts';
import { showProgress } from '../../terminal/progress.ts';
import { printable } from '../../terminal/text.ts';
import { prove } from './prove.ts';

interface ProveCommandOptions extends ProofOptions, ProducerOptions {
  readonly count?: number;
  readonly event?: string;
  readonly source?: string;
}

/** Adds the options and the action of `prove`. */
export function configure(command: Command): void {
  addProducerOptions(command, ` (default: ${defaultStackName})`)
    .option('--count <number>', "events to send (default: the stack's)", wholeNumberArgument(settings.count))
    .option('--event <file>', "the template of the events (default: the stack's)")
    .option('--source <place>', "where the events land: s3://bucket/prefix (default: the stack's bucket)");
  addProofOptions(command, 'what the stream buffers, and 5m').action(runProve);
}

async function runProve(options: ProveCommandOptions): Promise<void> {
  const { event, wait, exactlyOnce = false, all, json, html } = options;
  const eventTemplate = event === undefined ? undefined : readTemplateFile(event).template.source;
  const progress = showProgress(process.stderr);
  const { report, evidence } = await prove(
    { ...options, eventTemplate, waitMs: wait, exactlyOnce },
    {
      cloudFormation: createCloudFormationClient(),
      lambda: createLambdaClient(),
      firehose: createFirehoseClient(),
      sourceNamed,
      now: Date.now,
      sleep: setTimeout,
      ...progress,
      onReport: (returned) => json || console.log(JSON.stringify(returned, null, 2)),
    },
  ).finally(progress.end);
  await writeCertificate(evidence, { html });
  console.log(
    json ? printable(JSON.stringify({ report, ...evidence.proof })) : summarize(evidence.proof, { all }),
  );
  process.exitCode = exitStatus(evidence.proof);
}
