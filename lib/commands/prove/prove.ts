import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Report } from '../../../lambda/contract/report.ts';
import { findDeployedStack, readEventTemplate } from '../../proof/deployed-stack.ts';
import { invokeProducer } from '../../proof/invocation.ts';
import type { Evidence } from '../../proof/proof.ts';
import type { Source } from '../../proof/source.ts';
import { UnanswerableError } from '../../proof/unanswerable.ts';
import { verify, type World } from '../../proof/verify.ts';

/** What is to be proven of a deployed stack. */
export interface ProveOptions {
  /** Name of the stack. */
  readonly stackName: string;
  /** Events to send. @default - the stack's */
  readonly count?: number;
  /** The template of the events. @default - the stack's, in the metadata of its template */
  readonly eventTemplate?: string;
  /** Where the objects land. @default - the stack's own bucket */
  readonly source?: string;
  /** How long to wait for the events to land, in milliseconds. */
  readonly waitMs: number;
  /** Whether a duplicate spoils the proof. */
  readonly exactlyOnce: boolean;
}

/** The world that {@link prove} runs in. */
export interface ProveWorld extends World {
  /** Finds the stack. */
  readonly cloudFormation: CloudFormationClient;
  /** Invokes the function. */
  readonly lambda: LambdaClient;
  /** Opens a source; what landed before `landedSinceMs` may be left out. */
  readonly sourceNamed: (name: string, landedSinceMs: number) => Source;
  /** Told what begins, a line at a time. */
  readonly onStep: (line: string) => void;
  /** Told of the report, before the waiting begins. */
  readonly onReport: (report: Report) => void;
}

/** How much the clocks of this machine and of S3 may differ: with more, AWS refuses signed requests. */
const maxClockSkewMs = 15 * 60_000;

/**
 * Invokes a deployed producer for a run of its own, waits until its events have landed, and proves each of them.
 *
 * @throws UnanswerableError if there is no such stack, the function fails, or the source cannot be read.
 */
export async function prove(
  options: ProveOptions,
  world: ProveWorld,
): Promise<{ report: Report; evidence: Evidence }> {
  const { stackName, count, waitMs, exactlyOnce } = options;
  const startedMs = world.now();
  const { functionName, bucketName } = await findDeployedStack(world.cloudFormation, stackName);
  const eventTemplate = options.eventTemplate ?? (await readEventTemplate(world.cloudFormation, stackName));
  const sourceName = options.source ?? (bucketName && `s3://${bucketName}/`);
  if (sourceName === undefined) {
    throw new UnanswerableError(
      `the stack ${stackName} pushes to a stream of your own, so it has no bucket: give --source s3://bucket/prefix`,
    );
  }
  // The run is new, so nothing that landed before it can hold its events.
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
    waitMs,
    ...(eventTemplate !== undefined && { eventTemplate }),
  };
  return { report, evidence: await verify(question, world) };
}
