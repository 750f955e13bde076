import { Annotations, Duration, RemovalPolicy, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { environmentVariables, recordFormats } from '../lambda/environment-variables.ts';
import { defaultScheduleExpression } from './event-producer.ts';
import type { EventProducerStackProps } from './event-producer-stack.ts';

/** Values given by `-c key=value` (or `context` in cdk.json) don't fit; the message lists each. */
export class InvalidContextError extends Error {
  override readonly name = 'InvalidContextError';
}

const { defaultCount, maxCount, eventsPerSecond } = environmentVariables;

const isWholeNumber = (text: string, min: number, max: number) =>
  /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;

/** What each context key expects, an example, and whether a value fits. */
const contextKeys = {
  count: {
    expected: `a whole number from ${defaultCount.min} to ${maxCount.default}`,
    example: '5000',
    fits: (text: string) => isWholeNumber(text, defaultCount.min, maxCount.default),
  },
  eventsPerSecond: {
    expected: `a whole number from ${eventsPerSecond.min} to ${eventsPerSecond.max}`,
    example: '1000',
    fits: (text: string) => isWholeNumber(text, eventsPerSecond.min, eventsPerSecond.max),
  },
  timeout: {
    expected: 'the seconds that an invocation may take: a whole number from 3 to 900',
    example: '60',
    fits: (text: string) => isWholeNumber(text, 3, 900),
  },
  schedule: {
    expected: 'rate(NUMBER minutes|hours|days), cron(SIX FIELDS) or off',
    example: "'rate(1 minute)'",
    fits: (text: string) => /^(off|rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\))$/.test(text),
  },
  timeZone: {
    expected: 'an IANA time zone',
    example: 'Europe/Berlin',
    fits: (text: string) => text === 'UTC' || Intl.supportedValuesOf('timeZone').includes(text),
  },
  recordFormat: {
    expected: recordFormats.join(', ').replace(/, (\w+)$/, ' or $1'),
    example: 'gzip',
    fits: (text: string) => (recordFormats as readonly string[]).includes(text),
  },
  deliveryStreamName: {
    expected: 'the name of an existing delivery stream: 1 to 64 letters, digits, _, . or -',
    example: 'my-stream',
    fits: (text: string) => /^[\w.-]{1,64}$/.test(text),
  },
  removal: {
    expected: 'retain or destroy',
    example: 'destroy',
    fits: (text: string) => text === 'retain' || text === 'destroy',
  },
} as const;

type ContextKey = keyof typeof contextKeys;

/**
 * The stack's props as CDK context asks for them. A key that is nobody's gets a warning: it may be a typo, but
 * context can also come from the user's own `~/.cdk.json`, meant for other apps.
 *
 * @throws InvalidContextError naming each value that doesn't fit, what was expected, and an example.
 */
export function propsFromContext(app: Construct): EventProducerStackProps {
  const values = readContext(app);
  return {
    ...(values.count && { count: Number(values.count) }),
    ...(values.eventsPerSecond && { eventsPerSecond: Number(values.eventsPerSecond) }),
    ...(values.timeout && { timeout: Duration.seconds(Number(values.timeout)) }),
    ...(values.schedule === 'off' ? { scheduleEnabled: false } : scheduleProps(values)),
    ...(values.recordFormat && {
      recordFormat: recordFormats.find((format) => format === values.recordFormat)!,
    }),
    ...(values.deliveryStreamName && { deliveryStreamName: values.deliveryStreamName }),
    ...(values.removal === 'destroy' && { removalPolicy: RemovalPolicy.DESTROY }),
  };
}

function scheduleProps({ schedule, timeZone }: Partial<Record<ContextKey, string>>): EventProducerStackProps {
  if (schedule === undefined && timeZone === undefined) {
    return {};
  }
  return {
    schedule: ScheduleExpression.expression(
      schedule ?? defaultScheduleExpression,
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
  if (problems.length > 0) {
    throw new InvalidContextError(problems.join('\n'));
  }
  for (const key of Object.keys(app.node.getAllContext())) {
    // The CDK's own keys and look-ups have a : or a /, its command line's have a -.
    if (/^\w+$/.test(key) && !(key in contextKeys)) {
      Annotations.of(app).addWarningV2(
        'firehose-event-producer:unknown-context',
        `context ${key} is not known here: expected one of ${Object.keys(contextKeys).join(', ')}`,
      );
    }
  }
  return values;
}
