import { Duration, RemovalPolicy, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { environmentVariables, recordFormats } from '../../lambda/contract/settings.ts';
import { isPrice, type Prices, priceExpectation, prices, withOwnPrices } from '../aws/prices.ts';
import { isSchedule, scheduleExample, scheduleExpectation } from '../aws/schedule.ts';
import { defaultScheduleExpression } from './event-producer.ts';
import type { EventProducerStackProps } from './event-producer-stack.ts';

/** Values given by `-c key=value` (or `context` in cdk.json) don't fit; the message lists each. */
export class InvalidContextError extends Error {
  override readonly name = 'InvalidContextError';
}

const { defaultCount, maxCount, eventsPerSecond } = environmentVariables;

const isWholeNumber = (text: string, min: number, max: number) =>
  /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;

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

const price = (key: keyof Prices) => ({
  expected: priceExpectation,
  example: String(prices[key]),
  fits: isPrice,
});

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
    expected: `${scheduleExpectation}, or off`,
    example: scheduleExample,
    fits: (text: string) => text === 'off' || isSchedule(text),
  },
  timeZone: {
    expected: 'an IANA time zone',
    example: 'Europe/Berlin',
    fits: isTimeZone,
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
  alarmEmail: {
    expected: 'an e-mail address',
    example: 'you@example.com',
    fits: (text: string) => /^[\w.%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(text),
  },
  firehoseUsdPerGb: price('firehoseUsdPerGb'),
  lambdaUsdPerGbSecond: price('lambdaUsdPerGbSecond'),
  lambdaUsdPerRequest: price('lambdaUsdPerRequest'),
  sqsUsdPerRequest: price('sqsUsdPerRequest'),
  cloudWatchUsdPerMetricMonth: price('cloudWatchUsdPerMetricMonth'),
  cloudWatchUsdPerAlarmMetricMonth: price('cloudWatchUsdPerAlarmMetricMonth'),
  cloudWatchUsdPerDashboardMonth: price('cloudWatchUsdPerDashboardMonth'),
} as const satisfies Record<keyof Prices, ReturnType<typeof price>> & Record<string, unknown>;

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
    ...(values.count && { count: Number(values.count) }),
    ...(values.eventsPerSecond && { eventsPerSecond: Number(values.eventsPerSecond) }),
    ...(values.timeout && { timeout: Duration.seconds(Number(values.timeout)) }),
    ...(values.schedule === 'off' ? { scheduleEnabled: false } : scheduleProps(values)),
    ...(values.recordFormat && {
      recordFormat: recordFormats.find((format) => format === values.recordFormat)!,
    }),
    ...(values.deliveryStreamName && { deliveryStreamName: values.deliveryStreamName }),
    prices: withOwnPrices(values, 'context '),
    ...(values.removal === 'destroy' && { removalPolicy: RemovalPolicy.DESTROY }),
    ...(values.alarmEmail && { alarmEmail: values.alarmEmail }),
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
  if (values.schedule === 'off' && values.timeZone !== undefined) {
    problems.push(`context timeZone is "${values.timeZone}", but schedule is "off": leave one of them out`);
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
  return editDistance(key, known) <= (known.length < 6 ? 1 : 2);
}

/** Characters to insert, to delete, to replace, or to swap with their neighbour, to make one text of the other. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]![j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(a.length, b.length);
}
