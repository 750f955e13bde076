import { writeInteger } from './write-text.ts';

/** The multiples of a step within bounds, the smallest first: numbers that have few decimals, and no rounding errors. */
export interface NumberGrid {
  /** How many there are, 1 or more. */
  readonly count: number;
  /** The smallest, in units of `10 ** -decimals`. */
  readonly firstUnits: number;
  /** What lies between two of them, in the same units. */
  readonly stepUnits: number;
  /** How many decimals they have at most. */
  readonly decimals: number;
}

/** The multiples of `step` from `min` to `max`, both included; undefined if there is none or they are too large to be exact. */
export function gridOf(min: number, max: number, step: number): NumberGrid | undefined {
  const decimals = Math.max(...[min, max, step].map(decimalsOf));
  const unitsOf = (value: number) => Math.round(value * 10 ** decimals);
  const stepUnits = unitsOf(step);
  const first = Math.ceil(unitsOf(min) / stepUnits);
  const last = Math.floor(unitsOf(max) / stepUnits);
  const isExact = [first, last, first * stepUnits, last * stepUnits, last - first].every(
    Number.isSafeInteger,
  );
  // Without the addition a minus stays before a zero.
  return isExact && last >= first && stepUnits > 0
    ? { count: last - first + 1, firstUnits: first * stepUnits + 0, stepUnits, decimals }
    : undefined;
}

/** Writes `units / 10 ** decimals`, as JavaScript writes numbers: without zeros at its end. */
export function writeDecimal(target: Buffer, at: number, units: number, decimals: number): number {
  if (decimals === 0) {
    return writeInteger(target, at, units);
  }
  let [start, rest, places] = [at, units, decimals];
  if (rest < 0) {
    target[start] = 0x2d;
    start += 1;
    rest = -rest;
  }
  const scale = 10 ** places;
  const whole = Math.floor(rest / scale);
  start = writeInteger(target, start, whole);
  let fraction = rest - whole * scale;
  if (fraction === 0) {
    return start;
  }
  while (fraction % 10 === 0) {
    fraction /= 10;
    places -= 1;
  }
  target[start] = 0x2e;
  for (let place = start + places; place > start; place -= 1) {
    const quotient = Math.floor(fraction / 10);
    target[place] = 0x30 + (fraction - quotient * 10);
    fraction = quotient;
  }
  return start + places + 1;
}

/** How many decimals a number has as JavaScript writes it. */
function decimalsOf(value: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}
