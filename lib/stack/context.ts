import { Duration, type RemovalPolicy, Size, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { matches } from '../../lambda/contract/claim.ts';
import {
  allMonitoringLevels,
  defaultSchedule,
  monitoringLevels,
  settings,
} from '../../lambda/contract/deployment-settings.ts';
import { parsePartition, partitionExample, partitionExpectation } from '../../lambda/contract/key-prefix.ts';
import { recordFormats, separators } from '../../lambda/contract/record-format.ts';
import {
  exampleLike,
  parseWholeNumber,
  type WholeNumberSetting,
  wholeNumberExpectation,
} from '../../lambda/contract/settings.ts';
import { targets } from '../../lambda/contract/targets.ts';
import { isPrice, priceExpectation, prices, withOwnPrices } from '../aws/prices.ts';
import { isSchedule, scheduleExample, scheduleExpectation } from '../aws/schedule.ts';
import { isPrefixTimeZone, isTimeZone, prefixTimeZoneExpectation } from '../aws/time-zones.ts';
import { nearestName } from '../template/nearest-name.ts';
import { readTemplateFile, TemplateFileError } from '../template/template-file.ts';
import type { EventProducerStackProps } from './event-producer-stack.ts';
import { keyPrefixProblem } from './key-prefix.ts';
import { alternatives, combinationProblems } from './prop-checks.ts';

/** Values of `-c key=value` (or `context` in cdk.json) are invalid; the message lists each. */
export class InvalidContextError extends Error {
  override readonly name = 'InvalidContextError';
}

interface ContextKey {
  readonly expected: string;
  readonly example: string | ((text: string) => string);
  readonly fits: (text: string) => boolean;
  /** Makes the prop of the same name. @default - the text is the prop */
  readonly toProp?: (text: string) => unknown;
}

function oneOf(values: readonly string[], example: string, toProp?: ContextKey['toProp']): ContextKey {
  return {
    expected: alternatives(values),
    example,
    fits: (text) => values.includes(text),
    ...(toProp && { toProp }),
  };
}

const onOrOff = (example: string) => oneOf(['on', 'off'], example, (text) => text === 'on');

const units: Readonly<Record<string, (value: number) => unknown>> = {
  hours: Duration.hours,
  seconds: Duration.seconds,
  MiB: Size.mebibytes,
};

function wholeNumber(setting: WholeNumberSetting): ContextKey {
  return {
    expected: wholeNumberExpectation(setting),
    example: (text) => String(exampleLike(text, setting)),
    fits: (text) => parseWholeNumber(text, setting) !== undefined,
    toProp: (text) => (units[setting.unit ?? ''] ?? Number)(Number(text)),
  };
}

/** Keys whose props depend on several values. */
const combinedKeys: Readonly<Record<string, ContextKey>> = {
  schedule: {
    expected: `${scheduleExpectation}, or off`,
    example: scheduleExample,
    fits: (text) => text === 'off' || isSchedule(text),
  },
  timeZone: { expected: 'an IANA time zone', example: 'Europe/Berlin', fits: isTimeZone },
  ...Object.fromEntries(
    Object.entries(prices).map(([name, usd]) => [
      name,
      { expected: priceExpectation, example: String(usd), fits: isPrice },
    ]),
  ),
};

const keyArn: ContextKey = {
  expected: 'the ARN of a KMS key',
  example: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  fits: (text) => /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/([0-9a-f-]{36}|mrk-[0-9a-f]{32})$/.test(text),
};

/** Every key of CDK context: the name of a prop of the stack, or one of {@link combinedKeys}. */
const contextKeys: Readonly<Record<string, ContextKey>> = {
  ...Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, wholeNumber(setting)])),
  ...combinedKeys,
  stackName: {
    expected: "the stack's name: a letter, then up to 127 letters, digits and -",
    example: 'Dev',
    fits: (text) => /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(text),
  },
  recordFormat: oneOf(recordFormats, 'gzip'),
  separator: oneOf(separators, 'before'),
  eventTemplate: {
    expected: 'a file with a template of events',
    example: 'docs/events/iot-sensor.json',
    fits: (text) => text !== '',
    toProp: readTemplate,
  },
  source: oneOf(['kinesis'], 'kinesis'),
  onDemand: onOrOff('on'),
  kinesisStreamName: {
    expected: targets.kinesis.streamNameExpectation,
    example: 'my-stream',
    fits: (text) => targets.kinesis.streamNamePattern.test(text),
  },
  deliveryStreamName: {
    expected: targets.firehose.streamNameExpectation,
    example: 'my-stream',
    fits: (text) => targets.firehose.streamNamePattern.test(text),
  },
  bucketName: {
    expected:
      'the name of the bucket that this stream delivers to: 3 to 63 lower case letters, digits, . or -',
    example: 'my-bucket',
    fits: (text) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text),
  },
  ...Object.fromEntries(['encryptionKey', 'streamKey', 'bucketKey'].map((name) => [name, keyArn])),
  // contradictions() checks it, as it depends on the partition.
  prefix: {
    expected: "the stream's own prefix",
    example: "'raw/!{timestamp:yyyy/MM/dd/HH}/'",
    fits: () => true,
  },
  partition: {
    expected: partitionExpectation,
    example: partitionExample,
    fits: (text) => parsePartition(text) !== undefined,
    toProp: parsePartition,
  },
  prefixTimeZone: {
    expected: prefixTimeZoneExpectation,
    example: (text) => nearestName(text, Intl.supportedValuesOf('timeZone').filter(isPrefixTimeZone)).name,
    fits: isPrefixTimeZone,
    toProp: (text) => TimeZone.of(text),
  },
  match: oneOf(matches, 'id'),
  proof: onOrOff('off'),
  lake: onOrOff('on'),
  removalPolicy: oneOf(['retain', 'destroy'], 'destroy', (text) => text as RemovalPolicy),
  monitoring: {
    ...oneOf(monitoringLevels, 'full'),
    fits: (text) => (allMonitoringLevels as readonly string[]).includes(text),
  },
  alarmEmail: {
    expected: 'an e-mail address',
    example: 'you@example.com',
    fits: (text) => /^[\w.%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(text),
  },
};

/** Old names of keys, which keep working. */
const oldNames: Readonly<Record<string, string>> = { event: 'eventTemplate', removal: 'removalPolicy' };

const propOnly = 'set it as a prop, for example in bin/app.ts';

/** Props whose values context cannot hold, each with a remedy. */
const propsWithoutKey: Readonly<Record<string, string>> = {
  deliveryStream: 'use its name, for example -c deliveryStreamName=my-stream',
  kinesisStream: 'use its name, for example -c kinesisStreamName=my-stream',
  bucket: 'use its name, for example -c bucketName=my-bucket',
  alarmTopic: 'use an address, for example -c alarmEmail=you@example.com',
  scheduleEnabled: 'use -c schedule=off',
  prices: 'use the key of each price, for example -c firehoseUsdPerGb=0.031',
  alarms: propOnly,
  lakeScanLimit: propOnly,
  objectExpiration: propOnly,
  logRetention: propOnly,
  vpc: propOnly,
  subnets: propOnly,
  securityGroups: propOnly,
};

type ContextValues = Readonly<Record<string, string>>;

/**
 * The stack's props from CDK context. A key that resembles one of ours is an error. Other keys are ignored:
 * `~/.cdk.json` may hold context for other apps.
 *
 * @throws InvalidContextError with each key that seems to be a typo, and each invalid value, what was expected, and an
 * example.
 */
export function propsFromContext(app: Construct): EventProducerStackProps {
  const values = readContext(app);
  const props = Object.entries(values)
    .filter(([key]) => !(key in combinedKeys))
    .map(([key, text]) => [key, contextKeys[key]!.toProp?.(text) ?? text]);
  return {
    ...Object.fromEntries(props),
    ...scheduleProps(values),
    prices: withOwnPrices(values, 'context '),
  };
}

function readTemplate(file: string): string {
  try {
    return readTemplateFile(file).template.source;
  } catch (error) {
    if (error instanceof TemplateFileError) {
      throw new InvalidContextError(`context eventTemplate is "${file}":\n${error.message}`);
    }
    throw error;
  }
}

function scheduleProps({ schedule, timeZone }: ContextValues): EventProducerStackProps {
  if (schedule === 'off') {
    return { scheduleEnabled: false };
  }
  if (schedule === undefined && timeZone === undefined) {
    return {};
  }
  const zone = timeZone === undefined ? undefined : TimeZone.of(timeZone);
  return { schedule: ScheduleExpression.expression(schedule ?? defaultSchedule, zone) };
}

function readContext(app: Construct): ContextValues {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [given, value] of Object.entries(app.node.getAllContext())) {
    const key = Object.hasOwn(oldNames, given) ? oldNames[given]! : given;
    const problem = keyProblem(key, value);
    if (problem !== undefined) {
      problems.push(`context ${given} ${problem}`);
    } else if (Object.hasOwn(values, key)) {
      problems.push(`context ${key} is set by its old name, too: leave one of them out`);
    } else if (Object.hasOwn(contextKeys, key)) {
      values[key] = String(value);
    }
  }
  problems.push(...contradictions(values));
  if (problems.length > 0) {
    throw new InvalidContextError(problems.join('\n'));
  }
  return values;
}

/** `undefined` if the key and its value are valid, or belong to another app. */
function keyProblem(key: string, value: unknown): string | undefined {
  if (Object.hasOwn(contextKeys, key)) {
    const { expected, example, fits } = contextKeys[key]!;
    const text = String(value);
    return fits(text)
      ? undefined
      : `is "${text}": expected ${expected}, for example -c ${key}=${typeof example === 'string' ? example : example(text)}`;
  }
  if (Object.hasOwn(propsWithoutKey, key)) {
    return `is not a context key: ${propsWithoutKey[key]}`;
  }
  const meant = nearestKey(key);
  return meant && `is not known: did you mean ${meant}?`;
}

/** At most two edits, and one in a short key: `account`, which many apps have, is not a typo of `count`. */
function nearestKey(key: string): string | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const sorted = (name: string) => [...plain(name)].sort().join('');
  const known = [...Object.keys(contextKeys), ...Object.keys(oldNames)];
  const { name, edits } = nearestName(key, known);
  const meant =
    edits <= (name.length < 6 ? 1 : 2) ? name : known.find((other) => sorted(other) === sorted(key));
  return meant && (oldNames[meant] ?? meant);
}

/** Values that exclude other settings, where not all do. */
const excluding: Readonly<Record<string, string>> = {
  onDemand: 'on',
  separator: 'before',
  proof: 'on',
  lake: 'on',
  monitoring: 'off',
};

/** Props that have another name than the key. */
const propNames: Readonly<Record<string, string>> = {
  deliveryStreamName: 'deliveryStream',
  kinesisStreamName: 'kinesisStream',
  bucketName: 'bucket',
  alarmEmail: 'alarmTopic',
};

function contradictions(values: ContextValues): string[] {
  const phrase = (key: string, value = values[key]) =>
    value !== undefined && value === values[key] ? `${key} is "${value}"` : undefined;
  const given = Object.keys(values).map((key) => [propNames[key] ?? key, phrase(key, excluding[key])]);
  const problems = combinationProblems(Object.fromEntries(given), {
    deliveryStream: '-c deliveryStreamName=my-stream',
    source: '-c source=kinesis',
    kinesisStream: '-c kinesisStreamName=my-stream',
    bucket: '-c bucketName=my-bucket',
  });
  const prefixProblem = keyPrefixProblem(values.prefix ?? '', parsePartition(values.partition ?? ''));
  if (prefixProblem !== undefined) {
    problems.push(prefixProblem);
  }
  if (phrase('schedule', 'off') && phrase('timeZone')) {
    problems.push(`${phrase('timeZone')}, but ${phrase('schedule')}: leave one of them out`);
  }
  return problems.map((problem) => `context ${problem}`);
}
