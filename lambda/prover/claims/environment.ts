import * as v from 'valibot';
import { proverVariables } from '../../contract/variables.ts';
import {
  deliveryStreamName,
  matching,
  parseVariables,
  producerName,
  queueUrl,
  readable,
} from '../../runtime/environment.ts';

export interface Environment {
  readonly deliveryStreamName: string;
  readonly producerName: string;
  readonly bucketName: string;
  /** Prefix of the objects' keys, expressions included; empty for Firehose's own default. */
  readonly prefix: string;
  /** Prefix of what the stream could not deliver; empty if it is not known. */
  readonly errorPrefix: string;
  readonly bufferingSeconds: number;
  /** Whether others write to the bucket, too. */
  readonly isShared: boolean;
  readonly lostAfterHours: number;
  readonly proofQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Divides all delays: 1 in AWS, more in a local run. */
  readonly timeFactor: number;
}

const decimal = (isValid: (value: number) => boolean, expected: string) =>
  readable(
    (text) => (/^\d+(\.\d+)?$/.test(text) && isValid(Number(text)) ? Number(text) : undefined),
    expected,
  );

const schema = v.object({
  [proverVariables.deliveryStreamName]: deliveryStreamName,
  [proverVariables.producerName]: producerName,
  [proverVariables.bucketName]: matching(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'expected the name of a bucket, for example my-bucket',
  ),
  [proverVariables.prefix]: v.optional(v.string(), ''),
  [proverVariables.errorPrefix]: v.optional(v.string(), ''),
  [proverVariables.bufferingSeconds]: decimal((value) => value <= 900, 'expected 0 to 900 seconds'),
  [proverVariables.isShared]: v.pipe(
    v.optional(v.picklist(['true', 'false'], 'expected true or false'), 'false'),
    v.transform((text) => text === 'true'),
  ),
  [proverVariables.lostAfterHours]: decimal((value) => value > 0, 'expected hours, for example 25'),
  [proverVariables.proofQueueUrl]: queueUrl,
  [proverVariables.deadLetterQueueUrl]: queueUrl,
  [proverVariables.timeFactor]: v.optional(
    decimal((value) => value >= 1, 'expected 1 or more, for example 1'),
    '1',
  ),
});

/**
 * Reads the environment variables of the prover.
 *
 * @param source `process.env` at the edge.
 * @throws InvalidEnvironmentError naming each invalid variable, its value, and what was expected.
 */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const values: Readonly<Record<string, unknown>> = parseVariables(schema, source);
  return Object.fromEntries(
    Object.entries(proverVariables).map(([name, variable]) => [name, values[variable]]),
  ) as unknown as Environment;
}
