import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import type { Payload } from '../../../lambda/contract/payload.ts';
import { type Report, reportSchema } from '../../../lambda/contract/report.ts';
import { settings } from '../../../lambda/contract/settings.ts';
import { pairsLength, type SlicePair, subtractSlices } from '../../../lambda/contract/slice.ts';
import { type Endpoint, type EndpointOptions, startEndpoint } from '../../emulator/endpoint.ts';
import { processQueue } from '../../emulator/lambda/event-source-mapping.ts';
import { LambdaPool } from '../../emulator/lambda/pool.ts';
import type { LocalQueue } from '../../emulator/sqs/queue.ts';
import { defaultStackName } from '../../stack/outputs.ts';
import { UsageError } from '../../terminal/command.ts';
import type { Progress } from '../../terminal/progress.ts';
import { formatCount, formatNumber } from '../../terminal/text.ts';
import { defaultEventsInRecord, eventsInRecord } from './events-in-record.ts';
import { type LocalProof, ProverRun, timeFactor } from './proof.ts';
import { combineReports, reportsInLog } from './run-report.ts';
import { synthesize } from './synth.ts';
import { type LocalStack, readLocalStack } from './template.ts';

/** What a local run is asked for. */
export interface LocalRunOptions extends Pick<EndpointOptions, 'faults' | 'faultSeed' | 'quota'> {
  /** Payload of the invocation. */
  readonly payload: Payload;
  /** Only these slices of the payload's run, sorted, by way of the work queue, as redriven dead letters. @default - all of it */
  readonly slices?: readonly SlicePair[];
  /** CDK context for the stack. @default - none */
  readonly context?: Readonly<Record<string, string>>;
  /** Where buckets and the function's log go; it is there. */
  readonly outputDirectory: string;
  /** A cloud assembly that is there already. @default - the stack is synthesized, and its assembly removed in the end */
  readonly assemblyDirectory?: string;
  /** Told what begins, a line at a time. */
  readonly onStep: (line: string) => void;
  /** Told how far the function is, now and then. */
  readonly onProgress: (progress: Progress) => void;
  /** Stops the run: the function is killed, and what Firehose buffers is delivered. @default - nothing stops it */
  readonly signal?: AbortSignal;
}

/** What a local run left behind. */
export interface LocalRun {
  /** What its invocations did together. */
  readonly report: Report;
  /** The template of its events; missing when that is the default one. */
  readonly eventTemplate?: string;
  /** The objects of this run. */
  readonly output: {
    /** The bucket. */
    readonly directory: string;
    /** How many there are. */
    readonly objects: number;
    /** Their size together. */
    readonly bytes: number;
  };
  /** Their paths. */
  readonly objectPaths: readonly string[];
  /** Where the function's log is. */
  readonly logPath: string;
  /** Invocations of the function. */
  readonly invocations: number;
  /** Slices that went through the work queue. */
  readonly slicesQueued: number;
  /** Records offered to Firehose. */
  readonly recordsOffered: number;
  /** Records that Firehose refused. */
  readonly recordsRefused: number;
  /** Memory at its peak of the function's process that used most; 0 when none lived to tell. */
  readonly maxMemoryUsedMiB: number;
  /** What the prover said; missing when the stack has none. */
  readonly proof?: LocalProof;
}

const progressIntervalMs = 100;

/**
 * Runs the stack on this machine, with no AWS account: synthesizes it, starts an embedded Firehose, SQS and S3 configured
 * from its template, invokes its bundled producer, lets it process its queue, and waits for what its prover says, if it has one.
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
  // Not cdk.out: two runs at once would write over each other's.
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
  const { payload, slices, onStep, onProgress, signal } = options;
  const { producer, prover } = stack;
  const outputDirectory = resolve(options.outputDirectory);
  const logPath = join(outputDirectory, 'function.log');
  const log = await open(logPath, 'w');
  let eventsAccepted = 0;
  const countEvents = stack.eventTemplate === undefined ? defaultEventsInRecord : eventsInRecord;
  const aws = await startEndpoint({
    ...options,
    ...stack,
    queues: stack.queues.map((queue) =>
      queue.queueName === prover?.queueName ? { ...queue, timeFactor } : queue,
    ),
    outputDirectory,
    onAccepted: (record) => {
      eventsAccepted += countEvents(record);
    },
  });
  const workQueue = aws.queues.get(producer.queueName)!;
  const lambda = new LambdaPool(producer.function, { endpointUrl: aws.endpointUrl, logFile: log.fd });
  const proverRun = prover && (await ProverRun.start(prover, aws, outputDirectory));
  const stop = () => void Promise.all([lambda.stop(), proverRun?.stop()]);
  signal?.addEventListener('abort', stop);
  if (aws.orphans.length > 0) {
    onStep(`Delivered ${formatCount(aws.orphans.length, 'object')} of an earlier run that was killed.`);
  }
  const asked = slices ? `${formatCount(slices.length, 'slice')} of ` : '';
  onStep(`AWS is ${aws.endpointUrl}, invoking the function with ${asked}${JSON.stringify(payload)} ...`);
  const startedMs = Date.now();
  const totalEvents = slices
    ? pairsLength(slices)
    : (payload.count ?? Number(producer.function.environment[settings.count.variable]));
  const tell = () =>
    onProgress(measureProgress(aws, workQueue, eventsAccepted, totalEvents, Date.now() - startedMs));
  const progress = setInterval(tell, progressIntervalMs);

  try {
    signal?.throwIfAborted();
    for (const [from, to] of slices ?? []) {
      workQueue.send(JSON.stringify({ ...payload, from, to }));
    }
    const { result, error } = slices ? {} : await lambda.invoke(payload);
    await processQueue(workQueue, producer.eventSourceMapping, lambda.invoke, { ...(signal && { signal }) });
    const durationMs = Date.now() - startedMs;
    signal?.throwIfAborted();
    if (error) {
      const { errorType, errorMessage } = error;
      throw errorType === 'InvalidPayloadError' ? new UsageError(errorMessage) : new Error(errorMessage);
    }
    clearInterval(progress);
    tell();
    const deniedUntilMs = options.faults?.denial?.toMs ?? 0;
    const isDenied = Date.now() - startedMs < deniedUntilMs;
    const until = isDenied ? `; it cannot write until ${deniedUntilMs / 1_000} s after the start` : '';
    onStep(`Flushing what Firehose still buffers${until} ...`);
    await aws.deliveryStream.flush().catch((failure: Error) => {
      throw new Error(`${failure.message}; what the function reported is in ${logPath}`, { cause: failure });
    });
    onStep(`Done: ${describeDelivery(aws, eventsAccepted)}`);
    const reports = reportsInLog(await readFile(logPath, 'utf8'));
    const report = combineReports(
      v.parse(reportSchema, slices ? reports[0] : result, {
        message: (issue) => `${issue.message}; the function's log is ${logPath}`,
      }),
      reports,
      workQueue.deadLetters,
      // A run of one invocation is told as the function told it, to the millisecond.
      lambda.invocations === 1 ? (reports[0]?.durationMs ?? durationMs) : durationMs,
      slices,
    );
    const proof = proverRun && (await prove(proverRun, report, options));
    signal?.throwIfAborted();
    const { keys, objectBytes } = aws.deliveryStream.totals;
    const directory = join(outputDirectory, stack.deliveryStream.bucketName);
    return {
      report,
      ...(stack.eventTemplate !== undefined && { eventTemplate: stack.eventTemplate }),
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
    signal?.removeEventListener('abort', stop);
    await Promise.all([lambda.stop(), proverRun?.stop()]);
    // Where the stream fails to deliver, the flush has said so, or the function's own error matters more.
    await Promise.allSettled([aws.stop(), log.close()]);
  }
}

/** Waits for what the prover says of everything that Firehose acknowledged. */
function prove(
  proverRun: ProverRun,
  report: Report,
  { slices, faults, onStep }: LocalRunOptions,
): Promise<LocalProof> {
  onStep(`Waiting for the prover, whose delays are 1/${timeFactor} of those in AWS ...`);
  const asked = slices ?? [[report.from, report.to]];
  const delivered = asked.flatMap(([from, to]) => subtractSlices({ from, to }, report.undelivered));
  return proverRun.finish(report.runId, delivered, (faults?.lose ?? 0) > 0);
}

function measureProgress(
  aws: Endpoint,
  workQueue: LocalQueue,
  events: number,
  totalEvents: number,
  elapsedMs: number,
): Progress {
  const queued = workQueue.size;
  const queue = queued > 0 ? `; ${formatCount(queued, 'slice')} in the queue` : '';
  return {
    elapsedMs,
    events,
    totalEvents,
    notes: [
      `${formatNumber(Math.round(events / (Math.max(elapsedMs, 1) / 1_000)))}/s`,
      `${formatNumber(aws.records.refused)} refused`,
      `${formatNumber(queued)} queued`,
    ],
    line: describeDelivery(aws, events) + queue,
  };
}

function describeDelivery({ deliveryStream, records }: Endpoint, events: number): string {
  const { records: accepted, recordBytes, keys } = deliveryStream.totals;
  const lost = records.lost > 0 ? `, lost ${formatNumber(records.lost)}` : '';
  const mebibytes = (recordBytes / 1_048_576).toFixed(1);
  return (
    `Firehose took ${formatCount(events, 'event')} in ${formatCount(accepted + records.lost, 'record')}, ` +
    `${mebibytes} MiB, refused ${formatNumber(records.refused)}${lost}; ${formatCount(keys.length, 'object')} written`
  );
}
