import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import {
  createCloudFormationClient,
  createLambdaClient,
  createSchemasClient,
} from '../../proof/aws-clients.ts';
import { findFunction, type ProducerOptions } from '../../proof/deployed-stack.ts';
import { addProducerOptions } from '../../proof/options.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { runIdOption, settingOption, wholeNumberArgument } from '../../terminal/options.ts';
import { describeSent, send, verifyCommand } from './send.ts';
import { saveTestEvents } from './test-events.ts';

interface SendCommandOptions extends ProducerOptions {
  readonly count?: number;
  readonly runId?: string;
  readonly eventsPerSecond?: number;
  readonly wait: boolean;
  readonly json?: true;
  readonly saveTestEvents?: true;
}

/** Adds the options and the action of `send`. */
export function configure(command: Command): void {
  addProducerOptions(command, ` (default: ${defaultStackName})`)
    .option(
      '--count <number>',
      "events to send (default: the producer's)",
      wholeNumberArgument(settings.count),
    )
    .addOption(runIdOption())
    .addOption(settingOption('eventsPerSecond'))
    .option('--no-wait', 'return at once, without the report: Lambda invokes it as soon as it can')
    .option('--json', 'print one JSON document')
    .option('--save-test-events', 'send nothing: share the test events in the Lambda console')
    .action(runSend);
}

async function runSend(options: SendCommandOptions): Promise<void> {
  const { count, runId = randomUUID(), eventsPerSecond, json } = options;
  if (options.saveTestEvents) {
    const functionName = await findFunction(options, createCloudFormationClient());
    console.log(await saveTestEvents(createSchemasClient(), functionName));
    return;
  }
  const sent = await send(
    {
      ...options,
      payload: { runId, ...(count && { count }), ...(eventsPerSecond && { eventsPerSecond }) },
    },
    {
      cloudFormation: createCloudFormationClient(),
      lambda: createLambdaClient(),
      now: Date.now,
      onStep: (line) => console.error(line),
    },
  );
  console.log(json ? JSON.stringify({ ...sent, verify: verifyCommand(sent) }) : describeSent(sent));
  process.exitCode = sent.report && sent.report.eventsUndelivered > 0 ? 1 : 0;
}
