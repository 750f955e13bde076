/** Bounds of a whole number. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** A value other than the default, for messages. */
  readonly example: number;
  /** Unit, for messages, unless the name contains it. */
  readonly unit?: string;
}

/** A setting that is a whole number. */
export interface WholeNumberSetting extends Bounds {
  /** A setting without a default is optional. */
  readonly default?: number;
  readonly description: string;
  /** The environment variable of the function. */
  readonly variable?: string;
}

/**
 * The settings of the producer. The parser of its environment, the stack's variables, the checks of props, CDK context and
 * the options of commands are made from these rows.
 */
export const producerSettings = {
  count: {
    variable: 'COUNT',
    min: 1,
    max: 1_000_000_000_000,
    default: 100,
    example: 5_000,
    description: 'events of a run whose payload has no count',
  },
  maxCount: {
    variable: 'MAX_COUNT',
    min: 1,
    max: 1_000_000_000_000,
    default: 1_000_000_000,
    example: 1_000_000,
    description: 'highest count that a payload may have: a guard against typos',
  },
  eventsPerSlice: {
    variable: 'EVENTS_PER_SLICE',
    min: 1_000,
    max: 100_000_000,
    default: 1_000_000,
    example: 500_000,
    description: 'events of a slice: larger runs are cut into slices, which go to the work queue',
  },
  eventsPerSecond: {
    variable: 'EVENTS_PER_SECOND',
    min: 1,
    max: 1_000_000,
    example: 1_000,
    description:
      'steady rate of a run whose payload has none; without one, as fast as the stream takes the events',
  },
  concurrency: {
    variable: 'CONCURRENCY',
    min: 1,
    max: 64,
    default: 8,
    example: 4,
    description: 'requests in flight at the same time',
  },
  // Firehose takes at most 4 MiB; whether that counts before or after base64 is not documented.
  maxRequestBytes: {
    variable: 'MAX_REQUEST_BYTES',
    min: 65_536,
    max: 4_000_000,
    default: 4_000_000,
    example: 2_000_000,
    unit: 'bytes',
    description: 'largest request, as base64 inside JSON',
  },
  maxAttempts: {
    variable: 'MAX_ATTEMPTS',
    min: 1,
    max: 100,
    default: 20,
    example: 5,
    description: 'attempts to send a record before it is left to a later invocation',
  },
} as const satisfies Record<string, WholeNumberSetting & { readonly variable: string }>;

type Table = typeof producerSettings;
type NameWithDefault = {
  [Name in keyof Table]: Table[Name] extends { readonly default: number } ? Name : never;
}[keyof Table];

/** The values of {@link producerSettings}. */
export type ProducerSettings = Readonly<
  Record<NameWithDefault, number> & Partial<Record<Exclude<keyof Table, NameWithDefault>, number>>
>;

/** Whether a value is a whole number within bounds. */
export function isWholeNumber(value: unknown, { min, max }: Bounds): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** Reads digits only; `undefined` if the text is not a whole number within bounds. */
export function parseWholeNumber(text: string, bounds: Bounds): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  return isWholeNumber(value, bounds) ? value : undefined;
}

/** For messages: the number that a refused text such as `1e6` or `1_000_000` may mean, else the example. */
export function exampleLike(text: string, bounds: Bounds): number {
  const meant = text === '' ? Number.NaN : Number(text.replaceAll(/[_,' ]/g, ''));
  return isWholeNumber(meant, bounds) ? meant : bounds.example;
}

/** For messages: `a whole number from 3 to 900 (seconds)`. */
export function wholeNumberExpectation({ min, max, unit }: Bounds): string {
  return `a whole number from ${min} to ${max}${unit ? ` (${unit})` : ''}`;
}
