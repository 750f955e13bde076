import {
  GetFunctionConfigurationCommand,
  type InvocationType,
  InvokeCommand,
  type InvokeCommandOutput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import type { Match } from '../../lambda/contract/claim.ts';
import { maxBufferingSeconds, settings } from '../../lambda/contract/deployment-settings.ts';
import type { Payload } from '../../lambda/contract/invocation.ts';
import { isPartitioned, parsePartition } from '../../lambda/contract/key-prefix.ts';
import { defaultRecordFormat } from '../../lambda/contract/record-format.ts';
import { type Report, reportSchema } from '../../lambda/contract/report.ts';
import { producerSettings } from '../../lambda/contract/settings.ts';
import { targetNames } from '../../lambda/contract/targets.ts';
import { variables } from '../../lambda/contract/variables.ts';
import type { ObjectNaming } from '../../lambda/prover/objects/object-window.ts';
import { firehoseTimeZone } from '../aws/time-zones.ts';
import { UnanswerableError, unanswerableCall } from './unanswerable.ts';

/**
 * Invokes the producer and waits for its report.
 *
 * @throws UnanswerableError with the function's error if it failed.
 */
export async function invokeProducer(
  client: LambdaClient,
  functionName: string,
  payload: Payload,
): Promise<Report> {
  const { FunctionError, Payload: returned } = await invoke(client, functionName, payload, 'RequestResponse');
  const text = Buffer.from(returned ?? []).toString();
  if (FunctionError !== undefined) {
    throw new UnanswerableError(`${functionName} failed: ${describeFunctionError(text)}`);
  }
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), reportSchema), text);
  if (!result.success) {
    throw new UnanswerableError(`${functionName} returned no producer report: ${text.slice(0, 200)}`);
  }
  return result.output;
}

/**
 * @param invocationType With `Event`, Lambda queues the payload and tries up to three times.
 * @throws UnanswerableError if Lambda does not accept the payload.
 */
export function invoke(
  client: LambdaClient,
  functionName: string,
  payload: Payload,
  invocationType: InvocationType,
): Promise<InvokeCommandOutput> {
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: invocationType,
    Payload: Buffer.from(JSON.stringify(payload)),
  });
  return client.send(command).catch((error) => {
    throw unanswerableCall(`invoking ${functionName} for the run ${payload.runId}`, error);
  });
}

/** Beside buffering. */
const landingReserveSeconds = 300;

/** If nothing is known of the stream. */
export const longestLandingMs = (maxBufferingSeconds + landingReserveSeconds) * 1_000;

export interface ProducerConfiguration {
  readonly functionName: string;
  readonly deliveryStreamName: string;
  /** `<stack name>/<path in the stack>`; earlier versions have none. */
  readonly producerName: string | undefined;
  readonly bucketName: string | undefined;
  /** Whether others write to the bucket, too. */
  readonly isShared: boolean;
  readonly match: Match;
  readonly naming: ObjectNaming;
  /** Settings that it got for its stream, by their keys in CDK context; of the buffering interval, the delay of the first check. */
  readonly deployed: Readonly<Record<string, string>>;
  /** Events of a run if the payload has no count. */
  readonly count: number;
  /** NaN if unknown. */
  readonly maxCount: number;
  /** Time in which events land: the buffering of their stream, and some more. */
  readonly landingMs: number;
}

/**
 * Reads the settings of a deployed producer.
 *
 * @throws UnanswerableError if there is no such function, or it is no producer.
 */
export async function readConfiguration(
  client: LambdaClient,
  functionName: string,
): Promise<ProducerConfiguration> {
  const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
  const { Environment } = await client.send(command).catch((error) => {
    throw unanswerableCall(`reading the configuration of ${functionName}`, error);
  });
  const values = Environment?.Variables ?? {};
  const { [variables.deliveryStreamName]: deliveryStreamName, [producerSettings.count.variable]: count } =
    values;
  const delay = values[variables.proofDelaySeconds];
  if (deliveryStreamName === undefined || count === undefined) {
    throw new UnanswerableError(
      `the function ${functionName} has no variable ${variables.deliveryStreamName} and ${producerSettings.count.variable}: it is no producer`,
    );
  }
  const { [variables.bucketName]: bucketName, [variables.prefix]: prefix = '' } = values;
  const prefixTimeZone = firehoseTimeZone(values[variables.prefixTimeZone] ?? 'UTC');
  const match = values[variables.match] === 'id' ? 'id' : 'bytes';
  const target = targetNames.find((name) => name === values[variables.target]);
  // Not less than the interval of the stream. SQS's longest delay may be less than partitions need.
  const bufferingInterval = delay || String(settings.bufferingInterval.max);
  const isLandingKnown =
    delay && !(isPartitioned(prefix) && Number(delay) === settings.bufferingInterval.max);
  return {
    functionName,
    deliveryStreamName,
    producerName: values[variables.producerName],
    bucketName,
    isShared: values[variables.isShared] === 'true',
    match,
    naming: {
      prefix,
      prefixTimeZone,
      partition: parsePartition(values[variables.partition] ?? ''),
      bufferingSeconds: Number(bufferingInterval),
      ...(target && { target }),
    },
    deployed: {
      prefix,
      prefixTimeZone,
      bufferingInterval,
      match,
      ...(bucketName && { bucketName }),
      recordFormat: values[variables.recordFormat] ?? defaultRecordFormat,
    },
    count: Number(count),
    maxCount: Number(values[producerSettings.maxCount.variable]),
    landingMs: isLandingKnown ? (Number(delay) + landingReserveSeconds) * 1_000 : longestLandingMs,
  };
}

/** @throws UnanswerableError if the producer would refuse the count: asynchronously, nobody would see that. */
export function checkCount(count: number | undefined, producer: ProducerConfiguration | undefined): void {
  if (producer && count !== undefined && count > producer.maxCount) {
    throw new UnanswerableError(
      `--count is ${count}: expected at most the producer's maxCount, ${producer.maxCount}. Raise it, for example npx ` +
        `cdk deploy -c maxCount=${count}`,
    );
  }
}

/** The error of the function, or else the text, in one line. */
function describeFunctionError(text: string): string {
  const error = v.object({ errorType: v.optional(v.string()), errorMessage: v.string() });
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), error), text);
  const described = success ? [output.errorType, output.errorMessage].filter(Boolean).join(': ') : text;
  return described.replaceAll(/\s*\n\s*/g, ' ');
}
