import { type CompressionName, compressions } from './compressions.ts';

export interface ObjectNameSettings {
  /** Name of the stream: 1 to 64 of `a-zA-Z0-9_.-`. */
  readonly deliveryStreamName: string;
  /** Prefix of the objects' keys, with expressions; may be empty. */
  readonly prefix: string;
  /** Prefix for failed records, with expressions; may be empty. It is only checked: no record fails here. */
  readonly errorOutputPrefix: string;
  readonly compression: CompressionName;
  /** Extension of the objects' names, with its dot. @default - that of the compression */
  readonly fileExtension?: string;
  /** Time zone of all times in the keys. @default UTC */
  readonly customTimeZone?: string;
  /** Values of the keys of dynamic partitioning, the same for all records. @default - the stream has none */
  readonly partitionKeys?: Readonly<Record<string, string>>;
}

/**
 * Names one object.
 *
 * @param arrivalTime arrival of the oldest record: the time of every `!{timestamp:…}` and of the suffix.
 * @param newUuid called for the suffix, and for each `!{firehose:random-string}`.
 * @returns the object's key.
 */
export type ObjectName = (arrivalTime: Date, newUuid: () => string) => string;

/** A `Prefix` or `ErrorOutputPrefix` that this Firehose cannot evaluate, or that AWS refuses. */
export class PrefixError extends Error {
  override readonly name = 'PrefixError';
}

/** The configuration version in each object's name. It starts at 1, and streams do not change here. */
export const deliveryStreamVersion = '1';

/** In characters. Source: developer guide, "Understand custom prefixes", semantic rules. */
const maxEvaluatedPrefixLength = 512;

/** Appended to a `Prefix` without a timestamp expression. Source: the same page. */
const defaultTimestampExpression = '!{timestamp:yyyy/MM/dd/HH/}';

const supported =
  'Supported are !{timestamp:…} with the letters y u M L d D H k K h m s S as numbers, a, and text in single quotes, ' +
  '!{firehose:random-string}, and in ErrorOutputPrefix !{firehose:error-output-type}; ' +
  'for example events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/ with errors/!{firehose:error-output-type}/';

type Field = 'Prefix' | 'ErrorOutputPrefix';

/** A part of a prefix has the same parameters as the whole name. */
type Part = ObjectName;

/** A pattern letter of Java's DateTimeFormatter; only numeric fields are supported. */
interface PatternLetter {
  readonly maxRepeats: number;
  readonly format: (at: Date, repeats: number) => string;
}

const year: PatternLetter = {
  maxRepeats: 9,
  format: (at, repeats) =>
    String(repeats === 2 ? at.getUTCFullYear() % 100 : at.getUTCFullYear()).padStart(repeats, '0'),
};

const number = (field: (at: Date) => number, maxRepeats = 2): PatternLetter => ({
  maxRepeats,
  format: (at, repeats) => String(field(at)).padStart(repeats, '0'),
});

const month = number((at) => at.getUTCMonth() + 1);

// More repeats are an error in Java too, except for M and L: MMM and MMMM are names of months.
const patternLetters: Readonly<Record<string, PatternLetter>> = {
  y: year,
  u: year,
  M: month,
  L: month,
  d: number((at) => at.getUTCDate()),
  D: number(
    (at) => (Date.parse(at.toISOString().slice(0, 10)) - Date.UTC(at.getUTCFullYear(), 0, 0)) / 864e5,
    3,
  ),
  H: number((at) => at.getUTCHours()),
  k: number((at) => at.getUTCHours() || 24),
  K: number((at) => at.getUTCHours() % 12),
  h: number((at) => at.getUTCHours() % 12 || 12),
  a: { maxRepeats: 1, format: (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM') },
  m: number((at) => at.getUTCMinutes()),
  s: number((at) => at.getUTCSeconds()),
  S: {
    maxRepeats: 9,
    format: (at, repeats) => `${String(at.getUTCMilliseconds()).padStart(3, '0')}000000`.slice(0, repeats),
  },
};

/**
 * Parses the prefixes of a stream once, so that errors appear at start-up and not at the first delivery.
 *
 * The key is `<evaluated prefix><stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>`. A prefix without a timestamp
 * expression is followed by `yyyy/MM/dd/HH/`, with no slash put in between. The extension is that of
 * the compression, unless `fileExtension` names one. `errorOutputPrefix` is checked and otherwise not used, because this Firehose
 * has no failed records to write. Source: developer guide, "Understand custom prefixes for Amazon S3 objects" and
 * "Configure Amazon S3 object name format".
 *
 * @throws PrefixError for an expression that is not supported here or not allowed by AWS; it names the expression, what is
 * supported and an example.
 */
export function compileObjectName(settings: ObjectNameSettings): ObjectName {
  const {
    prefix,
    errorOutputPrefix,
    deliveryStreamName,
    customTimeZone = 'UTC',
    partitionKeys = {},
  } = settings;
  const partition = prefix.replaceAll(
    /!\{partitionKeyFrom\w+:(\w+)\}/g,
    (text, key) => partitionKeys[key] ?? text,
  );
  const parts = parse('Prefix', partition);
  const errorParts = parse('ErrorOutputPrefix', errorOutputPrefix);
  if (prefix.includes('!{') && errorOutputPrefix === '') {
    throw new PrefixError(
      `ErrorOutputPrefix can't be empty when Prefix contains expressions, as ${JSON.stringify(prefix)} does. ${supported}`,
    );
  }
  if (errorOutputPrefix.includes('!{') && !errorOutputPrefix.includes('!{firehose:error-output-type}')) {
    throw new PrefixError(
      `ErrorOutputPrefix ${JSON.stringify(errorOutputPrefix)} contains expressions, so it must contain !{firehose:error-output-type}. ${supported}`,
    );
  }
  if (!prefix.includes('!{timestamp:')) {
    parts.push(...parse('Prefix', defaultTimestampExpression));
  }
  checkEvaluated('Prefix', prefix, parts);
  checkEvaluated('ErrorOutputPrefix', errorOutputPrefix, errorParts);

  const extension = settings.fileExtension || compressions[settings.compression].extension;
  return (arrivalTime, newUuid) => {
    const localTime = inTimeZone(arrivalTime, customTimeZone);
    const time = localTime.toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
    const name = `${deliveryStreamName}-${deliveryStreamVersion}-${time}-${newUuid()}${extension}`;
    return evaluate(parts, localTime, newUuid) + name;
  };
}

/** A date whose fields in UTC are those of a time zone. */
function inTimeZone(at: Date, timeZone: string): Date {
  const [day, time] = at.toLocaleString('sv-SE', { timeZone }).split(' ');
  return new Date(`${day}T${time}.${String(at.getUTCMilliseconds()).padStart(3, '0')}Z`);
}

function evaluate(parts: readonly Part[], at: Date, newUuid: () => string): string {
  return parts.map((part) => part(at, newUuid)).join('');
}

function checkEvaluated(field: string, source: string, parts: readonly Part[]): void {
  // The date with the widest fields: no evaluation is longer.
  const date = new Date('2222-12-22T22:22:22.222Z');
  const widest = evaluate(parts, date, () => '00000000-0000-0000-0000-000000000000');
  if (widest.length > maxEvaluatedPrefixLength) {
    throw new PrefixError(
      `${field} ${JSON.stringify(source)} evaluates to ${widest.length} characters, and AWS allows ${maxEvaluatedPrefixLength}`,
    );
  }
  // S3 would store such keys, but as paths they would leave the bucket's directory.
  if (widest.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new PrefixError(
      `${field} ${JSON.stringify(source)} contains a "." or ".." between slashes, which cannot be a directory here. Use names, as in events/raw/`,
    );
  }
}

function parse(field: Field, source: string): Part[] {
  return source
    .split(/(!\{[^}]*\}?)/)
    .map((text) => (text.startsWith('!{') ? parseExpression(field, text) : () => text));
}

function parseExpression(field: Field, expression: string): Part {
  if (!expression.endsWith('}')) {
    throw unsupported(field, expression, 'the expression has no closing brace');
  }
  const [, namespace, value] = /^!\{([^:]*):(.*)\}$/s.exec(expression) ?? [];
  if (namespace === 'timestamp' && value) {
    return parsePattern(field, expression, value);
  }
  if (namespace === 'firehose' && value === 'random-string') {
    // AWS documents 11 characters, and its example is the beginning of a UUID.
    return (_at, newUuid) => newUuid().slice(0, 11);
  }
  if (namespace === 'firehose' && value === 'error-output-type') {
    if (field === 'Prefix') {
      throw unsupported(field, expression, 'it is only allowed in ErrorOutputPrefix');
    }
    return () => 'processing-failed';
  }
  throw unsupported(field, expression, 'the expression is unknown');
}

function parsePattern(field: string, expression: string, pattern: string): Part {
  const parts: Part[] = [];
  // In this order: an escaped quote, quoted text, repeats of one letter, any other character.
  for (const [token] of pattern.matchAll(/''|'(?:[^']|'')*'|([A-Za-z])\1*|[\s\S]/g)) {
    const first = token.charAt(0);
    if (token === "''") {
      parts.push(() => "'");
    } else if (token === "'") {
      throw unsupported(field, expression, 'a quote is not closed');
    } else if (first === "'") {
      const text = token.slice(1, -1).replaceAll("''", "'");
      parts.push(() => text);
    } else if (/[A-Za-z]/.test(first)) {
      const letter = patternLetters[first];
      if (letter === undefined || token.length > letter.maxRepeats) {
        const letters = JSON.stringify(token);
        throw unsupported(field, expression, `the pattern letters ${letters} are not supported`);
      }
      parts.push((at) => letter.format(at, token.length));
    } else if (/[[\]{}#]/.test(first)) {
      throw unsupported(field, expression, `${JSON.stringify(token)} is reserved and needs single quotes`);
    } else {
      parts.push(() => token);
    }
  }
  return (at, newUuid) => evaluate(parts, at, newUuid);
}

function unsupported(field: string, expression: string, reason: string): PrefixError {
  return new PrefixError(`${field} contains ${expression}: ${reason}. ${supported}`);
}
