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

/** Writes a text as UTF-8. */
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
