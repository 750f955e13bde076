import { mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { DeliveryStream } from './firehose/delivery-stream.ts';
import { createFirehoseServer, listenOnLoopback } from './firehose/server.ts';
import { type Invocation, LocalFunction } from './lambda-runtime.ts';
import { type Report, reportSchema } from './report.ts';
import { synthesize } from './synth.ts';
import { readLocalStack } from './template.ts';

/** What a local run is asked for. */
export interface LocalRunOptions {
  /** Payload of the invocation. */
  readonly payload: { readonly count?: number; readonly runId?: string };
  /** CDK context for the stack. */
  readonly context: Readonly<Record<string, string>>;
  /** Where buckets and the function's log go. */
  readonly outputDirectory: string;
  /** Where the cloud assembly goes. */
  readonly assemblyDirectory: string;
  /** Told what is going on, a line at a time, now and then. */
  readonly onProgress: (line: string) => void;
  /** Decides over each record, as {@link createFirehoseServer} says. @default - every record is taken */
  readonly admit?: Parameters<typeof createFirehoseServer>[0]['admit'];
}

/** What a local run left behind. */
export interface LocalRun {
  /** What the function returned. */
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
  /** Memory of the function's process at its peak. */
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
 * Runs the producer on this machine, with no AWS account: synthesizes the stack, starts an embedded Firehose
 * configured from its template, and invokes its bundled function once.
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
  const deliveryStream = new DeliveryStream(stack.deliveryStream, { directory: outputDirectory });
  const firehose = createFirehoseServer({
    deliveryStreams: [deliveryStream],
    ...(options.admit && { admit: options.admit }),
  });
  const endpointUrl = await listenOnLoopback(firehose, 0);
  const lambda = await LocalFunction.start(stack.function, { endpointUrl, logFile: log.fd });
  onProgress(`Firehose is ${endpointUrl}, invoking the function with ${JSON.stringify(payload)} ...`);
  const startedMs = Date.now();
  const progress = setInterval(() => {
    onProgress(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s: ${describeTotals(deliveryStream)}`);
  }, progressIntervalMs);

  try {
    const invocation = await lambda.invoke(payload);
    onProgress('Flushing what Firehose still buffers ...');
    await deliveryStream.flush();
    onProgress(`Done: ${describeTotals(deliveryStream)}`);
    if (invocation.error) {
      throw new FunctionError(invocation.error);
    }
    const { keys, objectBytes } = deliveryStream.totals;
    const directory = join(outputDirectory, stack.deliveryStream.bucketName);
    v.assert(reportSchema, invocation.result);
    return {
      report: invocation.result,
      output: { directory, objects: keys.length, bytes: objectBytes },
      objectPaths: keys.map((key) => join(directory, key)),
      logPath,
      maxMemoryUsedMiB: invocation.maxMemoryUsedMiB,
    };
  } finally {
    clearInterval(progress);
    await lambda.stop();
    firehose.closeAllConnections();
    firehose.close();
    await deliveryStream.close();
    await log.close();
  }
}

function describeTotals({ totals: { records, recordBytes, keys } }: DeliveryStream): string {
  const mebibytes = (recordBytes / 1_048_576).toFixed(1);
  return `Firehose took ${records} records, ${mebibytes} MiB; ${keys.length} objects are written`;
}
