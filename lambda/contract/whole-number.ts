/** The bounds of a whole number, and a value that is within them. */
export interface Bounds {
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** A value for messages. */
  readonly example: number;
  /** What it counts, such as `seconds`. */
  readonly unit?: string;
}

/** Whether a value is a whole number within bounds. */
export function isWholeNumber(value: unknown, { min, max }: Bounds): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** The whole number that a text is; `undefined` if it is none, or not within bounds. Only digits are read. */
export function parseWholeNumber(text: string, bounds: Bounds): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  return isWholeNumber(value, bounds) ? value : undefined;
}

/** What was expected, for messages: `a whole number from 3 to 900 (seconds)`. */
export function wholeNumberExpectation({ min, max, unit }: Bounds): string {
  return `a whole number from ${min} to ${max}${unit ? ` (${unit})` : ''}`;
}
