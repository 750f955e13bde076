import { type Duration, RemovalPolicy, type Size, type TimeZone, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { matches } from '../../lambda/contract/claim.ts';
import {
  allMonitoringLevels,
  monitoringLevels,
  type SettingName,
  settings,
} from '../../lambda/contract/deployment-settings.ts';
import {
  type Partition,
  parsePartition,
  partitionExpectation,
  partitionText,
} from '../../lambda/contract/key-prefix.ts';
import { recordFormats, separators } from '../../lambda/contract/record-format.ts';
import {
  type Bounds,
  isWholeNumber,
  type WholeNumberSetting,
  wholeNumberExpectation,
} from '../../lambda/contract/settings.ts';
import { isPrefixTimeZone, prefixTimeZoneExpectation } from '../aws/time-zones.ts';

/**
 * A prop is invalid; the message begins with the path of the construct.
 *
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { EventProducer, PropError } from 'firehose-event-producer';
 *
 * try {
 *   new EventProducer(new Stack(new App(), 'Events'), 'Producer', { count: Number(process.env.COUNT) });
 * } catch (error) {
 *   console.error(error instanceof PropError ? error.message : error);
 * }
 * ```
 */
export class PropError extends Error {
  override readonly name = 'PropError';

  constructor(scope: IConstruct, message: string) {
    super(`${scope.node.path}: ${message}`);
  }
}

/** For messages: `a, b or c`. */
export function alternatives(values: readonly string[]): string {
  return values.join(', ').replace(/, ([^,]+)$/, ' or $1');
}

/** Whether a value, perhaps in a Duration or a Size, is known only at deployment. */
function isToken(value: unknown): boolean {
  const { isUnresolved } = Object(value) as { readonly isUnresolved?: () => boolean };
  return Token.isUnresolved(value) || isUnresolved?.call(value) === true;
}

const isPlain = (value: unknown) => Object(value).constructor === Object;

/** A value of a prop, for messages: texts in quotes, so that "5" differs from 5; time zones by their names. */
export function shown(value: unknown): string {
  const text = Object(value).timezoneName ?? value;
  if (isToken(text)) {
    return 'a token, whose value is known only at deployment';
  }
  return typeof text === 'string' || isPlain(text) ? JSON.stringify(text) : String(text);
}

const isOneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value);

/** Not `instanceof`: the app may have another copy of the CDK. */
const hasMethod = (name: string) => (value: unknown) =>
  typeof (value as Readonly<Record<string, unknown>> | null)?.[name] === 'function';

function isPartition(value: unknown): boolean {
  const text = isPlain(value) ? partitionText(value as Partition) : '';
  return parsePartition(text) !== undefined && !isToken(text);
}

const retentions = Object.values(RetentionDays).filter((days) => typeof days === 'number');

/** Types of the props that are not numbers: JavaScript apps and casts can pass values that the types exclude. */
const propKinds: readonly [names: readonly string[], expected: string, fits: (value: unknown) => boolean][] =
  [
    [['recordFormat'], `${alternatives(recordFormats)}, for example 'gzip'`, isOneOf(recordFormats)],
    [['separator'], `${alternatives(separators)}, for example 'before'`, isOneOf(separators)],
    [['match'], `${alternatives(matches)}, for example 'id'`, isOneOf(matches)],
    [['monitoring'], `${alternatives(monitoringLevels)}, for example 'full'`, isOneOf(allMonitoringLevels)],
    [
      ['removalPolicy'],
      'a RemovalPolicy, for example RemovalPolicy.DESTROY',
      isOneOf(Object.values(RemovalPolicy)),
    ],
    [['logRetention'], 'a RetentionDays, for example RetentionDays.ONE_WEEK', isOneOf(retentions)],
    [
      ['encryptionKey', 'streamKey', 'bucketKey'],
      "a key, for example Key.fromKeyArn(this, 'Key', 'arn:…')",
      (value) => typeof (value as { readonly keyArn?: unknown } | null)?.keyArn === 'string',
    ],
    [['vpc'], "a VPC, for example Vpc.fromLookup(this, 'Vpc', { … })", hasMethod('selectSubnets')],
    [['source'], "'kinesis'", isOneOf(['kinesis'])],
    [
      ['kinesisStream'],
      "a Kinesis stream, for example Stream.fromStreamArn(this, 'Kinesis', 'arn:…')",
      (value) => typeof (value as { readonly streamArn?: unknown } | null)?.streamArn === 'string',
    ],
    [['proof', 'lake', 'onDemand', 'scheduleEnabled'], 'true or false', isOneOf([true, false])],
    [['eventTemplate', 'prefix'], 'a text', (value) => typeof value === 'string'],
    [
      ['prefixTimeZone'],
      `a TimeZone of ${prefixTimeZoneExpectation}, for example TimeZone.ASIA_TOKYO`,
      (value) => isPrefixTimeZone(String((value as Partial<TimeZone> | null)?.timezoneName)),
    ],
    [['partition'], `${partitionExpectation}, for example { customer: 'canary' }`, isPartition],
    [
      ['timeout', 'bufferingInterval', 'lostAfter', 'kinesisRetention', 'objectExpiration'],
      'a Duration, for example Duration.minutes(5)',
      hasMethod('toSeconds'),
    ],
    [
      ['memorySize', 'bufferingSize', 'lakeScanLimit'],
      'a Size, for example Size.mebibytes(64)',
      hasMethod('toKibibytes'),
    ],
  ];

/** @throws PropError if a prop that is not a number has another type, or a text that is not one of its values. */
export function checkKinds(scope: IConstruct, props: object): void {
  for (const [name, value] of Object.entries(props)) {
    const [, expected, fits] = propKinds.find(([names]) => names.includes(name)) ?? [];
    if (value !== undefined && fits && (isToken(value) || !fits(value))) {
      throw new PropError(scope, `${name} is ${shown(value)}: expected ${expected}`);
    }
  }
}

/**
 * The value of a setting: the prop, else its default, else `undefined`.
 *
 * @param bounds Bounds that are narrower than the setting's own.
 * @throws PropError with the prop, its value, its bounds and an example, if it is out of them.
 */
export function checkedSetting(
  scope: IConstruct,
  name: SettingName,
  value: number | undefined,
  bounds: Partial<Bounds> = {},
): number | undefined {
  const setting: WholeNumberSetting = settings[name];
  const number = value ?? setting.default;
  const own = { ...setting, ...bounds };
  if (number !== undefined && !isWholeNumber(number, own)) {
    const example = Math.min(setting.default ?? setting.example, own.max);
    throw new PropError(
      scope,
      `${name} is ${shown(number)}: expected ${wholeNumberExpectation(own)}, for example ${example}`,
    );
  }
  return number;
}

/** The same for a setting that has a default. */
export function requiredSetting(
  scope: IConstruct,
  name: SettingName,
  value: number | undefined,
  bounds?: Partial<Bounds>,
): number {
  return checkedSetting(scope, name, value, bounds)!;
}

// Durations and sizes, perhaps not whole: checkedSetting refuses them then.

export function secondsOf(duration: Duration | undefined): number | undefined {
  return duration?.toSeconds({ integral: false });
}

export function hoursOf(duration: Duration | undefined): number | undefined {
  return duration?.toHours({ integral: false });
}

export function mebibytesOf(size: Size | undefined): number | undefined {
  return size && size.toKibibytes() / 1_024;
}

/**
 * Settings that exclude or need each other, each as the user wrote it, such as `context proof is "on"` or `proof is true`;
 * nothing if it has its default.
 */
type CombinedSettings = Readonly<
  Partial<
    Record<
      | ('deliveryStream' | 'source' | 'shards' | 'onDemand' | 'kinesisStream' | 'kinesisRetention')
      | ('bucket' | 'prefix' | 'partition' | 'prefixTimeZone' | 'encryptionKey' | 'streamKey' | 'bucketKey')
      | ('separator' | 'proof' | 'lake' | 'monitoring' | 'alarms' | 'alarmTopic'),
      string | false | undefined
    >
  >
>;

/**
 * The problems of a combination, each with a remedy: the same rules for props and for CDK context.
 *
 * @param examples How the user can set the streams and the bucket.
 */
export function combinationProblems(
  given: CombinedSettings,
  examples: Readonly<Record<'deliveryStream' | 'source' | 'kinesisStream' | 'bucket', string>>,
): string[] {
  const { source, shards, onDemand, kinesisStream, kinesisRetention, lake, monitoring } = given;
  const { bucket, prefix, partition, prefixTimeZone, encryptionKey, streamKey, bucketKey } = given;
  const stream = given.deliveryStream || kinesisStream;
  const unless = (setting: string, example: string) =>
    `leave it out, or set ${setting}, for example ${example}`;
  const unlessYours = unless('your stream', examples.deliveryStream);
  const unlessSource = unless('the source', examples.source);
  const ofKinesis = source
    ? 'the created Kinesis stream keeps records for 24 hours'
    : 'events are sent to no Kinesis stream';
  const rules: [wrong: (string | false | undefined)[], because: unknown, why: string][] = [
    [
      [kinesisStream],
      given.deliveryStream,
      `${given.deliveryStream}: events are sent to one stream. Leave one of them out`,
    ],
    [[source], stream, `${stream}: only a created delivery stream gets a source. Leave one of them out`],
    [[shards], stream, `${stream}: no Kinesis stream is created. Leave one of them out`],
    [[shards], !source && !stream, `no Kinesis stream is created: ${unlessSource}`],
    [
      [shards],
      onDemand,
      `${onDemand}: a stream on demand has as many shards as it needs. Leave one of them out`,
    ],
    [[onDemand], !source && !kinesisStream, `${ofKinesis}: ${unlessSource}`],
    [[kinesisRetention], !kinesisStream, `${ofKinesis}: ${unless('your stream', examples.kinesisStream)}`],
    [
      [bucket, prefix, partition],
      !stream,
      `the created stream has its own bucket and prefix: ${unlessYours}`,
    ],
    [
      [streamKey, bucketKey],
      !stream,
      `the created stream and its bucket have the key encryptionKey: set that, or your stream, for example ${examples.deliveryStream}`,
    ],
    [
      [encryptionKey],
      stream,
      `${stream}: name the keys that your stream and its bucket have, streamKey and bucketKey`,
    ],
    [
      [given.proof, prefix, partition, prefixTimeZone, bucketKey],
      stream && !bucket,
      `the bucket of your stream is not known: set it, for example ${examples.bucket}`,
    ],
    [[given.separator], !stream, `all records of the created stream end with a line break: ${unlessYours}`],
    [[lake], stream, `${stream}: only the bucket of the created stream has a table. Leave one of them out`],
    [[lake], prefixTimeZone, `${prefixTimeZone}: the hours of the table are in UTC. Leave one of them out`],
    [[given.alarms, given.alarmTopic], monitoring, `${monitoring}: leave one of them out`],
  ];
  return rules.flatMap(([wrong, because, why]) =>
    wrong.flatMap((setting) => (setting && because ? [`${setting}, but ${why}`] : [])),
  );
}
