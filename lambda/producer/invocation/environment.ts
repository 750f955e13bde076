import * as v from 'valibot';
import { defaultRecordFormat, type RecordFormat, recordFormats } from '../../contract/record-format.ts';
import { type ProducerSettings, producerSettings, type WholeNumberSetting } from '../../contract/settings.ts';
import { variables } from '../../contract/variables.ts';
import {
  deliveryStreamName,
  parseVariables,
  producerName,
  queueUrl,
  readable,
  wholeNumber,
} from '../../runtime/environment.ts';
import { InvalidEnvironmentError } from '../../runtime/errors.ts';
import type { CostFactors } from './report.ts';

export interface Environment {
  readonly settings: ProducerSettings;
  readonly deliveryStreamName: string;
  readonly producerName: string;
  /** Prefix of the objects, as far as it is known; empty for Firehose's own default. */
  readonly prefix: string;
  readonly recordFormat: RecordFormat;
  readonly workQueueUrl: string;
  /** @default - nothing is proven */
  readonly proof?: ProofSettings;
  readonly costFactors: CostFactors;
}

export interface ProofSettings {
  readonly queueUrl: string;
  /** Time that a claim waits before the prover gets it. */
  readonly delaySeconds: number;
}

/** Source: SQS API reference, SendMessageBatch. */
const delayBounds = { min: 0, max: 900, example: 90, unit: 'seconds' };

const price = (example: string) =>
  readable(
    (text) => (text.trim() !== '' && Number(text) >= 0 && Number(text) < Infinity ? Number(text) : undefined),
    `expected a price in US dollars, 0 or more, for example ${example}`,
  );

const setting = (row: WholeNumberSetting) =>
  v.optional(wholeNumber(row, row.default), row.default === undefined ? undefined : String(row.default));

const schema = v.object({
  ...Object.fromEntries(Object.values(producerSettings).map((row) => [row.variable, setting(row)])),
  [variables.deliveryStreamName]: deliveryStreamName,
  [variables.producerName]: producerName,
  [variables.workQueueUrl]: queueUrl,
  [variables.proofQueueUrl]: v.optional(queueUrl),
  [variables.proofDelaySeconds]: v.optional(wholeNumber(delayBounds)),
  [variables.prefix]: v.optional(v.string(), ''),
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

/** @throws InvalidEnvironmentError naming each invalid variable, its value, and what was expected. */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const values = parseVariables(schema, source);
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
    producerName: values[variables.producerName],
    prefix: values[variables.prefix],
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
