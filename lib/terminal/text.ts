/** Formats a number, such as `1,234`. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** Formats a number of things, such as `1 record` or `1,234 records`. */
export function formatCount(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Formats the events `[from, to)`, such as `events 0 to 199,999`. */
export function formatEvents(from: number, to: number): string {
  return to - from === 1
    ? `event ${formatNumber(from)}`
    : `events ${formatNumber(from)} to ${formatNumber(to - 1)}`;
}

/** Controls, line separators and marks of direction: a terminal obeys them, or shows the text in another order. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line of text, with such characters escaped as in JSON: others choose the names and the contents in a bucket. */
export function printable(text: string): string {
  return text.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Quotes a text as one shell argument. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Formats dollars to the cent, and less than a cent to two digits, such as `$0.0018`. */
export function formatDollars(usd: number): string {
  const digits =
    usd < 0.01 ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `$${usd.toLocaleString('en-US', digits)}`;
}
