import { Duration, RemovalPolicy, Size, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { distance } from 'fastest-levenshtein';
import { deliveryStreamNamePattern } from '../../lambda/contract/firehose-limits.ts';
import {
  defaultSchedule,
  monitoringLevels,
  recordFormats,
  type SettingName,
  settings,
  type WholeNumberSetting,
} from '../../lambda/contract/settings.ts';
import { parseWholeNumber, wholeNumberExpectation } from '../../lambda/contract/whole-number.ts';
import { isPrice, type Prices, priceExpectation, prices, withOwnPrices } from '../aws/prices.ts';
import { isSchedule, scheduleExample, scheduleExpectation } from '../aws/schedule.ts';
import { readTemplateFile, TemplateFileError } from '../template/template-file.ts';
import type { EventProducerStackProps } from './event-producer-stack.ts';
import { isKeyPrefix, keyPrefixExample, keyPrefixExpectation } from './key-prefix.ts';

/** Values given by `-c key=value` (or `context` in cdk.json) don't fit; the message lists each. */
export class InvalidContextError extends Error {
  override readonly name = 'InvalidContextError';
}

function isTimeZone(text: string): boolean {
  // Intl also takes offsets and any case, which AWS does not.
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(text)) {
    return false;
  }
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

interface ContextKeyRule {
  readonly expected: string;
  readonly example: string;
  readonly fits: (text: string) => boolean;
}

const wholeNumber = (setting: WholeNumberSetting): ContextKeyRule => ({
  expected: wholeNumberExpectation(setting),
  example: String(setting.example),
  fits: (text) => parseWholeNumber(text, setting) !== undefined,
});

const oneOf = (values: readonly string[], example: string): ContextKeyRule => ({
  expected: values.join(', ').replace(/, (\w+)$/, ' or $1'),
  example,
  fits: (text) => values.includes(text),
});

const settingKeys = Object.fromEntries(
  Object.entries(settings).map(([name, setting]) => [name, wholeNumber(setting)]),
) as Record<SettingName, ContextKeyRule>;

const priceKeys = Object.fromEntries(
  Object.entries(prices).map(([name, usd]) => [
    name,
    { expected: priceExpectation, example: String(usd), fits: isPrice },
  ]),
) as Record<keyof Prices, ContextKeyRule>;

/** What each context key expects, an example, and whether a value fits. */
const contextKeys = {
  ...settingKeys,
  schedule: {
    expected: `${scheduleExpectation}, or off`,
    example: scheduleExample,
    fits: (text: string) => text === 'off' || isSchedule(text),
  },
  timeZone: {
    expected: 'an IANA time zone',
    example: 'Europe/Berlin',
    fits: isTimeZone,
  },
  recordFormat: oneOf(recordFormats, 'gzip'),
  event: {
    expected: 'a file with a template of events',
    example: 'docs/events/iot-sensor.json',
    fits: (text: string) => text !== '',
  },
  deliveryStreamName: {
    expected: 'the name of an existing delivery stream: 1 to 64 letters, digits, _, . or -',
    example: 'my-stream',
    fits: (text: string) => deliveryStreamNamePattern.test(text),
  },
  bucketName: {
    expected:
      'the name of the bucket that this stream delivers to: 3 to 63 lower case letters, digits, . or -',
    example: 'my-bucket',
    fits: (text: string) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text),
  },
  prefix: {
    expected: keyPrefixExpectation,
    example: keyPrefixExample,
    fits: isKeyPrefix,
  },
  proof: oneOf(['on', 'off'], 'off'),
  lake: oneOf(['on', 'off'], 'on'),
  removal: oneOf(['retain', 'destroy'], 'destroy'),
  monitoring: oneOf(monitoringLevels, 'alarms'),
  alarmEmail: {
    expected: 'an e-mail address',
    example: 'you@example.com',
    fits: (text: string) => /^[\w.%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(text),
  },
  ...priceKeys,
} satisfies Record<string, ContextKeyRule>;

type ContextKey = keyof typeof contextKeys;

/**
 * The stack's props as CDK context asks for them. A key that is almost one of these is taken for a typo; others are
 * left alone, because context can also come from the user's own `~/.cdk.json`, meant for other apps.
 *
 * @throws InvalidContextError naming each key that seems to be a typo, and each value that doesn't fit, what was
 * expected, and an example.
 */
export function propsFromContext(app: Construct): EventProducerStackProps {
  const values = readContext(app);
  return {
    ...settingProps(values),
    ...(values.schedule === 'off' ? { scheduleEnabled: false } : scheduleProps(values)),
    ...(values.recordFormat && {
      recordFormat: recordFormats.find((format) => format === values.recordFormat)!,
    }),
    ...(values.event && { eventTemplate: templateOf(values.event) }),
    ...(values.deliveryStreamName && { deliveryStreamName: values.deliveryStreamName }),
    ...(values.bucketName && { bucketName: values.bucketName }),
    ...(values.prefix !== undefined && { prefix: values.prefix }),
    ...(values.proof && { proof: values.proof === 'on' }),
    ...(values.lake && { lake: values.lake === 'on' }),
    ...(values.monitoring && {
      monitoring: monitoringLevels.find((level) => level === values.monitoring)!,
    }),
    prices: withOwnPrices(values, 'context '),
    ...(values.removal === 'destroy' && { removalPolicy: RemovalPolicy.DESTROY }),
    ...(values.alarmEmail && { alarmEmail: values.alarmEmail }),
  };
}

/** The template in a file. @throws InvalidContextError if it cannot be used. */
function templateOf(file: string): string {
  try {
    return readTemplateFile(file).template.source;
  } catch (error) {
    if (error instanceof TemplateFileError) {
      throw new InvalidContextError(`context event is "${file}":\n${error.message}`);
    }
    throw error;
  }
}

const conversions: Readonly<Record<string, (value: number) => Duration | Size>> = {
  hours: Duration.hours,
  seconds: Duration.seconds,
  MiB: Size.mebibytes,
};

/** The settings as the construct takes them: hours and seconds as a Duration, MiB as a Size. */
function settingProps(values: Partial<Record<ContextKey, string>>): EventProducerStackProps {
  const props = (Object.keys(settings) as SettingName[]).flatMap((name) => {
    const value = values[name];
    const { unit }: WholeNumberSetting = settings[name];
    const convert = unit === undefined ? Number : (conversions[unit] ?? Number);
    return value === undefined ? [] : [[name, convert(Number(value))]];
  });
  return Object.fromEntries(props);
}

function scheduleProps({ schedule, timeZone }: Partial<Record<ContextKey, string>>): EventProducerStackProps {
  if (schedule === undefined && timeZone === undefined) {
    return {};
  }
  return {
    schedule: ScheduleExpression.expression(
      schedule ?? defaultSchedule,
      timeZone === undefined ? undefined : TimeZone.of(timeZone),
    ),
  };
}

function readContext(app: Construct): Partial<Record<ContextKey, string>> {
  const values: Partial<Record<ContextKey, string>> = {};
  const problems: string[] = [];
  for (const [key, { expected, example, fits }] of Object.entries(contextKeys)) {
    const value: unknown = app.node.tryGetContext(key);
    if (value === undefined) {
      continue;
    }
    if (fits(String(value))) {
      values[key as ContextKey] = String(value);
    } else {
      problems.push(`context ${key} is "${value}": expected ${expected}, for example -c ${key}=${example}`);
    }
  }
  if (values.schedule === 'off' && values.timeZone !== undefined) {
    problems.push(`context timeZone is "${values.timeZone}", but schedule is "off": leave one of them out`);
  }
  if (values.monitoring === 'off' && values.alarmEmail !== undefined) {
    problems.push(
      `context alarmEmail is "${values.alarmEmail}", but monitoring is "off": leave one of them out`,
    );
  }
  for (const key of ['bucketName', 'prefix'] as const) {
    if (values[key] !== undefined && values.deliveryStreamName === undefined) {
      problems.push(
        `context ${key} is "${values[key]}", but the stack makes a stream and a bucket of its own: name your stream too, ` +
          'for example -c deliveryStreamName=my-stream',
      );
    }
  }
  if (values.lake === 'on' && values.deliveryStreamName !== undefined) {
    problems.push(
      `context lake is "on", but deliveryStreamName is "${values.deliveryStreamName}": there is a table for the bucket of ` +
        'the created stream only. Leave one of them out',
    );
  }
  if (values.deliveryStreamName !== undefined && values.bucketName === undefined) {
    const remedy = 'say which bucket the stream delivers to, for example -c bucketName=my-bucket';
    if (values.proof === 'on') {
      problems.push(
        `context proof is "on", but deliveryStreamName is "${values.deliveryStreamName}": ${remedy}`,
      );
    }
    if (values.prefix !== undefined) {
      problems.push(`context prefix is "${values.prefix}", but there is no bucketName: ${remedy}`);
    }
  }
  for (const key of Object.keys(app.node.getAllContext())) {
    const meant = Object.keys(contextKeys).find((known) => isTypo(key, known));
    if (meant !== undefined && !(key in contextKeys)) {
      problems.push(`context ${key} is not known: did you mean ${meant}?`);
    }
  }
  if (problems.length > 0) {
    throw new InvalidContextError(problems.join('\n'));
  }
  return values;
}

/** At most two slips, and one in a short key: `account`, which many apps have, is not a typo of `count`. */
function isTypo(key: string, known: string): boolean {
  if (Math.abs(key.length - known.length) > 2) {
    return false;
  }
  const letters = (text: string) => [...text].sort().join('');
  return distance(key, known) <= (known.length < 6 ? 1 : 2) || letters(key) === letters(known);
}
