import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import { createCloudFormationClient, createLambdaClient } from '../../proof/aws-clients.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { UsageError } from '../../terminal/command.ts';
import { matchingArgument, runIdOption, settingOption, wholeNumberArgument } from '../../terminal/options.ts';
import { describeSent, send, verifyCommand } from './send.ts';

interface SendCommandOptions {
  readonly count?: number;
  readonly runId?: string;
  readonly eventsPerSecond?: number;
  readonly stack?: string;
  readonly function?: string;
  readonly wait: boolean;
  readonly json?: true;
}

const nameArgument = matchingArgument(/^\S+$/, 'a name');

/** Adds the options and the action of `send`. */
export function configure(command: Command): void {
  command
    .option(
      '--count <number>',
      "events to send (default: the producer's)",
      wholeNumberArgument(settings.count),
    )
    .addOption(runIdOption())
    .addOption(settingOption('eventsPerSecond'))
    .option('--stack <name>', `name of the deployed stack (default: ${defaultStackName})`, nameArgument)
    .option(
      '--function <name>',
      "instead: name of the producer's function, such as the output FunctionName",
      nameArgument,
    )
    .option('--no-wait', 'return at once, without the report: Lambda invokes it as soon as it can')
    .option('--json', 'print one JSON document')
    .action(runSend);
}

async function runSend(options: SendCommandOptions): Promise<void> {
  const { count, runId = randomUUID(), eventsPerSecond, stack, function: functionName, wait, json } = options;
  if (stack !== undefined && functionName !== undefined) {
    throw new UsageError('--stack and --function were given: leave one of them out');
  }
  const sent = await send(
    {
      payload: { runId, ...(count && { count }), ...(eventsPerSecond && { eventsPerSecond }) },
      stackName: stack ?? defaultStackName,
      ...(functionName && { functionName }),
      wait,
    },
    {
      cloudFormation: createCloudFormationClient(),
      lambda: createLambdaClient(),
      onStep: (line) => console.error(line),
    },
  );
  console.log(json ? JSON.stringify({ ...sent, verify: verifyCommand(sent) }) : describeSent(sent));
  process.exitCode = sent.report && sent.report.eventsUndelivered > 0 ? 1 : 0;
}
