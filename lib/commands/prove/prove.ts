import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Report } from '../../../lambda/contract/report.ts';
import { findDeployedStack, readEventTemplate } from '../../proof/deployed-stack.ts';
import { checkCount, invokeProducer, longestLandingMs, readConfiguration } from '../../proof/invocation.ts';
import type { Evidence } from '../../proof/proof.ts';
import type { Source } from '../../proof/source.ts';
import { UnanswerableError } from '../../proof/unanswerable.ts';
import { checkEvents, type Question, verify, type World } from '../../proof/verify.ts';

export interface ProveOptions extends Pick<Question, 'eventTemplate' | 'exactlyOnce'> {
  readonly stackName: string;
  /** @default - the producer's */
  readonly count?: number;
  /** @default - the stack's bucket */
  readonly source?: string;
  /** Longest wait for missing events. @default - the stack's buffering, and some more */
  readonly waitMs?: number;
}

export interface ProveWorld extends World {
  readonly cloudFormation: CloudFormationClient;
  readonly lambda: LambdaClient;
  /** Finds a source. It may skip objects that landed before `landedSinceMs`. */
  readonly sourceNamed: (name: string, landedSinceMs: number) => Source;
  readonly onStep: (line: string) => void;
  /** Called before the wait for the events begins. */
  readonly onReport: (report: Report) => void;
}

/** Clock difference to S3: with more, AWS refuses signed requests. */
const maxClockSkewMs = 15 * 60_000;

/**
 * Invokes a deployed producer for a new run, waits until its events have landed, and proves each of them.
 *
 * @throws UnanswerableError if there is no such stack, the function fails, or the source cannot be read.
 */
export async function prove(
  options: ProveOptions,
  world: ProveWorld,
): Promise<{ report: Report; evidence: Evidence }> {
  const { stackName, count, exactlyOnce } = options;
  const startedMs = world.now();
  const { functionName, bucketName } = await findDeployedStack(world.cloudFormation, stackName);
  const eventTemplate = options.eventTemplate ?? (await readEventTemplate(world.cloudFormation, stackName));
  const sourceName = options.source ?? (bucketName && `s3://${bucketName}/`);
  if (sourceName === undefined) {
    throw new UnanswerableError(
      `the stack ${stackName} did not create its stream, so its bucket is unknown: give --source s3://bucket/prefix`,
    );
  }
  // Only for a check and the wait: who may invoke a function may perhaps not read its settings.
  const producer = await readConfiguration(world.lambda, functionName).catch(() => undefined);
  checkCount(count, producer);
  checkEvents(count ?? 0);
  // The run is new: objects that landed before it cannot hold its events.
  const source = world.sourceNamed(sourceName, startedMs - maxClockSkewMs);

  const runId = `prove-${new Date(startedMs).toISOString()}`;
  world.onStep(`Invoking ${functionName} for the run ${runId} ...`);
  const report = await invokeProducer(world.lambda, functionName, { ...(count && { count }), runId });
  world.onReport(report);

  const { deliveryStreamName, from, to } = report;
  const run = { runId: report.runId, deliveryStreamName, from, to };
  const question = {
    source,
    runs: [run],
    exactlyOnce,
    waitMs: options.waitMs ?? producer?.landingMs ?? longestLandingMs,
    ...(eventTemplate !== undefined && { eventTemplate }),
  };
  return { report, evidence: await verify(question, world) };
}
