import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Payload } from '../../../lambda/contract/payload.ts';
import type { Report } from '../../../lambda/contract/report.ts';
import { findDeployedStack, readEventTemplate } from '../../proof/deployed-stack.ts';
import { handToProducer, invokeProducer, readConfiguration } from '../../proof/invocation.ts';
import { commandLine } from '../../terminal/command-line.ts';
import { formatCount, formatNumber, quoteForShell } from '../../terminal/text.ts';

/** What is to be sent, and by which deployed producer. */
export interface SendOptions {
  /** The run. */
  readonly payload: Payload & { readonly runId: string };
  /** Name of the stack that the producer is in. */
  readonly stackName: string;
  /** Name of its function, wherever that is. @default - the stack's */
  readonly functionName?: string;
  /** Whether the report is waited for. */
  readonly wait: boolean;
}

/** The world that {@link send} runs in. */
export interface SendWorld {
  /** Finds the stack. */
  readonly cloudFormation: CloudFormationClient;
  /** Invokes the function. */
  readonly lambda: LambdaClient;
  /** Told what begins, a line at a time. */
  readonly onStep: (line: string) => void;
}

/** What was sent. */
export interface Sent {
  /** What the function returned; missing when nobody waited for it. */
  readonly report?: Report;
  /** The run. */
  readonly runId: string;
  /** The stream. */
  readonly deliveryStreamName: string;
  /** Its events. */
  readonly count: number;
  /** The bucket that they land in; missing where that is not known. */
  readonly bucketName?: string;
  /** Whether they are those of a template, without which they cannot be verified. */
  readonly hasTemplate: boolean;
}

/**
 * Invokes a deployed producer.
 *
 * @throws UnanswerableError if there is no such stack or function, or it fails.
 */
export async function send(options: SendOptions, world: SendWorld): Promise<Sent> {
  const { payload, stackName, wait } = options;
  const { runId } = payload;
  const stack = options.functionName ? undefined : await findDeployedStack(world.cloudFormation, stackName);
  const functionName = options.functionName ?? stack!.functionName;
  const found = {
    runId,
    ...(stack?.bucketName && { bucketName: stack.bucketName }),
    hasTemplate:
      stack !== undefined && (await readEventTemplate(world.cloudFormation, stackName)) !== undefined,
  };
  world.onStep(`Invoking ${functionName} for the run ${runId} ...`);
  if (wait) {
    const report = await invokeProducer(world.lambda, functionName, payload);
    const { deliveryStreamName, eventsRequested } = report;
    return { ...found, report, deliveryStreamName, count: eventsRequested };
  }
  const { deliveryStreamName, count } = await readConfiguration(world.lambda, functionName);
  await handToProducer(world.lambda, functionName, payload);
  return { ...found, deliveryStreamName, count: payload.count ?? count };
}

/** The command that says of every event whether it arrived. */
export function verifyCommand({ runId, deliveryStreamName, count, bucketName, hasTemplate }: Sent): string {
  const source = bucketName === undefined ? 's3://<bucket>' : quoteForShell(`s3://${bucketName}`);
  return commandLine(
    'verify',
    [
      `--source ${source} --stream ${quoteForShell(deliveryStreamName)} --run-id ${quoteForShell(runId)}`,
      `--count ${count}${hasTemplate ? ' --event <its template>' : ''} --wait 5m`,
    ].join(' '),
  );
}

/** What was sent, for a person. */
export function describeSent(sent: Sent): string {
  const { report, runId, count } = sent;
  return [
    report
      ? `${formatCount(report.eventsDelivered, 'event')} of ${formatNumber(count)} delivered, ${formatNumber(report.eventsQueued)} left to the ` +
        `work queue, ${formatNumber(report.eventsUndelivered)} undelivered; run ${runId}`
      : `Lambda was asked for ${formatCount(count, 'event')}; run ${runId}`,
    '',
    'Did every event arrive?',
    `  ${verifyCommand(sent)}`,
  ].join('\n');
}
