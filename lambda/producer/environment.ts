import * as v from 'valibot';
import { deliveryStreamNameExpectation, deliveryStreamNamePattern } from '../contract/firehose-limits.ts';
import {
  defaultRecordFormat,
  type ProducerSettings,
  producerSettings,
  type RecordFormat,
  recordFormats,
  variables,
  type WholeNumberSetting,
} from '../contract/settings.ts';
import { parseWholeNumber, wholeNumberExpectation } from '../contract/whole-number.ts';
import { InvalidEnvironmentError } from './errors.ts';
import type { CostFactors } from './invocation/report.ts';

/** What the function knows from its environment variables. */
export interface Environment {
  /** The settings that are whole numbers. */
  readonly settings: ProducerSettings;
  /** Name of the delivery stream to push to. */
  readonly deliveryStreamName: string;
  /** Shape of the records. */
  readonly recordFormat: RecordFormat;
  /** URL of the work queue. */
  readonly workQueueUrl: string;
  /** Where claims go. @default - nothing is proven */
  readonly proof?: ProofSettings;
  /** What the report's estimate of the cost is made of. */
  readonly costFactors: CostFactors;
}

/** Where claims go. */
export interface ProofSettings {
  /** URL of the proof queue. */
  readonly queueUrl: string;
  /** Seconds that a claim waits before the prover gets it. */
  readonly delaySeconds: number;
}

/** Seconds that a message can wait. Source: SQS API reference, SendMessageBatch. */
const delayBounds = { min: 0, max: 900, example: 90, unit: 'seconds' };

/** A text that `read` understands. */
const readable = <Value>(read: (text: string) => Value | undefined, expected: string) =>
  v.pipe(
    v.string(expected),
    v.check((text) => read(text) !== undefined, expected),
    v.transform((text) => read(text)!),
  );

const matching = (pattern: RegExp, expected: string) =>
  readable((text) => (pattern.test(text) ? text : undefined), expected);

const price = (example: string) =>
  readable(
    (text) => (text.trim() !== '' && Number(text) >= 0 && Number(text) < Infinity ? Number(text) : undefined),
    `expected a price in US dollars, 0 or more, for example ${example}`,
  );

const wholeNumber = (setting: WholeNumberSetting) => {
  const schema = readable(
    (text) => parseWholeNumber(text, setting),
    `expected ${wholeNumberExpectation(setting)}, for example ${setting.default ?? setting.example}`,
  );
  return v.optional(schema, setting.default === undefined ? undefined : String(setting.default));
};

const queueUrl = readable(
  (text) => (URL.canParse(text) ? text : undefined),
  'expected the URL of an SQS queue, for example https://sqs.us-east-1.amazonaws.com/123456789012/my-queue',
);

const schema = v.object({
  ...Object.fromEntries(
    Object.values(producerSettings).map((setting) => [setting.variable, wholeNumber(setting)]),
  ),
  [variables.deliveryStreamName]: matching(
    deliveryStreamNamePattern,
    `expected ${deliveryStreamNameExpectation}`,
  ),
  [variables.workQueueUrl]: queueUrl,
  [variables.proofQueueUrl]: v.optional(queueUrl),
  [variables.proofDelaySeconds]: v.optional(
    readable(
      (text) => parseWholeNumber(text, delayBounds),
      `expected ${wholeNumberExpectation(delayBounds)}, for example ${delayBounds.example}`,
    ),
  ),
  [variables.recordFormat]: v.optional(
    v.picklist(recordFormats, `expected one of ${recordFormats.join(', ')}`),
    defaultRecordFormat,
  ),
  [variables.firehoseUsdPerGb]: price('0.029'),
  [variables.lambdaUsdPerGbSecond]: price('0.0000133334'),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: readable(
    (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined),
    "expected the function's memory in MiB, which Lambda itself sets, for example 512",
  ),
});

/**
 * Reads what the function knows from its environment variables.
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
  const settings = readSettings(values);
  if (settings.count > settings.maxCount) {
    const { count, maxCount } = producerSettings;
    throw new InvalidEnvironmentError(
      `${count.variable} is ${settings.count}; expected at most ${maxCount.variable}, which is ${settings.maxCount}`,
    );
  }
  const proof = readProof(values[variables.proofQueueUrl], values[variables.proofDelaySeconds]);
  return {
    settings,
    ...(proof && { proof }),
    deliveryStreamName: values[variables.deliveryStreamName],
    recordFormat: values[variables.recordFormat],
    workQueueUrl: values[variables.workQueueUrl],
    costFactors: {
      firehoseUsdPerGb: values[variables.firehoseUsdPerGb],
      lambdaUsdPerGbSecond: values[variables.lambdaUsdPerGbSecond],
      memorySizeMiB: values.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    },
  };
}

function readProof(
  queueUrl: string | undefined,
  delaySeconds: number | undefined,
): ProofSettings | undefined {
  if (queueUrl !== undefined && delaySeconds !== undefined) {
    return { queueUrl, delaySeconds };
  }
  if (queueUrl === delaySeconds) {
    return undefined;
  }
  const { proofQueueUrl, proofDelaySeconds } = variables;
  const [given, missing] =
    queueUrl === undefined ? [proofDelaySeconds, proofQueueUrl] : [proofQueueUrl, proofDelaySeconds];
  throw new InvalidEnvironmentError(
    `${given} is set, ${missing} is not; expected both, or neither where nothing is proven`,
  );
}

function readSettings(values: Readonly<Record<string, unknown>>): ProducerSettings {
  return Object.fromEntries(
    Object.entries(producerSettings)
      .map(([name, { variable }]) => [name, values[variable]])
      .filter(([, value]) => value !== undefined),
  ) as unknown as ProducerSettings;
}
