import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { describe, expect, it } from 'vitest';
import { type SettingName, settings } from '../../lambda/contract/deployment-settings.ts';
import type { WholeNumberSetting } from '../../lambda/contract/settings.ts';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { PropError } from '../../lib/stack/prop-checks.ts';

/** Makes the producer `Other/Producer`, without a bundle. */
function createProducer(props: EventProducerProps): EventProducer {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  return new EventProducer(new Stack(app, 'Other'), 'Producer', props);
}

function refusalOf(props: EventProducerProps): Error {
  try {
    createProducer(props);
  } catch (error) {
    return error as Error;
  }
  return expect.unreachable(`${JSON.stringify(props)} should be refused`);
}

/** The value of a prop, as its type has it. */
function propOf(name: SettingName, value: number): EventProducerProps {
  const { unit }: WholeNumberSetting = settings[name];
  const convert = {
    hours: (hours: number) => Duration.millis(hours * 3_600_000),
    seconds: (seconds: number) => Duration.millis(seconds * 1_000),
    MiB: mebibytes,
  }[unit ?? ''];
  return { [name]: convert?.(value) ?? value };
}

/** Also of half a mebibyte. */
function mebibytes(value: number): Size {
  return Size.kibibytes(value * 1_024);
}

/** The largest value of a setting for which nothing else is set: a count has to be allowed by default. */
function maxOf(name: SettingName): number {
  return name === 'count' ? settings.maxCount.default : settings[name].max;
}

/** Other props that a setting needs at its bounds. The lower bound of memory depends on the requests. */
const takenBeside: Partial<Record<SettingName, EventProducerProps>> = {
  count: { maxCount: settings.maxCount.max },
  maxCount: { count: 1 },
  concurrency: { memorySize: Size.mebibytes(2_048) },
  shards: { source: 'kinesis' },
  kinesisRetention: {
    kinesisStream: Stream.fromStreamArn(
      new Stack(),
      'Kinesis',
      'arn:aws:kinesis:eu-west-1:111122223333:stream/my-stream',
    ),
  },
};

const names = Object.keys(settings) as SettingName[];

const wrong = names.flatMap((name) =>
  [settings[name].min - 1, maxOf(name) + 1, settings[name].min + 0.5]
    // There is no negative Duration.
    .filter((value) => value >= 0)
    .map((value) => [name, value] as const),
);

describe('a numeric prop', () => {
  it.each(wrong)(
    '%s of %d is refused, by the path of the construct, its bounds and an example',
    (name, value) => {
      // Act
      const refusal = refusalOf(propOf(name, value));

      // Assess
      const { min, unit }: WholeNumberSetting = settings[name];
      const [, path, problem, example] = /^(\S+): (.*), for example (\d+)$/.exec(refusal.message) ?? [];
      expect(refusal).toBeInstanceOf(PropError);
      expect(path).toMatch(/^Other\/Producer(\/|$)/);
      expect(problem).toBe(
        `${name} is ${value}: expected a whole number from ${min} to ${maxOf(name)}${unit ? ` (${unit})` : ''}`,
      );
      expect(Number(example)).toBeGreaterThanOrEqual(min);
      expect(Number(example)).toBeLessThanOrEqual(maxOf(name));
    },
  );

  it.each([
    [{ count: 51, maxCount: 50 }, 51],
    [{ maxCount: 50 }, settings.count.default],
  ])('%j is refused: a count may not be above maxCount', (props, count) => {
    // Act
    const { message } = refusalOf(props);

    // Assess
    expect(message).toContain(
      `Other/Producer/Function: count is ${count}: expected a whole number from 1 to 50`,
    );
  });

  it('of a count above maxCount is refused with an example that is not', () => {
    const { message } = refusalOf({ count: 51, maxCount: 50 });
    expect(Number(/for example (\d+)$/.exec(message)?.[1])).toBeLessThanOrEqual(50);
  });

  it.each<[EventProducerProps, string]>([
    [
      { concurrency: 64, maxRequestBytes: 4_000_000 },
      'memorySize is 512 MiB, but 64 concurrent requests (concurrency) of 4000000 bytes (maxRequestBytes) need 1105 MiB',
    ],
    [
      { memorySize: Size.mebibytes(250) },
      'memorySize is 250 MiB, but 8 concurrent requests (concurrency) of 4000000 bytes (maxRequestBytes) need 251 MiB',
    ],
  ])('%j is refused: requests in flight need memory', (props, message) => {
    // Act
    const refusal = refusalOf(props);

    // Assess
    expect(refusal).toBeInstanceOf(PropError);
    expect(refusal.message).toBe(
      `Other/Producer/Function: ${message}: raise memorySize or lower one of the others`,
    );
  });

  it.each(names.filter((name) => name !== 'memorySize'))('%s is taken at its bounds', (name) => {
    for (const value of [settings[name].min, settings[name].max]) {
      expect(() => createProducer({ ...takenBeside[name], ...propOf(name, value) })).not.toThrow();
    }
  });

  it.each([251, 10_240])('of %i MiB is taken by memorySize, in which requests have room', (value) => {
    expect(() => createProducer({ memorySize: Size.mebibytes(value) })).not.toThrow();
  });
});

describe('a prop of another type than its own', () => {
  it.each<[string, unknown, string]>([
    ['count', '5', '"5": expected a whole number from 1 to 1000000000, for example 100'],
    ['eventsPerSecond', '5', '"5": expected a whole number from 1 to 1000000, for example 1000'],
    ['recordFormat', 'jsn', `"jsn": expected ndjson, single or gzip, for example 'gzip'`],
    ['monitoring', 'none', `"none": expected essential, full or off, for example 'full'`],
    ['monitoring', false, `false: expected essential, full or off, for example 'full'`],
    ['removalPolicy', 'keep', '"keep": expected a RemovalPolicy, for example RemovalPolicy.DESTROY'],
    ['logRetention', 31, '31: expected a RetentionDays, for example RetentionDays.ONE_WEEK'],
    ['proof', 'off', '"off": expected true or false'],
    ['lake', 'false', '"false": expected true or false'],
    ['scheduleEnabled', 0, '0: expected true or false'],
    ['proof', null, 'null: expected true or false'],
    ['eventTemplate', { id: 1 }, '{"id":1}: expected a text'],
    [
      'partition',
      'a=b',
      `"a=b": expected partition keys and the values that the events get, without commas, for example { customer: 'canary' }`,
    ],
    [
      'prefixTimeZone',
      'Asia/Tokyo',
      '"Asia/Tokyo": expected a TimeZone of UTC or a time zone that Firehose knows, of letters, _ and /, for example TimeZone.ASIA_TOKYO',
    ],
    ['timeout', 60, '60: expected a Duration, for example Duration.minutes(5)'],
    ['memorySize', '512', '"512": expected a Size, for example Size.mebibytes(64)'],
  ])('is refused: %s of %j', (name, value, message) => {
    // Act
    const refusal = refusalOf({ [name]: value });

    // Assess
    expect(refusal).toBeInstanceOf(PropError);
    expect(refusal.message).toMatch(/^Other\/Producer(\/Function)?: /);
    expect(refusal.message.replace(/^\S+ /, '')).toBe(`${name} is ${message}`);
  });
});

describe('a price', () => {
  it.each([
    [-1, 'prices.firehoseUsdPerGb is "-1": expected a price in US dollars'],
    [Number.NaN, 'prices.firehoseUsdPerGb is "NaN": expected a price in US dollars'],
  ])('of %d is refused, by the path of the construct', (firehoseUsdPerGb, message) => {
    const refusal = refusalOf({ prices: { firehoseUsdPerGb } });
    expect(refusal).toBeInstanceOf(PropError);
    expect(refusal.message).toContain(`Other/Producer/Function: ${message}`);
  });
});
