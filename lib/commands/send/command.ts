import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import {
  createCloudFormationClient,
  createLambdaClient,
  createSchemasClient,
} from '../../proof/aws-clients.ts';
import { findDeployedStack } from '../../proof/deployed-stack.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { UsageError } from '../../terminal/command.ts';
import { matchingArgument, runIdOption, settingOption, wholeNumberArgument } from '../../terminal/options.ts';
import { describeSent, send, verifyCommand } from './send.ts';
import { saveTestEvents } from './test-events.ts';

interface SendCommandOptions {
  readonly count?: number;
  readonly runId?: string;
  readonly eventsPerSecond?: number;
  readonly stack?: string;
  readonly function?: string;
  readonly wait: boolean;
  readonly json?: true;
  readonly saveTestEvents?: true;
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
    .option('--save-test-events', 'send nothing: share the test events in the Lambda console')
    .action(runSend);
}

async function runSend(options: SendCommandOptions): Promise<void> {
  const { count, runId = randomUUID(), eventsPerSecond, stack, function: functionName, wait, json } = options;
  if (stack !== undefined && functionName !== undefined) {
    throw new UsageError('--stack and --function were given: leave one of them out');
  }
  if (options.saveTestEvents) {
    const stackName = stack ?? defaultStackName;
    const name =
      functionName ?? (await findDeployedStack(createCloudFormationClient(), stackName)).functionName;
    console.log(await saveTestEvents(createSchemasClient(), name));
    return;
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
