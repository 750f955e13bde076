import * as v from 'valibot';
import { matches } from '../../contract/claim.ts';
import { maxBufferingSeconds } from '../../contract/deployment-settings.ts';
import { proverVariables } from '../../contract/variables.ts';
import {
  deliveryStreamName,
  matching,
  objectPlace,
  parseVariables,
  producerName,
  queueUrl,
  readable,
  target,
} from '../../runtime/environment.ts';

const decimal = (isValid: (value: number) => boolean, expected: string) =>
  readable(
    (text) => (/^\d+(\.\d+)?$/.test(text) && isValid(Number(text)) ? Number(text) : undefined),
    expected,
  );

const schema = v.object({
  deliveryStreamName,
  target,
  producerName,
  bucketName: matching(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'expected the name of a bucket, for example my-bucket',
  ),
  ...objectPlace,
  errorPrefix: v.optional(v.string(), ''),
  bufferingSeconds: decimal(
    (value) => value <= maxBufferingSeconds,
    `expected 0 to ${maxBufferingSeconds} seconds`,
  ),
  isShared: v.pipe(
    v.optional(v.picklist(['true', 'false'], 'expected true or false'), 'false'),
    v.transform((text) => text === 'true'),
  ),
  match: v.optional(v.picklist(matches, `expected one of ${matches.join(', ')}`), matches[0]),
  lostAfterHours: decimal((value) => value > 0, 'expected hours, for example 25'),
  proofQueueUrl: queueUrl,
  deadLetterQueueUrl: queueUrl,
  timeFactor: v.optional(
    decimal((value) => value >= 1, 'expected 1 or more, for example 1'),
    '1',
  ),
});

/** Its fields are those of {@link proverVariables}. */
export type Environment = Readonly<v.InferOutput<typeof schema>>;

/** @throws InvalidEnvironmentError naming each invalid variable, its value, and what was expected. */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  return parseVariables(schema, proverVariables, source);
}
