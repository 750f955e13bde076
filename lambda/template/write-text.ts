/** Texts that are shorter are copied byte by byte, which is faster. */
const shortBytes = 16;

/**
 * Writes bytes, and returns where the next byte goes. What doesn't fit is not written, or cut off, but counted, so that the caller sees by the result how
 * much room was needed. All functions here do so.
 */
export function writeBytes(target: Buffer, at: number, bytes: Buffer): number {
  const { length } = bytes;
  if (length < shortBytes) {
    for (let place = 0; place < length; place += 1) {
      target[at + place] = bytes[place]!;
    }
  } else if (at + length <= target.length) {
    target.set(bytes, at);
  }
  return at + length;
}

export function writeText(target: Buffer, at: number, text: string): number {
  const length = Buffer.byteLength(text);
  if (at + length <= target.length) {
    target.write(text, at);
  }
  return at + length;
}

/** Writes a whole number, -2^53 to 2^53. */
export function writeInteger(target: Buffer, at: number, value: number): number {
  let rest = value;
  let start = at;
  if (rest < 0) {
    target[start] = 0x2d;
    start += 1;
    rest = -rest;
  }
  let length = 1;
  for (let power = 10; power <= rest; power *= 10) {
    length += 1;
  }
  for (let place = start + length - 1; place >= start; place -= 1) {
    const quotient = Math.floor(rest / 10);
    target[place] = 0x30 + (rest - quotient * 10);
    rest = quotient;
  }
  return start + length;
}

/** The multiples of a step within bounds, the smallest first: numbers that have few decimals, and no rounding errors. */
export interface NumberGrid {
  /** How many there are, 1 or more. */
  readonly count: number;
  /** The smallest, in units of `10 ** -decimals`. */
  readonly firstUnits: number;
  /** Distance between two of them, in the same units. */
  readonly stepUnits: number;
  readonly decimals: number;
}

/** The multiples of `step` from `min` to `max`, both included; undefined if there are no multiples, or too large ones to be exact. */
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

/** Numbers of a grid in each of their forms: the outer ones, those next to zero, and whole numbers. */
export function edgesOf({ count, firstUnits, stepUnits, decimals }: NumberGrid): string[] {
  const first = firstUnits / stepUnits;
  const last = first + count - 1;
  const scale = 10 ** decimals;
  const wholeEvery = Number.isSafeInteger(scale) ? scale / greatestDivisor(stepUnits, scale) : 1;
  const target = Buffer.alloc(400);
  return [1, wholeEvery]
    .flatMap((every) => {
      const [low, high] = [Math.ceil(first / every) * every, Math.floor(last / every) * every];
      return [low, low + every, -every, 0, every, high - every, high];
    })
    .filter((place) => place >= first && place <= last)
    .map((place) => target.toString('latin1', 0, writeDecimal(target, 0, place * stepUnits + 0, decimals)));
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
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
