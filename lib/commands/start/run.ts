import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { settings } from '../../../lambda/contract/deployment-settings.ts';
import type { Payload } from '../../../lambda/contract/invocation.ts';
import { type Report, reportSchema } from '../../../lambda/contract/report.ts';
import { pairsLength, type SlicePair } from '../../../lambda/contract/slice.ts';
import { type Endpoint, type EndpointOptions, startEndpoint } from '../../emulator/endpoint.ts';
import { discardOrphans } from '../../emulator/firehose/uploads-folder.ts';
import { processQueue } from '../../emulator/lambda/event-source-mapping.ts';
import { LambdaPool } from '../../emulator/lambda/pool.ts';
import type { Invocation } from '../../emulator/lambda/runtime.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { UsageError } from '../../terminal/command.ts';
import type { LastRun } from '../../terminal/last-run.ts';
import type { Progress } from '../../terminal/progress.ts';
import { formatCount } from '../../terminal/text.ts';
import { defaultEventsInRecord, describeDelivery, eventsInRecord, measureProgress } from './progress.ts';
import { type LocalProof, ProverRun, timeFactor } from './proof.ts';
import { combineReports, reportsInLog, subtractPairs } from './run-report.ts';
import { synthesize } from './synth.ts';
import { type LocalStack, readLocalStack } from './template.ts';

export interface LocalRunOptions extends Pick<EndpointOptions, 'faults' | 'faultSeed' | 'quota'> {
  readonly payload: Payload;
  /** Slices of the payload's run, sorted, to send through the work queue as redriven dead letters. @default - the whole run */
  readonly slices?: readonly SlicePair[];
  /** CDK context for the stack. @default - none */
  readonly context?: Readonly<Record<string, string>>;
  /** Existing directory for the buckets and the function's log. */
  readonly outputDirectory: string;
  /** Whether to remove first what earlier runs left of this bucket. @default false */
  readonly clean?: boolean;
  /** An existing cloud assembly. @default - the stack is synthesized, and its assembly removed in the end */
  readonly assemblyDirectory?: string;
  /** Called before the function is invoked, if the payload names the run. */
  readonly onStart?: (run: LastRun) => Promise<void>;
  /** Called at each step, with a line for a person. */
  readonly onStep: (line: string) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Stops the run: the function is killed, and records that Firehose buffers are delivered. */
  readonly signal?: AbortSignal;
}

/** Result of a local run. */
export interface LocalRun {
  /** The reports of its invocations, combined. */
  readonly report: Report;
  /** Name of the service that records were sent to. */
  readonly target: Endpoint['target'];
  /** Template of its events. @default - the default template */
  readonly eventTemplate?: string;
  /** The bucket, and the number and size of the objects of this run. */
  readonly output: { readonly directory: string; readonly objects: number; readonly bytes: number };
  readonly objectPaths: readonly string[];
  /** Path of the function's log. */
  readonly logPath: string;
  readonly invocations: number;
  /** Number of slices that went through the work queue. */
  readonly slicesQueued: number;
  readonly recordsOffered: number;
  readonly recordsRefused: number;
  /** Peak memory of the function's processes; 0 if none responded. */
  readonly maxMemoryUsedMiB: number;
  /** @default - the stack has no prover */
  readonly proof?: LocalProof;
}

const progressIntervalMs = 100;

/**
 * Runs the stack on this machine, with no AWS account: synthesizes it, starts embedded Firehose, Kinesis, SQS and S3 configured
 * from its template, invokes its bundled producer, lets it process its queue, and waits for the verdicts of its prover.
 *
 * @throws UsageError if the function refused the payload.
 * @throws Error with the function's message, if it failed.
 * @throws Error naming the function's log, if an object could not be written.
 * @throws The signal's reason, if it stopped the run.
 */
export async function runLocally(options: LocalRunOptions): Promise<LocalRun> {
  const { assemblyDirectory, context = {}, onStep, signal } = options;
  if (assemblyDirectory !== undefined) {
    return runStack(await readLocalStack(resolve(assemblyDirectory), defaultStackName), options);
  }
  // Not cdk.out: two runs at the same time would overwrite each other's assembly.
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'firehose-event-producer-'));
  try {
    onStep('Synthesizing the stack, as cdk deploy would ...');
    await synthesize(temporaryDirectory, context, signal);
    return await runStack(await readLocalStack(temporaryDirectory, defaultStackName), options);
  } finally {
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

async function runStack(stack: LocalStack, options: LocalRunOptions): Promise<LocalRun> {
  const { payload, slices, onStep, onProgress, faults } = options;
  const { producer, prover, eventTemplate } = stack;
  const outputDirectory = resolve(options.outputDirectory);
  const directory = join(outputDirectory, stack.deliveryStream.bucketName);
  const logPath = join(outputDirectory, 'function.log');
  if (options.clean) {
    await rm(directory, { recursive: true, force: true });
    await discardOrphans(outputDirectory);
  }
  // Before the servers start: these would keep the process alive if a log could not be written.
  const log = await open(logPath, 'w');
  const proverLogPath = join(outputDirectory, 'prover.log');
  const proverLog = prover && (await open(proverLogPath, 'w'));
  let eventsAccepted = 0;
  const failed = new AbortController();
  const signal = AbortSignal.any([...(options.signal ? [options.signal] : []), failed.signal]);
  const countEvents = eventTemplate === undefined ? defaultEventsInRecord : eventsInRecord;
  const aws = await startEndpoint({
    ...options,
    ...stack,
    queues: stack.queues.map((queue) => ({ ...queue, timeFactor })),
    outputDirectory,
    onAccepted: (record) => {
      eventsAccepted += countEvents(record);
    },
    onFailure: ({ message }) => {
      const later = 'the next npm start writes the rest, if it can';
      const delivered = `${describeDelivery(aws, eventsAccepted)}: ${later}`;
      failed.abort(new Error(`${message}. ${delivered}; the function's log is ${logPath}`));
    },
  });
  const workQueue = aws.queues.get(producer.queueName)!;
  const lambda = new LambdaPool(producer.function, { endpointUrl: aws.endpointUrl, logFile: log.fd });
  const proverRun = proverLog && new ProverRun(prover, aws, proverLog, proverLogPath);
  const stop = () => Promise.all([lambda.stop(), proverRun?.stop()]);
  signal.addEventListener('abort', stop);
  if (aws.orphans.length > 0) {
    onStep(`Delivered ${formatCount(aws.orphans.length, 'object')} of an earlier run that was killed.`);
  }
  const asked = slices ? `${formatCount(slices.length, 'slice')} of ` : '';
  onStep(`AWS is ${aws.endpointUrl}, invoking the function with ${asked}${JSON.stringify(payload)} ...`);
  const startedMs = Date.now();
  const totalEvents = slices
    ? pairsLength(slices)
    : (payload.count ?? Number(producer.function.environment[settings.count.variable]));
  const reportProgress = () =>
    onProgress(measureProgress(aws, workQueue.size, eventsAccepted, totalEvents, Date.now() - startedMs));
  const progress = setInterval(reportProgress, progressIntervalMs);

  try {
    signal.throwIfAborted();
    if (payload.runId !== undefined) {
      const [from, to] = [slices?.[0]?.[0] ?? 0, slices?.at(-1)?.[1] ?? totalEvents];
      const deliveryStreamName = stack.kinesisStream?.streamName ?? stack.deliveryStream.deliveryStreamName;
      await options.onStart?.({
        report: { runId: payload.runId, deliveryStreamName, from, to },
        output: { directory },
        unfinished: true,
        ...(eventTemplate !== undefined && { eventTemplate }),
      });
    }
    for (const [from, to] of slices ?? []) {
      workQueue.send(JSON.stringify({ ...payload, from, to }));
    }
    const first = slices ? undefined : await lambda.invoke(payload);
    signal.throwIfAborted();
    throwError(first, logPath);
    await processQueue(workQueue, producer.eventSourceMapping, lambda.invoke, { signal });
    const durationMs = Date.now() - startedMs;
    signal.throwIfAborted();
    clearInterval(progress);
    reportProgress();
    const deniedUntilMs = faults?.denial?.toMs ?? 0;
    const isDenied = Date.now() - startedMs < deniedUntilMs;
    const until = isDenied ? `; it cannot write until ${deniedUntilMs / 1_000} s after the start` : '';
    onStep(`Flushing the records that Firehose buffers${until} ...`);
    // A failure aborts the signal.
    await aws.deliveryStream.flush().catch(() => {});
    signal.throwIfAborted();
    onStep(`Done: ${describeDelivery(aws, eventsAccepted)}`);

    const reports = reportsInLog(await readFile(logPath, 'utf8'));
    const report = combineReports(
      v.parse(reportSchema, slices ? reports[0] : first?.result, {
        message: (issue) => `${issue.message}; the function's log is ${logPath}`,
      }),
      reports,
      workQueue.deadLetters,
      // A run of one invocation takes as long as that, to the millisecond.
      lambda.invocations === 1 ? (reports[0]?.durationMs ?? durationMs) : durationMs,
      slices,
    );
    if (proverRun) {
      onStep(`Waiting for the prover, whose delays are 1/${timeFactor} of those in AWS ...`);
    }
    const delivered = subtractPairs(slices ?? [[report.from, report.to]], report.undelivered);
    const proof = await proverRun?.finish(report.runId, delivered, (faults?.lose ?? 0) > 0);
    signal.throwIfAborted();
    const { keys, objectBytes } = aws.deliveryStream.totals;
    return {
      report,
      target: aws.target,
      ...(eventTemplate !== undefined && { eventTemplate }),
      output: { directory, objects: keys.length, bytes: objectBytes },
      objectPaths: keys.map((key) => join(directory, key)),
      logPath,
      invocations: lambda.invocations,
      slicesQueued: workQueue.sent,
      recordsOffered: aws.records.offered,
      recordsRefused: aws.records.refused,
      maxMemoryUsedMiB: lambda.maxMemoryUsedMiB,
      ...(proof && { proof }),
    };
  } finally {
    clearInterval(progress);
    signal.removeEventListener('abort', stop);
    await stop();
    // Ignore failures of the stream: the flush has thrown them, or the function's own error matters more.
    await Promise.allSettled([aws.stop(), log.close()]);
  }
}

function throwError(invocation: Invocation | undefined, logPath: string): void {
  if (invocation?.error) {
    const { errorType, errorMessage } = invocation.error;
    throw errorType === 'InvalidPayloadError'
      ? new UsageError(errorMessage)
      : new Error(`${errorMessage}; the function's log is ${logPath}`);
  }
}
