import * as v from 'valibot';
import { environmentVariables, type RecordFormat, recordFormats } from './environment-variables.ts';
import { InvalidEnvironmentError } from './errors.ts';

/** The settings of the function, read from its environment variables. */
export interface Environment {
  /** Name of the delivery stream to push to. */
  readonly deliveryStreamName: string;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** Events of an invocation whose payload names no count. */
  readonly defaultCount: number;
  /** Most events that one invocation accepts. */
  readonly maxCount: number;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Size of a request in bytes, as base64 inside JSON. */
  readonly maxRequestBytes: number;
  /** How often a record is sent before the run gives up, the first time included. */
  readonly maxAttempts: number;
}

type NumericVariable = Extract<
  (typeof environmentVariables)[keyof typeof environmentVariables],
  { readonly min: number }
>;

const wholeNumber = ({ min, max, default: fallback }: NumericVariable) => {
  const expected = `expected a whole number from ${min} to ${max}, for example ${fallback}`;
  return v.optional(
    v.pipe(
      v.string(),
      v.check((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, expected),
      v.transform(Number),
    ),
    String(fallback),
  );
};

const oneOf = <const Options extends readonly string[]>(options: Options, fallback: Options[number]) =>
  v.optional(v.picklist(options, `expected one of ${options.join(', ')}, for example ${fallback}`), fallback);

const variables = environmentVariables;
const streamNameExpected =
  'expected the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream';

const schema = v.object({
  [variables.deliveryStreamName.name]: v.pipe(
    v.string(streamNameExpected),
    v.regex(/^[\w.-]{1,64}$/, streamNameExpected),
  ),
  [variables.recordFormat.name]: oneOf(recordFormats, variables.recordFormat.default),
  [variables.defaultCount.name]: wholeNumber(variables.defaultCount),
  [variables.maxCount.name]: wholeNumber(variables.maxCount),
  [variables.concurrency.name]: wholeNumber(variables.concurrency),
  [variables.maxRequestBytes.name]: wholeNumber(variables.maxRequestBytes),
  [variables.maxAttempts.name]: wholeNumber(variables.maxAttempts),
});

/**
 * Reads the settings of the function from its environment variables.
 *
 * @param source `process.env` at the edge.
 * @throws InvalidEnvironmentError naming each variable that doesn't fit, its value, and what was expected.
 */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const parsed = v.safeParse(schema, source);
  if (!parsed.success) {
    const problems = parsed.issues.map(
      (issue) => `- ${v.getDotPath(issue)} is ${issue.received}; ${issue.message}`,
    );
    throw new InvalidEnvironmentError(
      `The function's environment variables do not fit:\n${problems.join('\n')}`,
    );
  }
  const values = parsed.output;
  return {
    deliveryStreamName: values.DELIVERY_STREAM_NAME,
    recordFormat: values.RECORD_FORMAT,
    defaultCount: values.DEFAULT_COUNT,
    maxCount: values.MAX_COUNT,
    concurrency: values.CONCURRENCY,
    maxRequestBytes: values.MAX_REQUEST_BYTES,
    maxAttempts: values.MAX_ATTEMPTS,
  };
}
