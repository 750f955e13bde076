import type { Payload } from '../../../lambda/contract/invocation.ts';
import type { Report } from '../../../lambda/contract/report.ts';
import { type DeploymentClients, findFunction, type ProducerOptions } from '../../proof/deployed-stack.ts';
import {
  checkCount,
  invoke,
  invokeProducer,
  longestLandingMs,
  readConfiguration,
} from '../../proof/invocation.ts';
import { commandLine } from '../../terminal/command-line.ts';
import { formatCount, formatNumber, quoteForShell } from '../../terminal/text.ts';

export interface SendOptions extends ProducerOptions {
  readonly payload: Payload & { readonly runId: string };
  /** Whether to wait for the report. */
  readonly wait: boolean;
}

export interface SendWorld extends DeploymentClients {
  /** In milliseconds since 1970. */
  readonly now: () => number;
  readonly onStep: (line: string) => void;
}

export interface Sent {
  /** Missing without `wait`. */
  readonly report?: Report;
  readonly runId: string;
  readonly functionName: string;
  readonly deliveryStreamName: string;
  readonly count: number;
  /** Whether `verify` can find the bucket by the function. */
  readonly hasBucket: boolean;
  /** When the function was invoked, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Time in which the events land. */
  readonly landingMs: number;
}

/**
 * Invokes a deployed producer.
 *
 * @throws UnanswerableError if there is no such stack or function, or it fails.
 */
export async function send(options: SendOptions, world: SendWorld): Promise<Sent> {
  const { payload, wait } = options;
  const { runId } = payload;
  const functionName = await findFunction(options, world.cloudFormation);
  const reading = readConfiguration(world.lambda, functionName);
  // Only for checks and hints: who may invoke a function may perhaps not read its settings.
  const producer = wait ? await reading.catch(() => undefined) : await reading;
  checkCount(payload.count, producer);
  const found = {
    runId,
    sinceMs: world.now(),
    functionName,
    landingMs: producer?.landingMs ?? longestLandingMs,
    hasBucket: producer === undefined || producer.bucketName !== undefined,
  };
  world.onStep(`Invoking ${functionName} for the run ${runId} ...`);
  if (wait) {
    const report = await invokeProducer(world.lambda, functionName, payload);
    const { deliveryStreamName, eventsRequested } = report;
    return { ...found, report, deliveryStreamName, count: eventsRequested };
  }
  const { deliveryStreamName, count } = producer!;
  await invoke(world.lambda, functionName, payload, 'Event');
  return { ...found, deliveryStreamName, count: payload.count ?? count };
}

/** The command that proves whether every event arrived. */
export function verifyCommand(sent: Sent): string {
  const { runId, functionName, count, hasBucket, sinceMs, landingMs } = sent;
  const since = new Date(sinceMs).toISOString().replace(/\.\d+/, '');
  return commandLine(
    'verify',
    [
      `--function ${quoteForShell(functionName)}${hasBucket ? '' : ' --source s3://BUCKET/PREFIX'}`,
      `--run-id ${quoteForShell(runId)} --count ${count} --since ${since} --wait ${Math.ceil(landingMs / 60_000)}m`,
    ].join(' '),
  );
}

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
