import { completeKeyPrefix } from '../../contract/firehose-limits.ts';

/** An expression in a prefix, or text between expressions. */
const partPattern = /!\{([^:}]*):([^}]*)\}|[^!]+|!/g;

/** A field of a timestamp, quoted text, or any other character. */
const formatPattern = /([A-Za-z])\1*|'(?:[^']|'')*'|[^A-Za-z']/g;

/**
 * The common start of the keys of all objects whose oldest record arrived within an hour. It ends before the first expression
 * that is finer than an hour, or no time.
 *
 * @param prefix The prefix of a delivery stream, with expressions such as `!{timestamp:yyyy/MM/dd/HH}`.
 * @param hourMs Any time within the hour, in milliseconds since 1970.
 * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export function keyPrefixAt(prefix: string, hourMs: number): string {
  const time = new Date(hourMs);
  let key = '';
  for (const [part, namespace, format = ''] of completeKeyPrefix(prefix).matchAll(partPattern)) {
    if (namespace === undefined) {
      key += part;
      continue;
    }
    if (namespace !== 'timestamp') {
      return key;
    }
    const { text, isWhole } = formatTime(format, time);
    key += text;
    if (!isWhole) {
      return key;
    }
  }
  return key;
}

/** Formats a time like Java's DateTimeFormatter, up to the first field that the hour does not decide. */
function formatTime(format: string, time: Date): { text: string; isWhole: boolean } {
  let text = '';
  for (const [token, letter] of format.matchAll(formatPattern)) {
    const part = letter === undefined ? literal(token) : field(letter, token.length, time);
    if (part === undefined) {
      return { text, isWhole: false };
    }
    text += part;
  }
  return { text, isWhole: true };
}

/** Literal text of a format; undefined for reserved characters. */
function literal(token: string): string | undefined {
  if (token === "''") {
    return "'";
  }
  if (token.startsWith("'")) {
    return token.length < 2 ? undefined : token.slice(1, -1).replaceAll("''", "'");
  }
  return '[]{}#'.includes(token) ? undefined : token;
}

/** A field of a time; undefined if the hour does not decide it, or if it is a word. */
function field(letter: string, length: number, time: Date): string | undefined {
  const year = time.getUTCFullYear();
  switch (letter) {
    case 'y':
    case 'u':
      return length === 2 ? String(year % 100).padStart(2, '0') : String(year).padStart(length, '0');
    case 'M':
    case 'L':
      return digits(time.getUTCMonth() + 1, length);
    case 'd':
      return digits(time.getUTCDate(), length);
    case 'H':
      return digits(time.getUTCHours(), length);
    default:
      return undefined;
  }
}

function digits(value: number, length: number): string | undefined {
  return length > 2 ? undefined : String(value).padStart(length, '0');
}
