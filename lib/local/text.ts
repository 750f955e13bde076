/** A number for people, such as `1,234`. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** How many of something, such as `1 record` or `1,234 records`. */
export function formatCount(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`;
}
