export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly example: number;
  /** Such as `seconds`. */
  readonly unit?: string;
}

/** Whether a value is a whole number within bounds. */
export function isWholeNumber(value: unknown, { min, max }: Bounds): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** Reads digits only; `undefined` if the text is not a whole number within bounds. */
export function parseWholeNumber(text: string, bounds: Bounds): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  return isWholeNumber(value, bounds) ? value : undefined;
}

/** For messages: `a whole number from 3 to 900 (seconds)`. */
export function wholeNumberExpectation({ min, max, unit }: Bounds): string {
  return `a whole number from ${min} to ${max}${unit ? ` (${unit})` : ''}`;
}
