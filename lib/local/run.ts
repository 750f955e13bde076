import { mkdir, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './aws.ts';
import { workOff } from './event-source-mapping.ts';
import { LambdaPool } from './lambda-pool.ts';
import type { Invocation } from './lambda-runtime.ts';
import { combineReports, type Report, reportsInLog } from './report.ts';
import { synthesize } from './synth.ts';
import { readLocalStack } from './template.ts';

/** What a local run is asked for. */
export interface LocalRunOptions extends Pick<LocalAwsOptions, 'faults' | 'faultSeed' | 'quota'> {
  /** Payload of the invocation. */
  readonly payload: {
    readonly count?: number;
    readonly runId?: string;
    readonly eventsPerSecond?: number;
  };
  /** CDK context for the stack. */
  readonly context: Readonly<Record<string, string>>;
  /** Where buckets and the function's log go. */
  readonly outputDirectory: string;
  /** Where the cloud assembly goes. */
  readonly assemblyDirectory: string;
  /** Told what is going on, a line at a time, now and then. */
  readonly onProgress: (line: string) => void;
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
  /** Memory at its peak of the function's process that used most. */
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
 */
export async function runLocally(options: LocalRunOptions): Promise<LocalRun> {
  const { payload, context, onProgress } = options;
  const assemblyDirectory = resolve(options.assemblyDirectory);
  const outputDirectory = resolve(options.outputDirectory);

  onProgress('Synthesizing the stack, as cdk deploy would ...');
  await synthesize(assemblyDirectory, context);
  const stack = await readLocalStack(assemblyDirectory, stackName);

  await mkdir(outputDirectory, { recursive: true });
  const logPath = join(outputDirectory, 'function.log');
  const log = await open(logPath, 'w');
  const aws = await startLocalAws({ ...options, ...stack, outputDirectory });
  const lambda = new LambdaPool(stack.function, { endpointUrl: aws.endpointUrl, logFile: log.fd });
  onProgress(`AWS is ${aws.endpointUrl}, invoking the function with ${JSON.stringify(payload)} ...`);
  const startedMs = Date.now();
  const progress = setInterval(() => {
    onProgress(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s: ${describeProgress(aws)}`);
  }, progressIntervalMs);

  try {
    const { result, error } = await lambda.invoke(payload);
    await workOff(aws.workQueue, stack.eventSourceMapping, lambda.invoke);
    const durationMs = Date.now() - startedMs;
    onProgress('Flushing what Firehose still buffers ...');
    await aws.deliveryStream.flush();
    onProgress(`Done: ${describeProgress(aws)}`);
    if (error) {
      throw new FunctionError(error);
    }
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
    await lambda.stop();
    await aws.stop();
    await log.close();
  }
}

function describeProgress({ deliveryStream, workQueue, admission }: LocalAws): string {
  const { records, recordBytes, keys } = deliveryStream.totals;
  const mebibytes = (recordBytes / 1_048_576).toFixed(1);
  return (
    `Firehose took ${records} records, ${mebibytes} MiB, refused ${admission.refused}; ` +
    `${keys.length} objects are written${workQueue.isEmpty ? '' : '; slices are in the queue'}`
  );
}
