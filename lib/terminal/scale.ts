/** About `about` round values from 0 to `top`. */
export function ticks(top: number, about: number): number[] {
  const step = niceCeiling(top / about);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, order) => order * step);
}

/** Rounds up to 1, 2, 2.5 or 5 times a power of ten. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9))!;
}

/** A number in a few characters, such as 1.5M. */
export function shortNumber(value: number): string {
  return Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 }).format(value);
}
