import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { proverVariables } from '../../../lambda/contract/settings.ts';
import type { EndpointQueueSettings } from '../../emulator/endpoint.ts';
import type { DeliveryStreamSettings } from '../../emulator/firehose/delivery-stream.ts';
import type { EventSourceMappingSettings } from '../../emulator/lambda/event-source-mapping.ts';
import type { FunctionSettings } from '../../emulator/lambda/settings.ts';
import { outputs, templateMetadataKey } from '../../stack/outputs.ts';

/** A function that processes a queue. */
export interface QueueFunction {
  /** The function. */
  readonly function: FunctionSettings;
  /** Name of the queue. */
  readonly queueName: string;
  /** How it is processed. */
  readonly eventSourceMapping: EventSourceMappingSettings;
}

/** The prover. */
export interface LocalProver extends QueueFunction {
  /** Name of the queue that gets the payloads of what is lost. */
  readonly deadLetterQueueName: string;
  /** Hours after which a missing event is lost. */
  readonly lostAfterHours: number;
}

/** What of a synthesized stack runs on this machine. */
export interface LocalStack {
  /** The producer, with its work queue. */
  readonly producer: QueueFunction;
  /** The prover, with its queue of claims; missing when the stack has none. */
  readonly prover?: LocalProver;
  /** The template of the events; missing when that is the default one. */
  readonly eventTemplate?: string;
  /** The stream that the producer pushes to. */
  readonly deliveryStream: DeliveryStreamSettings;
  /** All queues. */
  readonly queues: readonly EndpointQueueSettings[];
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
const attribute = v.object({ 'Fn::GetAtt': v.tuple([v.string(), v.literal('Arn')]) });
// What is left out has SQS's own default.
const queueProperties = v.object({
  VisibilityTimeout: v.optional(v.number(), 30),
  RedrivePolicy: v.optional(v.object({ maxReceiveCount: v.number(), deadLetterTargetArn: attribute })),
});
const eventSourceMappingProperties = v.object({
  FunctionName: reference,
  EventSourceArn: attribute,
  BatchSize: v.number(),
  MaximumBatchingWindowInSeconds: v.optional(v.number(), 0),
  ScalingConfig: v.object({ MaximumConcurrency: v.number() }),
});
const resource = v.object({ Type: v.string(), Properties: v.optional(v.unknown(), {}) });
const template = v.object({
  Metadata: v.optional(v.object({ [templateMetadataKey]: v.optional(v.string()) })),
  Outputs: neededOutputs,
  Resources: v.record(v.string(), resource),
});

type Resources = v.InferOutput<typeof template>['Resources'];

/** The name that CloudFormation would give a resource, without the random part: the same in every run. */
function physicalName(stackName: string, logicalId: string): string {
  return `${stackName}-${logicalId.replace(/[0-9A-F]{8}$/, '')}`;
}

/**
 * Reads from a cloud assembly what is needed to run its functions on this machine. Outputs say which resources are the
 * producer's, and a function that knows a bucket and a queue of claims is the prover, so that the template may otherwise
 * change as it likes.
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
  const { Metadata, Outputs, Resources } = v.parse(template, json);
  const eventTemplate = Metadata?.[templateMetadataKey];
  const names = new Names(stackName, Resources);
  const functions = new Functions(assemblyDirectory, names, Resources);
  const logicalId = (name: keyof typeof Outputs) => Outputs[name].Value.Ref;
  const prover = functions.findProver();
  const stream = v.parse(
    deliveryStreamProperties,
    Resources[logicalId(outputs.deliveryStreamName)]?.Properties,
  );
  const destination = stream.ExtendedS3DestinationConfiguration;
  return {
    producer: functions.read(logicalId(outputs.functionName)),
    ...(prover && { prover }),
    ...(eventTemplate !== undefined && { eventTemplate }),
    deliveryStream: {
      deliveryStreamName: names.valueOf(logicalId(outputs.deliveryStreamName)),
      bucketName: names.valueOf(logicalId(outputs.bucketName)),
      prefix: destination.Prefix,
      errorOutputPrefix: destination.ErrorOutputPrefix,
      compression: destination.CompressionFormat,
      ...(destination.FileExtension && { fileExtension: destination.FileExtension }),
      bufferingIntervalSeconds: destination.BufferingHints.IntervalInSeconds,
      bufferingSizeMiB: destination.BufferingHints.SizeInMBs,
      encrypted: stream.DeliveryStreamEncryptionConfigurationInput !== undefined,
    },
    queues: idsOf(Resources, 'AWS::SQS::Queue').map((id) => readQueue(id, names, Resources)),
  };
}

/** The last part of a queue's URL. */
function queueNameOf(queueUrl: string | undefined): string {
  return queueUrl?.split('/').at(-1) ?? '';
}

/** The names that CloudFormation would give, here without their random parts. */
class Names {
  readonly #stackName: string;
  readonly #resources: Resources;

  constructor(stackName: string, resources: Resources) {
    this.#stackName = stackName;
    this.#resources = resources;
  }

  /** What `Ref` gives of a resource: its name, in small letters if it is a bucket, but of a queue the URL. */
  valueOf(logicalId: string): string {
    const name = this.nameOf(logicalId);
    const type = this.#resources[logicalId]?.Type;
    if (type === 'AWS::SQS::Queue') {
      return `https://sqs.us-east-1.amazonaws.com/123456789012/${name}`;
    }
    return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  }

  /** Its name. */
  nameOf(logicalId: string): string {
    return physicalName(this.#stackName, logicalId);
  }
}

/** The functions of a template. */
class Functions {
  readonly #assemblyDirectory: string;
  readonly #names: Names;
  readonly #resources: Resources;

  constructor(assemblyDirectory: string, names: Names, resources: Resources) {
    this.#assemblyDirectory = assemblyDirectory;
    this.#names = names;
    this.#resources = resources;
  }

  /** Reads a function and its queue. */
  read(logicalId: string): QueueFunction {
    const { Code, Handler, MemorySize, Timeout, Environment } = v.parse(
      functionProperties,
      this.#resources[logicalId]?.Properties,
    );
    const mapping = v.parse(eventSourceMappingProperties, this.#mappingOf(logicalId));
    return {
      function: {
        functionName: this.#names.nameOf(logicalId),
        assetDirectory: join(this.#assemblyDirectory, `asset.${Code.S3Key.replace(/\.zip$/, '')}`),
        handler: Handler,
        environment: Object.fromEntries(
          Object.entries(Environment.Variables).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : this.#names.valueOf(value.Ref),
          ]),
        ),
        memoryMiB: MemorySize,
        timeoutMs: Timeout * 1_000,
      },
      queueName: this.#names.nameOf(mapping.EventSourceArn['Fn::GetAtt'][0]),
      eventSourceMapping: {
        batchSize: mapping.BatchSize,
        maxConcurrency: mapping.ScalingConfig.MaximumConcurrency,
        batchingWindowMs: mapping.MaximumBatchingWindowInSeconds * 1_000,
      },
    };
  }

  /** The function that knows a bucket and a queue of claims. */
  findProver(): LocalProver | undefined {
    const { bucketName, proofQueueUrl, deadLetterQueueUrl, lostAfterHours } = proverVariables;
    const id = idsOf(this.#resources, 'AWS::Lambda::Function').find((id) => {
      const { output, success } = v.safeParse(functionProperties, this.#resources[id]?.Properties);
      const variables = success ? output.Environment.Variables : {};
      return variables[bucketName] !== undefined && variables[proofQueueUrl] !== undefined;
    });
    if (id === undefined) {
      return undefined;
    }
    const prover = this.read(id);
    const { environment } = prover.function;
    return {
      ...prover,
      deadLetterQueueName: queueNameOf(environment[deadLetterQueueUrl]),
      lostAfterHours: Number(environment[lostAfterHours]),
    };
  }

  #mappingOf(logicalId: string): unknown {
    const properties = idsOf(this.#resources, 'AWS::Lambda::EventSourceMapping').map(
      (id) => this.#resources[id]?.Properties,
    );
    return properties.find((mapping) => {
      const { output, success } = v.safeParse(eventSourceMappingProperties, mapping);
      return success && output.FunctionName.Ref === logicalId;
    });
  }
}

function readQueue(logicalId: string, names: Names, resources: Resources): EndpointQueueSettings {
  const { VisibilityTimeout, RedrivePolicy } = v.parse(queueProperties, resources[logicalId]?.Properties);
  return {
    queueName: names.nameOf(logicalId),
    visibilityTimeoutMs: VisibilityTimeout * 1_000,
    ...(RedrivePolicy && {
      maxReceiveCount: RedrivePolicy.maxReceiveCount,
      deadLetterQueueName: names.nameOf(RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]),
    }),
  };
}

function idsOf(resources: Resources, type: string): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === type);
}
