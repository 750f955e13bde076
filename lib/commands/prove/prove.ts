import { randomUUID } from 'node:crypto';
import type { Report } from '../../../lambda/contract/report.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import { type DeploymentClients, findProducer, type ProducerOptions } from '../../proof/deployed-stack.ts';
import { checkCount, invokeProducer, type ProducerConfiguration } from '../../proof/invocation.ts';
import type { Evidence } from '../../proof/proof.ts';
import type { sourceNamed } from '../../proof/source.ts';
import { describeStream, type FirehoseCalls, streamChanges } from '../../proof/stream-settings.ts';
import { checkEvents, type Question, verify, type World } from '../../proof/verify.ts';
import { commandLine } from '../../terminal/command-line.ts';
import { quoteForShell } from '../../terminal/text.ts';

export interface ProveOptions extends ProducerOptions, Pick<Question, 'exactlyOnce'> {
  /** @default - the producer's */
  readonly count?: number;
  /** Longest wait for missing events. @default - the stack's buffering, and some more */
  readonly waitMs?: number;
}

export interface ProveWorld extends World, DeploymentClients {
  readonly firehose: FirehoseCalls;
  readonly sourceNamed: typeof sourceNamed;
  readonly onStep: (line: string) => void;
  /** Called before the wait for the events begins. */
  readonly onReport: (report: Report) => void;
}

/**
 * Invokes a deployed producer for a new run, waits until its events have landed, and proves each of them.
 *
 * @throws UnanswerableError if there is no such stack, the function fails, or the source cannot be read.
 */
export async function prove(
  options: ProveOptions,
  world: ProveWorld,
): Promise<{ report: Report; evidence: Evidence }> {
  const { count, exactlyOnce } = options;
  const startedMs = world.now();
  const producer = await findProducer(options, world);
  const { functionName, eventTemplate, isShared, match } = producer;
  checkCount(count, producer);
  checkEvents(count ?? producer.count);
  const source = world.sourceNamed(producer.source, { ...producer.scope, sinceMs: startedMs });
  const { service } = targets[producer.naming.target ?? 'firehose'];
  if (isShared && producer.bucketName !== undefined && service === 'firehose') {
    await reportChanges(producer, world);
  }

  // Others may prove at the same time.
  const runId = `prove-${new Date(startedMs).toISOString()}-${randomUUID()}`;
  world.onStep(`Invoking ${functionName} for the run ${runId} ...`);
  const report = await invokeProducer(world.lambda, functionName, { ...(count && { count }), runId });
  world.onReport(report);

  const { deliveryStreamName, from, to } = report;
  const run = { runId: report.runId, deliveryStreamName, from, to };
  const waitMs = options.waitMs ?? producer.landingMs;
  const question = { source, isShared, match, runs: [run], eventTemplate, exactlyOnce, waitMs };
  return { report, evidence: await verify(question, world) };
}

/** Reports what has changed in a stream that is not the stack's own. */
async function reportChanges(
  { deliveryStreamName, deployed }: ProducerConfiguration,
  { firehose, onStep }: ProveWorld,
): Promise<void> {
  try {
    const changes = streamChanges(await describeStream(firehose, deliveryStreamName), deployed);
    const line = commandLine('watch', quoteForShell(deliveryStreamName));
    for (const change of changes) {
      onStep(`${deliveryStreamName} has changed: ${change}. Find out what fits by ${line}`);
    }
  } catch (error) {
    onStep(`Could not find out whether ${deliveryStreamName} has changed: ${(error as Error).message}`);
  }
}
