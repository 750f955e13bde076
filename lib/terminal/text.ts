/** Formats a number, such as `1,234`. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** Formats a number of things, such as `1 record` or `1,234 records`. */
export function formatCount(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`;
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
