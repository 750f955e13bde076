import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './aws.ts';
import { workOff } from './event-source-mapping.ts';
import { LambdaPool } from './lambda-pool.ts';
import type { Invocation } from './lambda-runtime.ts';
import { combineReports, type Report, reportsInLog } from './report.ts';
import { synthesize } from './synth.ts';
import { type LocalStack, readLocalStack } from './template.ts';
import { formatCount, formatNumber } from './text.ts';

/** What a local run is asked for. */
export interface LocalRunOptions extends Pick<LocalAwsOptions, 'faults' | 'faultSeed' | 'quota'> {
  /** Payload of the invocation. */
  readonly payload: {
    readonly count?: number;
    readonly runId?: string;
    readonly eventsPerSecond?: number;
  };
  /** CDK context for the stack. @default - none */
  readonly context?: Readonly<Record<string, string>>;
  /** Where buckets and the function's log go. */
  readonly outputDirectory: string;
  /** A cloud assembly that is there already. @default - the stack is synthesized, and its assembly removed in the end */
  readonly assemblyDirectory?: string;
  /** Told what is going on, a line at a time, now and then. */
  readonly onProgress: (line: string) => void;
  /** Stops the run: the function is killed, and what Firehose buffers is delivered. @default - nothing stops it */
  readonly signal?: AbortSignal;
}

/** What a local run left behind. */
export interface LocalRun {
  /** What its invocations did together. */
  readonly report: Report;
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
}

/** The function failed; the message is its own. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  /** The function's error class. */
  readonly errorType: string;

  constructor({ errorType, errorMessage }: NonNullable<Invocation['error']>) {
    super(errorMessage);
    this.errorType = errorType;
  }
}

const stackName = 'FirehoseEventProducer';
const progressIntervalMs = 500;

/**
 * Runs the producer on this machine, with no AWS account: synthesizes the stack, starts an embedded Firehose and an
 * embedded SQS configured from its template, invokes its bundled function, and lets it work off its queue.
 *
 * @throws FunctionError if the function failed.
 * @throws Error naming the function's log, if an object could not be written.
 * @throws The signal's reason, if it stopped the run.
 */
export async function runLocally(options: LocalRunOptions): Promise<LocalRun> {
  const { assemblyDirectory, context = {}, onProgress, signal } = options;
  if (assemblyDirectory !== undefined) {
    return runStack(await readLocalStack(resolve(assemblyDirectory), stackName), options);
  }
  // Not cdk.out: two runs at once would write over each other's.
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'firehose-event-producer-'));
  try {
    onProgress('Synthesizing the stack, as cdk deploy would ...');
    await synthesize(temporaryDirectory, context, signal);
    return await runStack(await readLocalStack(temporaryDirectory, stackName), options);
  } finally {
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

async function runStack(stack: LocalStack, options: LocalRunOptions): Promise<LocalRun> {
  const { payload, onProgress, signal } = options;
  const outputDirectory = resolve(options.outputDirectory);
  await mkdir(outputDirectory, { recursive: true });
  const logPath = join(outputDirectory, 'function.log');
  const log = await open(logPath, 'w');
  const aws = await startLocalAws({ ...options, ...stack, outputDirectory });
  const lambda = new LambdaPool(stack.function, { endpointUrl: aws.endpointUrl, logFile: log.fd });
  const stop = () => lambda.stop();
  signal?.addEventListener('abort', stop);
  onProgress(`AWS is ${aws.endpointUrl}, invoking the function with ${JSON.stringify(payload)} ...`);
  const startedMs = Date.now();
  const progress = reportProgress(aws, onProgress);

  try {
    signal?.throwIfAborted();
    const { result, error } = await lambda.invoke(payload);
    await workOff(aws.workQueue, stack.eventSourceMapping, lambda.invoke, signal);
    const durationMs = Date.now() - startedMs;
    signal?.throwIfAborted();
    if (error) {
      throw new FunctionError(error);
    }
    clearInterval(progress);
    onProgress('Flushing what Firehose still buffers ...');
    await aws.deliveryStream.flush().catch((failure: Error) => {
      throw new Error(`${failure.message}; what the function reported is in ${logPath}`, { cause: failure });
    });
    onProgress(`Done: ${describeProgress(aws)}`);
    const reports = reportsInLog(await readFile(logPath, 'utf8'));
    const { keys, objectBytes } = aws.deliveryStream.totals;
    const directory = join(outputDirectory, stack.deliveryStream.bucketName);
    return {
      // A run of one invocation is told as the function told it, to the millisecond.
      report:
        lambda.invocations === 1
          ? combineReports(result, reports, [], reports[0]!.durationMs)
          : combineReports(result, reports, aws.workQueue.deadLetters, durationMs),
      output: { directory, objects: keys.length, bytes: objectBytes },
      objectPaths: keys.map((key) => join(directory, key)),
      logPath,
      invocations: lambda.invocations,
      slicesQueued: aws.workQueue.sent,
      recordsOffered: aws.admission.offered,
      recordsRefused: aws.admission.refused,
      maxMemoryUsedMiB: lambda.maxMemoryUsedMiB,
    };
  } finally {
    clearInterval(progress);
    signal?.removeEventListener('abort', stop);
    await lambda.stop();
    // Where the stream fails to deliver, the flush has said so, or the function's own error matters more.
    await Promise.allSettled([aws.stop(), log.close()]);
  }
}

/** Tells how far it is now and then, unless nothing has changed. */
function reportProgress(aws: LocalAws, onProgress: (line: string) => void): NodeJS.Timeout {
  const startedMs = Date.now();
  let last = describeProgress(aws);
  return setInterval(() => {
    const line = describeProgress(aws);
    if (line !== last) {
      last = line;
      onProgress(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s: ${line}`);
    }
  }, progressIntervalMs);
}

function describeProgress({ deliveryStream, workQueue, admission }: LocalAws): string {
  const { records, recordBytes, keys } = deliveryStream.totals;
  const mebibytes = (recordBytes / 1_048_576).toFixed(1);
  return (
    `Firehose took ${formatCount(records, 'record')}, ${mebibytes} MiB, refused ${formatNumber(admission.refused)}; ` +
    `${formatCount(keys.length, 'object')} written${workQueue.isEmpty ? '' : '; slices are in the queue'}`
  );
}
