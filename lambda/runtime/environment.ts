import * as v from 'valibot';
import { parsePartition, partitionExample, partitionExpectation } from '../contract/key-prefix.ts';
import { type Bounds, parseWholeNumber, wholeNumberExpectation } from '../contract/settings.ts';
import { type Target, targetNames, targets } from '../contract/targets.ts';
import { InvalidEnvironmentError } from './errors.ts';

/** A text that `read` can read: it returns `undefined` for an invalid one. */
export const readable = <Value>(read: (text: string) => Value | undefined, expected: string) =>
  v.pipe(
    v.string(expected),
    v.check((text) => read(text) !== undefined, expected),
    v.transform((text) => read(text)!),
  );

export const matching = (pattern: RegExp, expected: string) =>
  readable((text) => (pattern.test(text) ? text : undefined), expected);

export const wholeNumber = (bounds: Bounds, example = bounds.example) =>
  readable(
    (text) => parseWholeNumber(text, bounds),
    `expected ${wholeNumberExpectation(bounds)}, for example ${example}`,
  );

/** Kinesis has the longest names of all targets. */
export const deliveryStreamName = matching(
  targets.kinesis.streamNamePattern,
  'expected the name of a stream: 1 to 128 letters, digits, _, . or -, for example my-stream',
);

export const target = v.optional(
  v.picklist(targetNames, `expected one of ${targetNames.join(', ')}`),
  'firehose' satisfies Target,
);

export const producerName = matching(
  /^[ -~]{1,255}$/,
  'expected 1 to 255 characters of ASCII, for example my-stack/Producer',
);

export const queueUrl = readable(
  (text) => (URL.canParse(text) ? text : undefined),
  'expected the URL of an SQS queue, for example https://sqs.us-east-1.amazonaws.com/123456789012/my-queue',
);

const timeZone = readable((text) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) && text;
  } catch {
    return undefined;
  }
}, 'expected a time zone, for example Asia/Tokyo');

/** Where the objects of the stream are; empty, or without a value, as far as it is not known. */
export const objectPlace = {
  prefix: v.optional(v.string(), ''),
  prefixTimeZone: v.optional(timeZone),
  partition: v.optional(
    readable(parsePartition, `expected ${partitionExpectation}, for example ${partitionExample}`),
  ),
};

/**
 * Reads environment variables.
 *
 * @param names The variable of each field of the schema.
 * @param source `process.env` at the edge.
 * @throws InvalidEnvironmentError naming each invalid variable, its value, and what was expected.
 */
export function parseVariables<Entries extends v.ObjectEntries>(
  schema: v.ObjectSchema<Entries, undefined>,
  names: Readonly<Record<string, string>>,
  source: Readonly<Record<string, string | undefined>>,
): v.InferOutput<v.ObjectSchema<Entries, undefined>> {
  // Every field is given, if only as undefined: valibot does not say what was expected of a missing one.
  const given = Object.fromEntries(
    Object.keys(schema.entries).map((field) => [field, source[names[field]!]]),
  );
  const parsed = v.safeParse(schema, given);
  if (!parsed.success) {
    const problems = parsed.issues.map(
      (issue) => `- ${names[v.getDotPath(issue)!]} is ${issue.received}; ${issue.message}`,
    );
    throw new InvalidEnvironmentError(`Invalid environment variables:\n${problems.join('\n')}`);
  }
  return parsed.output;
}
