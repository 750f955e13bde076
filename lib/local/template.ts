import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { DeliveryStreamSettings } from '../emulator/firehose/delivery-stream.ts';
import type { EventSourceMappingSettings } from '../emulator/lambda/event-source-mapping.ts';
import type { FunctionSettings } from '../emulator/lambda/settings.ts';
import type { QueueSettings } from '../emulator/sqs/queue.ts';
import { outputs } from '../stack/outputs.ts';

/** What of a synthesized stack runs on this machine. */
export interface LocalStack {
  /** The producer. */
  readonly function: FunctionSettings;
  /** The stream that it pushes to. */
  readonly deliveryStream: DeliveryStreamSettings;
  /** The queue that it hands slices to. */
  readonly workQueue: QueueSettings;
  /** How that queue is processed. */
  readonly eventSourceMapping: EventSourceMappingSettings;
}

const reference = v.object({ Ref: v.string() });
const neededOutputs = v.object({
  [outputs.functionName]: v.object({ Value: reference }),
  [outputs.deliveryStreamName]: v.object({ Value: reference }),
  [outputs.bucketName]: v.object({ Value: reference }),
  [outputs.workQueueUrl]: v.object({ Value: reference }),
});
const functionProperties = v.object({
  Code: v.object({ S3Key: v.string() }),
  Handler: v.string(),
  MemorySize: v.number(),
  Timeout: v.number(),
  Environment: v.object({ Variables: v.record(v.string(), v.union([v.string(), reference])) }),
});
const deliveryStreamProperties = v.object({
  DeliveryStreamEncryptionConfigurationInput: v.optional(v.object({ KeyType: v.string() })),
  ExtendedS3DestinationConfiguration: v.object({
    BufferingHints: v.object({ IntervalInSeconds: v.number(), SizeInMBs: v.number() }),
    CompressionFormat: v.picklist(['GZIP', 'UNCOMPRESSED']),
    FileExtension: v.optional(v.string()),
    Prefix: v.string(),
    ErrorOutputPrefix: v.string(),
  }),
});
const queueProperties = v.object({
  VisibilityTimeout: v.number(),
  RedrivePolicy: v.object({ maxReceiveCount: v.number() }),
});
const eventSourceMappingProperties = v.object({
  BatchSize: v.number(),
  ScalingConfig: v.object({ MaximumConcurrency: v.number() }),
});
const template = v.object({
  Outputs: neededOutputs,
  Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.optional(v.unknown()) })),
});

/** The name that CloudFormation would give a resource, without the random part: the same in every run. */
function physicalName(stackName: string, logicalId: string): string {
  return `${stackName}-${logicalId.replace(/[0-9A-F]{8}$/, '')}`;
}

/**
 * Reads from a cloud assembly what is needed to run its producer on this machine: only the outputs say which
 * resources count, so that the template may otherwise change as it likes.
 *
 * @param assemblyDirectory What `cdk synth` wrote.
 * @throws Error naming the output that is missing, if the stack has no delivery stream of its own.
 * @throws ValiError if the template is not one of this project's stack.
 */
export async function readLocalStack(assemblyDirectory: string, stackName: string): Promise<LocalStack> {
  const file = await readFile(join(assemblyDirectory, `${stackName}.template.json`), 'utf8');
  const json: unknown = JSON.parse(file);
  const parsed = v.safeParse(template, json);
  const output = parsed.issues
    ?.map((issue) => v.getDotPath(issue))
    .find((path) => path?.startsWith('Outputs.'));
  if (output) {
    throw new Error(
      "A local run needs the stack's own delivery stream, and this stack has none: its template lacks " +
        `${output}. Is there a deliveryStreamName in the context, in cdk.json or ~/.cdk.json?`,
    );
  }
  const { Outputs, Resources } = v.parse(template, json);

  const logicalId = (output: keyof typeof Outputs) => Outputs[output].Value.Ref;
  const workQueueName = physicalName(stackName, logicalId(outputs.workQueueUrl));
  const resolve = (value: string | { Ref: string }) => {
    if (typeof value === 'string') {
      return value;
    }
    // What Ref gives is the name, but for a queue it is the URL.
    return value.Ref === logicalId(outputs.workQueueUrl)
      ? `https://sqs.us-east-1.amazonaws.com/123456789012/${workQueueName}`
      : physicalName(stackName, value.Ref);
  };
  const mapping = Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');

  const { BatchSize, ScalingConfig } = v.parse(eventSourceMappingProperties, mapping?.Properties);
  const queue = v.parse(queueProperties, Resources[logicalId(outputs.workQueueUrl)]?.Properties);
  const producer = v.parse(functionProperties, Resources[logicalId(outputs.functionName)]?.Properties);
  const stream = v.parse(
    deliveryStreamProperties,
    Resources[logicalId(outputs.deliveryStreamName)]?.Properties,
  );
  const destination = stream.ExtendedS3DestinationConfiguration;
  return {
    function: {
      functionName: physicalName(stackName, logicalId(outputs.functionName)),
      assetDirectory: join(assemblyDirectory, `asset.${producer.Code.S3Key.replace(/\.zip$/, '')}`),
      handler: producer.Handler,
      environment: Object.fromEntries(
        Object.entries(producer.Environment.Variables).map(([name, value]) => [name, resolve(value)]),
      ),
      memoryMiB: producer.MemorySize,
      timeoutMs: producer.Timeout * 1_000,
    },
    deliveryStream: {
      deliveryStreamName: physicalName(stackName, logicalId(outputs.deliveryStreamName)),
      bucketName: physicalName(stackName, logicalId(outputs.bucketName)).toLowerCase(),
      prefix: destination.Prefix,
      errorOutputPrefix: destination.ErrorOutputPrefix,
      compression: destination.CompressionFormat,
      ...(destination.FileExtension && { fileExtension: destination.FileExtension }),
      bufferingIntervalSeconds: destination.BufferingHints.IntervalInSeconds,
      bufferingSizeMiB: destination.BufferingHints.SizeInMBs,
      encrypted: stream.DeliveryStreamEncryptionConfigurationInput !== undefined,
    },
    workQueue: {
      queueName: workQueueName,
      visibilityTimeoutMs: queue.VisibilityTimeout * 1_000,
      maxReceiveCount: queue.RedrivePolicy.maxReceiveCount,
    },
    eventSourceMapping: { batchSize: BatchSize, maxConcurrency: ScalingConfig.MaximumConcurrency },
  };
}
