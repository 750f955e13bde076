import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { proverVariables } from '../../../lambda/contract/variables.ts';
import { onDemandShards } from '../../aws/quotas.ts';
import type { EndpointQueueSettings } from '../../emulator/endpoint.ts';
import type { DeliveryStreamSettings } from '../../emulator/firehose/delivery-stream.ts';
import type { KinesisStreamSettings } from '../../emulator/kinesis/stream.ts';
import type { EventSourceMappingSettings } from '../../emulator/lambda/event-source-mapping.ts';
import type { FunctionSettings } from '../../emulator/lambda/settings.ts';
import { outputs, producersMetadataKey } from '../../stack/outputs.ts';

/** A function that processes a queue. */
export interface QueueFunction {
  readonly function: FunctionSettings;
  readonly queueName: string;
  readonly eventSourceMapping: EventSourceMappingSettings;
}

export interface LocalProver extends QueueFunction {
  /** Name of the queue for payloads that send the missing events again. */
  readonly deadLetterQueueName: string;
  /** Hours after which a missing event is lost. */
  readonly lostAfterHours: number;
}

/** The parts of a synthesized stack that run on this machine. */
export interface LocalStack {
  readonly producer: QueueFunction;
  /** @default - the stack has no prover */
  readonly prover?: LocalProver;
  /** Template of the events. @default - the default template */
  readonly eventTemplate?: string;
  readonly deliveryStream: DeliveryStreamSettings;
  /** The stream that the delivery stream reads. @default - it reads none */
  readonly kinesisStream?: KinesisStreamSettings;
  readonly queues: readonly EndpointQueueSettings[];
}

const reference = v.object({ Ref: v.string() });
const functionProperties = v.object({
  Code: v.object({ S3Key: v.string() }),
  Handler: v.string(),
  MemorySize: v.number(),
  Timeout: v.number(),
  Environment: v.object({ Variables: v.record(v.string(), v.union([v.string(), reference])) }),
});
const attribute = v.object({ 'Fn::GetAtt': v.tuple([v.string(), v.literal('Arn')]) });
const deliveryStreamProperties = v.object({
  KinesisStreamSourceConfiguration: v.optional(v.object({ KinesisStreamARN: attribute })),
  DeliveryStreamEncryptionConfigurationInput: v.optional(v.object({ KeyType: v.string() })),
  ExtendedS3DestinationConfiguration: v.object({
    BufferingHints: v.object({ IntervalInSeconds: v.number(), SizeInMBs: v.number() }),
    CompressionFormat: v.picklist(['GZIP', 'UNCOMPRESSED']),
    FileExtension: v.optional(v.string()),
    Prefix: v.string(),
    ErrorOutputPrefix: v.string(),
    CustomTimeZone: v.optional(v.string()),
  }),
});
const kinesisStreamProperties = v.object({
  ShardCount: v.optional(v.number(), onDemandShards),
});
// 30 s is SQS's own default.
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
const output = v.object({ Value: reference });
const templateSchema = v.object({
  Metadata: v.object({
    [producersMetadataKey]: v.record(v.string(), v.object({ eventTemplate: v.optional(v.string()) })),
  }),
  Outputs: v.object({
    [outputs.functionName]: output,
    [outputs.deliveryStreamName]: output,
    [outputs.bucketName]: output,
    [outputs.workQueueUrl]: output,
  }),
  Resources: v.record(v.string(), resource),
});

type Template = v.InferOutput<typeof templateSchema>;

/**
 * Reads the resources of a cloud assembly that run on this machine. The outputs name those of the producer; a function that
 * knows when events are lost is the prover. Other changes of the template have no effect.
 *
 * @param assemblyDirectory Output directory of `cdk synth`.
 * @throws Error naming the missing output, if the stack has no delivery stream of its own.
 * @throws ValiError if the template is not one of this project's stack.
 */
export async function readLocalStack(assemblyDirectory: string, stackName: string): Promise<LocalStack> {
  const file = await readFile(join(assemblyDirectory, `${stackName}.template.json`), 'utf8');
  const parsed = v.safeParse(templateSchema, JSON.parse(file));
  const missing = parsed.issues
    ?.map((issue) => v.getDotPath(issue))
    .find((path) => path?.startsWith('Outputs.'));
  if (missing) {
    throw new Error(
      "A local run needs the stack's own delivery stream, and this stack has none: its template lacks " +
        `${missing}. Is there a deliveryStreamName in the context, in cdk.json or ~/.cdk.json?`,
    );
  }
  if (!parsed.success) {
    throw new v.ValiError(parsed.issues);
  }
  return new StackReader(assemblyDirectory, stackName, parsed.output).read();
}

class StackReader {
  readonly #assemblyDirectory: string;
  readonly #stackName: string;
  readonly #template: Template;

  constructor(assemblyDirectory: string, stackName: string, template: Template) {
    this.#assemblyDirectory = assemblyDirectory;
    this.#stackName = stackName;
    this.#template = template;
  }

  read(): LocalStack {
    const { Metadata, Outputs } = this.#template;
    const prover = this.#prover();
    const kinesisStream = this.#kinesisStream();
    const [{ eventTemplate } = {}] = Object.values(Metadata[producersMetadataKey]);
    return {
      producer: this.#queueFunction(Outputs[outputs.functionName].Value.Ref),
      ...(prover && { prover }),
      ...(eventTemplate !== undefined && { eventTemplate }),
      deliveryStream: this.#deliveryStream(),
      ...(kinesisStream && { kinesisStream }),
      queues: this.#idsOf('AWS::SQS::Queue').map((id) => this.#queue(id)),
    };
  }

  #deliveryStream(): DeliveryStreamSettings {
    const { Outputs } = this.#template;
    const stream = this.#deliveryStreamProperties();
    const destination = stream.ExtendedS3DestinationConfiguration;
    return {
      deliveryStreamName: this.#ref(Outputs[outputs.deliveryStreamName].Value.Ref),
      bucketName: this.#ref(Outputs[outputs.bucketName].Value.Ref),
      prefix: destination.Prefix,
      errorOutputPrefix: destination.ErrorOutputPrefix,
      ...(destination.CustomTimeZone && { customTimeZone: destination.CustomTimeZone }),
      compression: destination.CompressionFormat,
      ...(destination.FileExtension && { fileExtension: destination.FileExtension }),
      bufferingIntervalSeconds: destination.BufferingHints.IntervalInSeconds,
      bufferingSizeMiB: destination.BufferingHints.SizeInMBs,
      encrypted: stream.DeliveryStreamEncryptionConfigurationInput !== undefined,
    };
  }

  #kinesisStream(): KinesisStreamSettings | undefined {
    const { KinesisStreamSourceConfiguration: source } = this.#deliveryStreamProperties();
    if (source === undefined) {
      return undefined;
    }
    const [id] = source.KinesisStreamARN['Fn::GetAtt'];
    const { ShardCount: shards } = v.parse(kinesisStreamProperties, this.#properties(id));
    return { streamName: this.#ref(id), shards };
  }

  #deliveryStreamProperties() {
    const id = this.#template.Outputs[outputs.deliveryStreamName].Value.Ref;
    return v.parse(deliveryStreamProperties, this.#properties(id));
  }

  /** The function that knows when events are lost. */
  #prover(): LocalProver | undefined {
    const { deadLetterQueueUrl, lostAfterHours } = proverVariables;
    const id = this.#idsOf('AWS::Lambda::Function').find((id) => {
      const { output, success } = v.safeParse(functionProperties, this.#properties(id));
      return success && output.Environment.Variables[lostAfterHours] !== undefined;
    });
    if (id === undefined) {
      return undefined;
    }
    const prover = this.#queueFunction(id);
    const { environment } = prover.function;
    return {
      ...prover,
      deadLetterQueueName: environment[deadLetterQueueUrl]?.split('/').at(-1) ?? '',
      lostAfterHours: Number(environment[lostAfterHours]),
    };
  }

  #queueFunction(id: string): QueueFunction {
    const { Code, Handler, MemorySize, Timeout, Environment } = v.parse(
      functionProperties,
      this.#properties(id),
    );
    const mapping = this.#idsOf('AWS::Lambda::EventSourceMapping')
      .map((mappingId) => v.safeParse(eventSourceMappingProperties, this.#properties(mappingId)))
      .find(({ success, output }) => success && output.FunctionName.Ref === id);
    const { EventSourceArn, BatchSize, ScalingConfig, MaximumBatchingWindowInSeconds } = v.parse(
      eventSourceMappingProperties,
      mapping?.output,
    );
    return {
      function: {
        functionName: this.#name(id),
        assetDirectory: join(this.#assemblyDirectory, `asset.${Code.S3Key.replace(/\.zip$/, '')}`),
        handler: Handler,
        environment: Object.fromEntries(
          Object.entries(Environment.Variables).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : this.#ref(value.Ref),
          ]),
        ),
        memoryMiB: MemorySize,
        timeoutMs: Timeout * 1_000,
      },
      queueName: this.#name(EventSourceArn['Fn::GetAtt'][0]),
      eventSourceMapping: {
        batchSize: BatchSize,
        maxConcurrency: ScalingConfig.MaximumConcurrency,
        batchingWindowMs: MaximumBatchingWindowInSeconds * 1_000,
      },
    };
  }

  #queue(id: string): EndpointQueueSettings {
    const { VisibilityTimeout, RedrivePolicy } = v.parse(queueProperties, this.#properties(id));
    return {
      queueName: this.#name(id),
      visibilityTimeoutMs: VisibilityTimeout * 1_000,
      ...(RedrivePolicy && {
        maxReceiveCount: RedrivePolicy.maxReceiveCount,
        deadLetterQueueName: this.#name(RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]),
      }),
    };
  }

  /** Value of `Ref`: the URL of a queue, the name of other resources. */
  #ref(id: string): string {
    const name = this.#name(id);
    const type = this.#template.Resources[id]?.Type;
    if (type === 'AWS::SQS::Queue') {
      return `https://sqs.us-east-1.amazonaws.com/123456789012/${name}`;
    }
    return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  }

  /** The name that CloudFormation would give, without the random part: the same in every run. */
  #name(id: string): string {
    return `${this.#stackName}-${id.replace(/[0-9A-F]{8}$/, '')}`;
  }

  #properties(id: string): unknown {
    return this.#template.Resources[id]?.Properties;
  }

  #idsOf(type: string): string[] {
    const { Resources } = this.#template;
    return Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
  }
}
