import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type SettingName, settings } from '../../lambda/contract/deployment-settings.ts';
import { producerSettings } from '../../lambda/contract/settings.ts';
import { InvalidContextError } from '../../lib/stack/context.ts';
import { createStack, synthOf, templateOf } from './synth.ts';

type DeploymentSetting = Exclude<SettingName, keyof typeof producerSettings>;

const buffering = (hints: object) => ({ ExtendedS3DestinationConfiguration: { BufferingHints: hints } });

/** Where the settings go that the function does not know. */
const deploymentProperties: Record<DeploymentSetting, readonly [type: string, (value: number) => object]> = {
  maxConcurrency: [
    'AWS::Lambda::EventSourceMapping',
    (value) => ({ ScalingConfig: { MaximumConcurrency: value } }),
  ],
  timeout: ['AWS::Lambda::Function', (value) => ({ Timeout: value })],
  memorySize: ['AWS::Lambda::Function', (value) => ({ MemorySize: value })],
  bufferingInterval: [
    'AWS::KinesisFirehose::DeliveryStream',
    (value) => buffering({ IntervalInSeconds: value }),
  ],
  lostAfter: [
    'AWS::Lambda::Function',
    (value) => ({ Environment: { Variables: { LOST_AFTER_HOURS: String(value) } } }),
  ],
  bufferingSize: ['AWS::KinesisFirehose::DeliveryStream', (value) => buffering({ SizeInMBs: value })],
  shards: ['AWS::Kinesis::Stream', (value) => ({ ShardCount: value })],
  kinesisRetention: [
    'AWS::Lambda::Function',
    (value) => ({ Environment: { Variables: { LOST_AFTER_HOURS: String(value + 1) } } }),
  ],
};

/** Settings without which others make no sense. */
const neededContext: Partial<Record<DeploymentSetting, Record<string, string>>> = {
  shards: { source: 'kinesis' },
  kinesisRetention: { kinesisStreamName: 'my-stream', bucketName: 'my-bucket' },
};

describe('CDK context', () => {
  it.each([
    ['count', 'abc', 'a whole number from 1 to 1000000000000, for example -c count=5000'],
    ['count', '1_000_000', 'a whole number from 1 to 1000000000000, for example -c count=1000000'],
    ['eventsPerSecond', '0', 'a whole number from 1 to 1000000, for example -c eventsPerSecond=1000'],
    ['timeout', '2', 'a whole number from 3 to 900 (seconds), for example -c timeout=60'],
    ['lostAfter', '73', 'a whole number from 1 to 72 (hours), for example -c lostAfter=48'],
    ['schedule', 'every minute', 'rate('],
    ['timeZone', 'Berlin', 'an IANA time zone, for example -c timeZone=Europe/Berlin'],
    ['recordFormat', 'zip', 'ndjson, single or gzip, for example -c recordFormat=gzip'],
    [
      'firehoseUsdPerGb',
      'cheap',
      'a price in US dollars: a number from 0 to 1000, for example -c firehoseUsdPerGb=0.029',
    ],
    ['removalPolicy', 'yes', 'retain or destroy, for example -c removalPolicy=destroy'],
    [
      'stackName',
      'My_Stack',
      "the stack's name: a letter, then up to 127 letters, digits and -, for example -c stackName=Dev",
    ],
    ['alarmEmail', 'you', 'an e-mail address, for example -c alarmEmail=you@example.com'],
    ['monitoring', 'on', 'essential, full or off, for example -c monitoring=full'],
    ['match', 'uuid', 'bytes or id, for example -c match=id'],
    ['separator', 'none', 'after or before, for example -c separator=before'],
    ['proof', 'yes', 'on or off, for example -c proof=off'],
    [
      'bucketName',
      'My_Bucket',
      'the name of the bucket that this stream delivers to: 3 to 63 lower case letters, digits, . or -, for example -c bucketName=my-bucket',
    ],
    [
      'partition',
      'canary',
      'partition keys and the values that the events get, without commas, for example -c partition=customer=canary',
    ],
    ...['asia/tokyo', 'JST', 'Etc/GMT+1'].map((zone) => [
      'prefixTimeZone',
      zone,
      'UTC or a time zone that Firehose knows, of letters, _ and /, for example -c prefixTimeZone=',
    ]),
    [
      'prefixTimeZone',
      'Asia/Tokio',
      'UTC or a time zone that Firehose knows, of letters, _ and /, for example -c prefixTimeZone=Asia/Tokyo',
    ],
  ])('stops synth when %s is %j, and names what it expects', (key, value, expected) => {
    const create = () => createStack({ [key]: value });
    expect(create).toThrow(InvalidContextError);
    expect(create).toThrow(`context ${key} is "${value}": expected ${expected}`);
  });

  it.each([
    ['count', ['0', '1000000000001', '']],
    ['timeout', ['901']],
    ['schedule', ['rate(0 minutes)', 'cron(0 12 * * * *)', 'cron(0 12 ? * ? *)', 'cron(0 12 * * ?)']],
    ['schedule', ['cron(61 12 * * ? *)', 'cron(99 12 * * ? *)']],
    ['timeZone', ['+02:00', 'europe/berlin']],
    ['deliveryStreamName', ['my stream']],
    ['alarmEmail', ['<you@example.com>', 'you@example']],
  ])('stops synth when %s is one of %j', (key, values) => {
    for (const value of values) {
      expect(() => createStack({ [key]: value })).toThrow(`context ${key} is "${value}": expected`);
    }
  });

  it('lists every wrong value at once', () => {
    expect(() => createStack({ count: 'x', removalPolicy: 'y' })).toThrow(/count.*\n.*removalPolicy/);
  });

  it('takes stackName: two environments in one account share no name, and no logical id changes', () => {
    // Act
    const [dev, other] = [synthOf({ stackName: 'Dev' }), synthOf()];

    // Assess
    expect([dev.stack.stackName, other.stack.stackName]).toEqual(['Dev', 'FirehoseEventProducer']);
    const text = JSON.stringify(dev.template.toJSON());
    expect(text).toContain('"Dev-Producer-Silence"');
    expect(text).not.toContain('FirehoseEventProducer-');
    expect(Object.keys(dev.template.toJSON().Resources)).toEqual(
      Object.keys(other.template.toJSON().Resources),
    );
  });

  it('takes numbers too, as cdk.json may hold them', () => {
    templateOf({ count: 5_000 }).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { COUNT: '5000' } },
    });
  });

  it.each(Object.entries(producerSettings))('takes %s, which the function reads', (name, setting) => {
    templateOf({ [name]: String(setting.example) }).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { [setting.variable]: String(setting.example) } },
    });
  });

  it.each(Object.keys(deploymentProperties) as DeploymentSetting[])('takes %s', (name) => {
    const { example } = settings[name];
    const [type, properties] = deploymentProperties[name];
    templateOf({ ...neededContext[name], [name]: String(example) }).hasResourceProperties(
      type,
      properties(example),
    );
  });

  it('takes prices, which the report is estimated with', () => {
    templateOf({ firehoseUsdPerGb: '0.031', lambdaUsdPerGbSecond: 2e-7 }).hasResourceProperties(
      'AWS::Lambda::Function',
      { Environment: { Variables: { FIREHOSE_USD_PER_GB: '0.031', LAMBDA_USD_PER_GB_SECOND: '2e-7' } } },
    );
  });

  it.each(['Asia/Kolkata', 'Europe/Kyiv', 'Etc/UTC', 'UTC', 'Etc/GMT+1', 'America/Port_of_Spain'])(
    'takes the time zone %s',
    (timeZone) => {
      templateOf({ timeZone }).hasResourceProperties('AWS::Scheduler::Schedule', {
        ScheduleExpressionTimezone: timeZone,
      });
    },
  );

  it('refuses a time zone for a schedule that is off', () => {
    expect(() => createStack({ schedule: 'off', timeZone: 'Europe/Berlin' })).toThrow(
      'context timeZone is "Europe/Berlin", but schedule is "off": leave one of them out',
    );
  });

  it.each<[Record<string, string>, string]>([
    [
      { bucketName: 'my-bucket' },
      'context bucketName is "my-bucket", but the created stream has its own bucket and prefix: leave it out, or set your stream, for example -c deliveryStreamName=my-stream',
    ],
    [{ prefix: 'raw/' }, 'context prefix is "raw/", but the created stream has its own bucket and prefix: '],
    [
      { deliveryStreamName: 'my-stream', proof: 'on' },
      'context proof is "on", but the bucket of your stream is not known: set it, for example -c bucketName=my-bucket',
    ],
    [
      { deliveryStreamName: 'my-stream', prefix: 'raw/' },
      'context prefix is "raw/", but the bucket of your stream is not known: set it, for example -c bucketName=my-bucket',
    ],
    [
      { partition: 'a=b' },
      'context partition is "a=b", but the created stream has its own bucket and prefix: ',
    ],
    [
      { deliveryStreamName: 'my-stream', prefixTimeZone: 'Asia/Tokyo' },
      'context prefixTimeZone is "Asia/Tokyo", but the bucket of your stream is not known: set it, for example -c ',
    ],
    [
      { lake: 'on', prefixTimeZone: 'Asia/Tokyo' },
      'context lake is "on", but prefixTimeZone is "Asia/Tokyo": the hours of the table are in UTC. Leave one of them out',
    ],
    [
      { deliveryStreamName: 'my-stream', bucketName: 'my-bucket', prefix: '!{partitionKeyFromQuery:id}/' },
      'context prefix is "!{partitionKeyFromQuery:id}/": !{partitionKeyFromQuery:id} comes before the hour: expected the value',
    ],
    [
      { separator: 'before' },
      'context separator is "before", but all records of the created stream end with a line break: leave it out, or set your stream, for example -c deliveryStreamName=my-stream',
    ],
    [
      { deliveryStreamName: 'my-stream', lake: 'on' },
      'context lake is "on", but deliveryStreamName is "my-stream": only the bucket of the created stream has a table. Leave one of them out',
    ],
  ])('refuses the contradiction %j', (context, message) => {
    expect(() => createStack(context)).toThrow(InvalidContextError);
    expect(() => createStack(context)).toThrow(message);
  });

  it('refuses an address for alarms without alarms', () => {
    expect(() => createStack({ monitoring: 'off', alarmEmail: 'you@example.com' })).toThrow(
      new InvalidContextError(
        'context alarmEmail is "you@example.com", but monitoring is "off": leave one of them out',
      ),
    );
  });

  it.each([
    ['schedul', 'schedule'],
    ['cuont', 'count'],
    ['timezone', 'timeZone'],
    ['recordFromat', 'recordFormat'],
    ['eventPerSeconds', 'eventsPerSecond'],
    ['delivery-stream-name', 'deliveryStreamName'],
    ['REMOVAL_POLICY', 'removalPolicy'],
    ['evnt', 'eventTemplate'],
  ])('takes %s for a typo of %s', (key, meant) => {
    expect(() => createStack({ [key]: '1' })).toThrow(
      new InvalidContextError(`context ${key} is not known: did you mean ${meant}?`),
    );
  });

  it.each([
    [{ event: 'docs/events/iot-sensor.json' }, { eventTemplate: 'docs/events/iot-sensor.json' }],
    [{ removal: 'destroy' }, { removalPolicy: 'destroy' }],
  ])('takes %j, the old name of %j', (old, current) => {
    const withoutCode = (template: Template) =>
      JSON.stringify(template.toJSON()).replaceAll(/"[0-9a-f]{64}\.zip"/g, '"code"');
    expect(withoutCode(templateOf(old))).toBe(withoutCode(templateOf(current)));
    expect(withoutCode(templateOf(current))).not.toBe(withoutCode(templateOf()));
  });

  it('refuses a setting that has both its names', () => {
    expect(() => createStack({ removal: 'destroy', removalPolicy: 'retain' })).toThrow(
      new InvalidContextError('context removalPolicy is set by its old name, too: leave one of them out'),
    );
  });

  it.each([
    ['deliveryStream', '-c deliveryStreamName=my-stream'],
    ['bucket', '-c bucketName=my-bucket'],
    ['alarmTopic', '-c alarmEmail=you@example.com'],
    ['scheduleEnabled', '-c schedule=off'],
    ['prices', '-c firehoseUsdPerGb=0.031'],
    ['alarms', 'bin/app.ts'],
    ['lakeScanLimit', 'bin/app.ts'],
    ['objectExpiration', 'bin/app.ts'],
    ['logRetention', 'bin/app.ts'],
    ['vpc', 'bin/app.ts'],
    ['subnets', 'bin/app.ts'],
    ['securityGroups', 'bin/app.ts'],
  ])('refuses the prop %s and names the way to set it', (prop, remedy) => {
    expect(() => createStack({ [prop]: 'x' })).toThrow(InvalidContextError);
    expect(() => createStack({ [prop]: 'x' })).toThrow(`context ${prop} is not a context key: `);
    expect(() => createStack({ [prop]: 'x' })).toThrow(remedy);
  });

  it.each(['account', 'stage', 'vpcId', 'region', 'toString'])(
    'leaves %s alone, which is meant for other apps',
    (key) => {
      expect(createStack({ [key]: 'x' }).node.root.node.metadata).toEqual([]);
    },
  );
});
