import * as v from 'valibot';
import { deliveryStreamNameExpectation, deliveryStreamNamePattern } from '../contract/firehose-limits.ts';
import { proverVariables } from '../contract/settings.ts';
import { InvalidEnvironmentError } from './errors.ts';

/** What the prover knows from its environment variables. */
export interface Environment {
  /** The stream that events were pushed to. */
  readonly deliveryStreamName: string;
  /** The bucket that it delivers to. */
  readonly bucketName: string;
  /** What the keys of its objects start with, expressions included; empty for Firehose's own default. */
  readonly prefix: string;
  /** What the keys of what it could not deliver start with; empty if nobody knows. */
  readonly errorPrefix: string;
  /** How long the stream buffers. */
  readonly bufferingSeconds: number;
  /** Whether lines that aren't ours belong to others. */
  readonly isShared: boolean;
  /** When a missing event is lost. */
  readonly lostAfterHours: number;
  /** Where claims come from. */
  readonly proofQueueUrl: string;
  /** Where payloads go that send what is lost. */
  readonly deadLetterQueueUrl: string;
  /** By what all delays are divided. */
  readonly timeFactor: number;
}

const matching = (pattern: RegExp, expected: string) =>
  v.pipe(v.string(expected), v.regex(pattern, expected));

const queueUrl = v.pipe(
  v.string('expected the URL of an SQS queue'),
  v.check((text) => URL.canParse(text), 'expected the URL of an SQS queue'),
);

const number = (isValid: (value: number) => boolean, expected: string) =>
  v.pipe(
    matching(/^\d+(\.\d+)?$/, expected),
    v.check((text) => isValid(Number(text)), expected),
    v.transform(Number),
  );

const schema = v.object({
  [proverVariables.deliveryStreamName]: matching(
    deliveryStreamNamePattern,
    `expected ${deliveryStreamNameExpectation}`,
  ),
  [proverVariables.bucketName]: matching(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'expected the name of a bucket, for example my-bucket',
  ),
  [proverVariables.prefix]: v.optional(v.string(), ''),
  [proverVariables.errorPrefix]: v.optional(v.string(), ''),
  [proverVariables.bufferingSeconds]: number((value) => value <= 900, 'expected 0 to 900 seconds'),
  [proverVariables.isShared]: v.pipe(
    v.optional(v.picklist(['true', 'false'], 'expected true or false'), 'false'),
    v.transform((text) => text === 'true'),
  ),
  [proverVariables.lostAfterHours]: number((value) => value > 0, 'expected hours, for example 25'),
  [proverVariables.proofQueueUrl]: queueUrl,
  [proverVariables.deadLetterQueueUrl]: queueUrl,
  [proverVariables.timeFactor]: v.optional(
    number((value) => value >= 1, 'expected 1 or more, for example 1'),
    '1',
  ),
});

/**
 * Reads what the prover knows from its environment variables.
 *
 * @param source `process.env` at the edge.
 * @throws InvalidEnvironmentError naming each variable that doesn't fit, its value, and what was expected.
 */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  // Every name is given, if only as undefined: of one that is missing valibot would not say what was expected.
  const given = Object.fromEntries(Object.keys(schema.entries).map((name) => [name, source[name]]));
  const parsed = v.safeParse(schema, given);
  if (!parsed.success) {
    const problems = parsed.issues.map(
      (issue) => `- ${v.getDotPath(issue)} is ${issue.received}; ${issue.message}`,
    );
    throw new InvalidEnvironmentError(
      `The prover's environment variables do not fit:\n${problems.join('\n')}`,
    );
  }
  const values: Readonly<Record<string, unknown>> = parsed.output;
  return Object.fromEntries(
    Object.entries(proverVariables).map(([name, variable]) => [name, values[variable]]),
  ) as unknown as Environment;
}
