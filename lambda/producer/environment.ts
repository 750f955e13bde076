import * as v from 'valibot';
import { environmentVariables, type RecordFormat, recordFormats } from '../contract/settings.ts';
import type { CostFactors } from './cost.ts';
import { InvalidEnvironmentError } from './errors.ts';

/** The settings of the function, read from its environment variables. */
export interface Environment {
  /** Name of the delivery stream to push to. */
  readonly deliveryStreamName: string;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** URL of the work queue. */
  readonly workQueueUrl: string;
  /** Events of a run whose payload names no count. */
  readonly defaultCount: number;
  /** Most events that a payload may ask for. */
  readonly maxCount: number;
  /** Events of a slice. */
  readonly eventsPerSlice: number;
  /** Steady rate of a run whose payload names none. */
  readonly eventsPerSecond?: number;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Size of a request in bytes, as base64 inside JSON. */
  readonly maxRequestBytes: number;
  /** How often a record is sent before the invocation leaves it to a later one, the first time included. */
  readonly maxAttempts: number;
  /** What the report's estimate of the cost is made of. */
  readonly costFactors: CostFactors;
}

type NumericVariable = Extract<
  (typeof environmentVariables)[keyof typeof environmentVariables],
  { readonly min: number }
>;

const wholeNumber = (variable: NumericVariable) => {
  const { min, max } = variable;
  const example = 'default' in variable ? variable.default : variable.example;
  const expected = `expected a whole number from ${min} to ${max}, for example ${example}`;
  return v.pipe(
    v.string(),
    v.check((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, expected),
    v.transform(Number),
  );
};

const wholeNumberOrDefault = (variable: Extract<NumericVariable, { readonly default: number }>) =>
  v.optional(wholeNumber(variable), String(variable.default));

const price = ({ example }: { readonly example: number }) => {
  const expected = `expected a price in US dollars, 0 or more, for example ${example}`;
  return v.pipe(
    v.string(expected),
    v.check((text) => text.trim() !== '' && Number(text) >= 0 && Number(text) < Infinity, expected),
    v.transform(Number),
  );
};

const memoryExpected = "expected the function's memory in MiB, which Lambda itself sets, for example 512";

const oneOf = <const Options extends readonly string[]>(options: Options, fallback: Options[number]) =>
  v.optional(v.picklist(options, `expected one of ${options.join(', ')}, for example ${fallback}`), fallback);

const variables = environmentVariables;
const streamNameExpected =
  'expected the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream';

const queueUrlExpected =
  'expected the URL of an SQS queue, for example https://sqs.us-east-1.amazonaws.com/123456789012/my-queue';

const schema = v.object({
  [variables.deliveryStreamName.name]: v.pipe(
    v.string(streamNameExpected),
    v.regex(/^[\w.-]{1,64}$/, streamNameExpected),
  ),
  [variables.workQueueUrl.name]: v.pipe(v.string(queueUrlExpected), v.url(queueUrlExpected)),
  [variables.recordFormat.name]: oneOf(recordFormats, variables.recordFormat.default),
  [variables.defaultCount.name]: wholeNumberOrDefault(variables.defaultCount),
  [variables.maxCount.name]: wholeNumberOrDefault(variables.maxCount),
  [variables.eventsPerSlice.name]: wholeNumberOrDefault(variables.eventsPerSlice),
  [variables.eventsPerSecond.name]: v.optional(wholeNumber(variables.eventsPerSecond)),
  [variables.concurrency.name]: wholeNumberOrDefault(variables.concurrency),
  [variables.maxRequestBytes.name]: wholeNumberOrDefault(variables.maxRequestBytes),
  [variables.maxAttempts.name]: wholeNumberOrDefault(variables.maxAttempts),
  [variables.firehoseUsdPerGb.name]: price(variables.firehoseUsdPerGb),
  [variables.lambdaUsdPerGbSecond.name]: price(variables.lambdaUsdPerGbSecond),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: v.pipe(
    v.string(memoryExpected),
    v.regex(/^[1-9]\d*$/, memoryExpected),
    v.transform(Number),
  ),
});

/**
 * Reads the settings of the function from its environment variables.
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
      `The function's environment variables do not fit:\n${problems.join('\n')}`,
    );
  }
  const values = parsed.output;
  if (values.DEFAULT_COUNT > values.MAX_COUNT) {
    throw new InvalidEnvironmentError(
      `DEFAULT_COUNT is ${values.DEFAULT_COUNT}; expected at most MAX_COUNT, which is ${values.MAX_COUNT}`,
    );
  }
  return {
    deliveryStreamName: values.DELIVERY_STREAM_NAME,
    recordFormat: values.RECORD_FORMAT,
    workQueueUrl: values.WORK_QUEUE_URL,
    defaultCount: values.DEFAULT_COUNT,
    maxCount: values.MAX_COUNT,
    eventsPerSlice: values.EVENTS_PER_SLICE,
    ...(values.EVENTS_PER_SECOND && { eventsPerSecond: values.EVENTS_PER_SECOND }),
    concurrency: values.CONCURRENCY,
    maxRequestBytes: values.MAX_REQUEST_BYTES,
    maxAttempts: values.MAX_ATTEMPTS,
    costFactors: {
      firehoseUsdPerGb: values.FIREHOSE_USD_PER_GB,
      lambdaUsdPerGbSecond: values.LAMBDA_USD_PER_GB_SECOND,
      memorySizeMiB: values.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    },
  };
}
