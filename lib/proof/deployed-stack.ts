import {
  type CloudFormationClient,
  DescribeStackResourceCommand,
  GetTemplateSummaryCommand,
} from '@aws-sdk/client-cloudformation';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { defaultStackName, producersMetadataKey } from '../stack/outputs.ts';
import { type ProducerConfiguration, readConfiguration } from './invocation.ts';
import type { Scope } from './source.ts';
import { UnanswerableError, unanswerableCall } from './unanswerable.ts';

const producerMetadata = v.object({ function: v.string(), eventTemplate: v.optional(v.string()) });
const metadataSchema = v.object({
  [producersMetadataKey]: v.optional(v.record(v.string(), producerMetadata), {}),
});

/** Names a deployed producer: by its function, or by a stack that has no other. */
export interface ProducerOptions {
  readonly stack?: string;
  readonly function?: string;
  /** @default - the stream's bucket */
  readonly source?: string;
  /** @default - the deployed one */
  readonly eventTemplate?: string | undefined;
}

export interface DeploymentClients {
  readonly cloudFormation: CloudFormationClient;
  readonly lambda: LambdaClient;
}

/**
 * Finds a deployed producer, the place where its events land, and their template.
 *
 * @throws UnanswerableError if one of them is unknown, or the stack has several producers.
 */
export async function findProducer(
  options: ProducerOptions,
  { cloudFormation, lambda }: DeploymentClients,
): Promise<
  ProducerConfiguration & {
    readonly source: string;
    readonly scope: Scope;
    readonly eventTemplate: string | undefined;
  }
> {
  const functionName = await findFunction(options, cloudFormation);
  const producer = await readConfiguration(lambda, functionName);
  const { isShared, naming } = producer;
  const place = options.source
    ? { source: options.source, scope: { isShared } }
    : { source: sourceOf(producer), scope: { isShared, naming } };
  const eventTemplate = options.eventTemplate ?? (await readEventTemplate(cloudFormation, producer));
  return { ...producer, ...place, eventTemplate };
}

/** The name of the producer's function. @throws UnanswerableError if the stack has none, or several. */
export async function findFunction(
  { stack: StackName = defaultStackName, function: functionName }: ProducerOptions,
  client: CloudFormationClient,
): Promise<string> {
  if (functionName !== undefined) {
    return functionName;
  }
  const producers = Object.entries(await readProducers(client, StackName));
  const found = await Promise.all(
    producers.map(async ([path, { function: LogicalResourceId }]) => {
      const command = new DescribeStackResourceCommand({ StackName, LogicalResourceId });
      const { StackResourceDetail } = await client.send(command);
      return { path, name: StackResourceDetail!.PhysicalResourceId! };
    }),
  ).catch((error) => {
    throw unanswerableCall(`finding the producers of the stack ${StackName} (or give --function)`, error);
  });
  if (found.length === 1) {
    return found[0]!.name;
  }
  const names = found.map(({ path, name }) => `--function ${name} (${path})`).join(' or ');
  throw new UnanswerableError(
    found.length > 1
      ? `the stack ${StackName} has ${found.length} producers: give ${names} instead of --stack`
      : `the stack ${StackName} has no producer, or one of an earlier version: deploy it again`,
  );
}

/** The folder in the bucket that never changes. */
function sourceOf({ functionName, bucketName, naming }: ProducerConfiguration): string {
  if (bucketName === undefined) {
    throw new UnanswerableError(
      `the bucket of ${functionName} is unknown, because its stack did not create the stream, or is of an earlier version: give ` +
        '--source s3://bucket/prefix',
    );
  }
  return `s3://${bucketName}/${naming.prefix.replace(/[^/]*!\{.*$/s, '')}`;
}

/** Reads the template of the events from the metadata of the producer's stack; `undefined` if it is the default one. */
async function readEventTemplate(
  client: CloudFormationClient,
  { functionName, producerName = '' }: ProducerConfiguration,
): Promise<string | undefined> {
  const [, stackName, path] = /^([^/]+)\/(.+)$/.exec(producerName) ?? [];
  const producer = stackName && (await readProducers(client, stackName))[path!];
  if (!producer) {
    throw new UnanswerableError(
      `the template of ${functionName} is unknown, because its stack is of an earlier version: deploy it again, or give --event`,
    );
  }
  return producer.eventTemplate;
}

async function readProducers(client: CloudFormationClient, StackName: string) {
  const { Metadata } = await client.send(new GetTemplateSummaryCommand({ StackName })).catch((error) => {
    throw unanswerableCall(`describing the stack ${StackName} (cdk deploy creates it)`, error);
  });
  return v.parse(metadataSchema, JSON.parse(Metadata ?? '{}'))[producersMetadataKey];
}
