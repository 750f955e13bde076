import * as v from 'valibot';
import type { KeyNaming } from '../../contract/key-prefix.ts';
import {
  defaultRecordFormat,
  defaultSeparator,
  type RecordFormat,
  recordFormats,
  type Separator,
  separators,
} from '../../contract/record-format.ts';
import { type ProducerSettings, producerSettings, type WholeNumberSetting } from '../../contract/settings.ts';
import { type Target, type TargetRow, targets } from '../../contract/targets.ts';
import { variables } from '../../contract/variables.ts';
import {
  deliveryStreamName,
  objectPlace,
  parseVariables,
  producerName,
  queueUrl,
  readable,
  target,
  wholeNumber,
} from '../../runtime/environment.ts';
import { InvalidEnvironmentError } from '../../runtime/errors.ts';
import type { CostFactors } from './report.ts';

export interface Environment extends KeyNaming {
  readonly settings: ProducerSettings;
  readonly deliveryStreamName: string;
  readonly target: TargetRow;
  readonly producerName: string;
  readonly recordFormat: RecordFormat;
  readonly separator: Separator;
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

const rows = Object.entries(producerSettings);

const fixedNames = {
  ...variables,
  ...Object.fromEntries(rows.map(([name, { variable }]) => [name, variable])),
  memorySizeMiB: 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
};

const schema = v.object({
  ...Object.fromEntries(rows.map(([name, row]) => [name, setting(row)])),
  deliveryStreamName,
  target,
  producerName,
  workQueueUrl: queueUrl,
  proofQueueUrl: v.optional(queueUrl),
  proofDelaySeconds: v.optional(wholeNumber(delayBounds)),
  ...objectPlace,
  recordFormat: v.optional(
    v.picklist(recordFormats, `expected one of ${recordFormats.join(', ')}`),
    defaultRecordFormat,
  ),
  separator: v.optional(v.picklist(separators, `expected one of ${separators.join(', ')}`), defaultSeparator),
  usdPerGb: price('0.029'),
  lambdaUsdPerGbSecond: price('0.0000133334'),
  memorySizeMiB: readable(
    (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined),
    "expected the function's memory in MiB, which Lambda itself sets, for example 512",
  ),
});

/** @throws InvalidEnvironmentError naming each invalid variable, its value, and what was expected. */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const { service } = targets[source[variables.target] as Target] ?? targets.firehose;
  const names = { ...fixedNames, usdPerGb: variables[`${service}UsdPerGb`] };
  const values = parseVariables(schema, names, source);
  const settings = readSettings(values);
  if (settings.count > settings.maxCount) {
    const { count, maxCount } = producerSettings;
    throw new InvalidEnvironmentError(
      `${count.variable} is ${settings.count}; expected at most ${maxCount.variable}, which is ${settings.maxCount}`,
    );
  }
  const proof = readProof(values.proofQueueUrl, values.proofDelaySeconds);
  return {
    settings,
    ...(proof && { proof }),
    deliveryStreamName: values.deliveryStreamName,
    target: targets[values.target],
    producerName: values.producerName,
    prefix: values.prefix,
    prefixTimeZone: values.prefixTimeZone,
    partition: values.partition,
    recordFormat: values.recordFormat,
    separator: values.separator,
    workQueueUrl: values.workQueueUrl,
    costFactors: {
      usdPerGb: values.usdPerGb,
      lambdaUsdPerGbSecond: values.lambdaUsdPerGbSecond,
      memorySizeMiB: values.memorySizeMiB,
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
    rows.map(([name]) => [name, values[name]]).filter(([, value]) => value !== undefined),
  ) as unknown as ProducerSettings;
}
