// Firehose's prefixes, as the stack checks them and the prover lists them.
// Source: developer guide, "Understand custom prefixes for Amazon S3 objects"; Java's DateTimeFormatter.

/** The values that partition keys of a stream have for our events. */
export type Partition = Readonly<Record<string, string>>;

/** Settings of a stream that decide the beginnings of keys. */
export interface KeyNaming {
  /** The stream's prefix, expressions included; empty for Firehose's default. */
  readonly prefix: string;
  /** @default UTC */
  readonly prefixTimeZone?: string | undefined;
  /** @default - no partition keys before the hour */
  readonly partition?: Partition | undefined;
}

/** A field of the arrival time that an hour decides, by its letter in Java's DateTimeFormatter. */
export interface TimeField {
  readonly letter: HourLetter;
  readonly length: number;
}

/** The start of the keys of an hour's objects. */
export interface KeyStart {
  readonly parts: readonly (string | TimeField)[];
  /** The first part of the prefix that an hour does not decide. @default - it decides all of them */
  readonly stop?: string;
}

/** The letters of numbers that an hour decides, with the largest number of repeats; more repeats are names. */
const hourLetters = { y: 19, u: 19, Y: 19, M: 2, L: 2, d: 2, D: 3, H: 2, k: 2, K: 2, h: 2 } as const;

export type HourLetter = keyof typeof hourLetters;

/** An expression in a prefix, or text between expressions. */
const partPattern = /!\{([^:}]*):([^}]*)\}|[^!]+|!/g;

/** A field of a timestamp, quoted text, or any other character. */
const formatPattern = /([A-Za-z])\1*|'(?:[^']|'')*'|[\s\S]/g;

/** Completes a prefix as Firehose does: one without an expression gets hours. */
export function completeKeyPrefix(prefix: string): string {
  return prefix.includes('!{') ? prefix : `${prefix}!{timestamp:yyyy/MM/dd/HH}/`;
}

/** Whether the prefix needs dynamic partitioning. */
export function isPartitioned(prefix: string): boolean {
  return prefix.includes('!{partitionKeyFrom');
}

/** Reads a prefix up to its first part that is finer than an hour, no time, or a partition key without a value. */
export function keyStart(prefix: string, partition: Partition = {}): KeyStart {
  const parts: (string | TimeField)[] = [];
  for (const [text, namespace, value = ''] of completeKeyPrefix(prefix).matchAll(partPattern)) {
    if (namespace === undefined) {
      parts.push(text);
    } else if (namespace === 'timestamp') {
      for (const [token, letter] of value.matchAll(formatPattern)) {
        const part = letter === undefined ? literal(token) : field(letter, token.length);
        if (part === undefined) {
          return { parts, stop: `${token} of ${text}` };
        }
        parts.push(part);
      }
    } else if (isPartitioned(text) && Object.hasOwn(partition, value)) {
      parts.push(partition[value]!);
    } else {
      return { parts, stop: text };
    }
  }
  return { parts };
}

/** Literal text of a timestamp; undefined for reserved characters. */
function literal(token: string): string | undefined {
  if (token === "''") {
    return "'";
  }
  if (token.startsWith("'")) {
    return token === "'" ? undefined : token.slice(1, -1).replaceAll("''", "'");
  }
  return '[]{}#'.includes(token) ? undefined : token;
}

function field(letter: string, length: number): TimeField | undefined {
  return length <= (hourLetters[letter as HourLetter] ?? 0)
    ? { letter: letter as HourLetter, length }
    : undefined;
}

export const partitionExpectation = 'partition keys and the values that the events get, without commas';

export const partitionExample = 'customer=canary';

/** Reads {@link partitionText}; `undefined` if it is invalid. */
export function parsePartition(text: string): Partition | undefined {
  const pairs = text.split(',').map((pair) => /^([^=]+)=(.+)$/s.exec(pair));
  return pairs.includes(null) ? undefined : Object.fromEntries(pairs.map((pair) => pair!.slice(1)));
}

/** Values of partition keys as one text: `customer=canary,region=eu`. */
export function partitionText(partition: Partition): string {
  return Object.entries(partition)
    .map((pair) => pair.join('='))
    .join(',');
}
