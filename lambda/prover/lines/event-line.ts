/** Size of an event's line, with `\n`: `{"<uuid>":"test-YYYY-MM-DD HH:MM:SS"}\n`. */
export const eventLineBytes = 68;

/** The value of two lower-case hex digits by their two ASCII codes; -1 for other characters. */
const hexPairs = new Int16Array(65_536).fill(-1);
for (let byte = 0; byte < 256; byte += 1) {
  hexPairs[asciiWord(byte.toString(16).padStart(2, '0'))] = byte;
}

const openingBrace = asciiWord('{"');
const colon = asciiWord('":"t');
const label = asciiWord('est-');
const closingBrace = asciiWord('"}');
const dash = 0x2d;
const newline = 0x0a;

const timeAt = 46;

/**
 * Reads lines that may be events, as bytes: a run has millions, so none of them becomes a string. The result is in its fields.
 * The time is parsed only if it differs from that of the line before.
 */
export class EventLine {
  /** The UUID of the line read last, as four big-endian 32-bit words. */
  readonly uuid = new Uint32Array(4);
  /** The time in the line read last, in milliseconds since 1970. */
  timeMs = Number.NaN;
  readonly #timeWords = new Uint32Array(5);
  readonly #earliestMs: number;
  readonly #latestMs: number;

  /** A line with a time before `earliestMs` or after `latestMs` is no event. */
  constructor(earliestMs = Number.NEGATIVE_INFINITY, latestMs = Number.POSITIVE_INFINITY) {
    this.#earliestMs = earliestMs;
    this.#latestMs = latestMs;
  }

  /**
   * Reads the {@link eventLineBytes} bytes from `at` on.
   *
   * @returns whether they are exactly one event: a lower-case UUID of version 4 and a valid time.
   */
  read(bytes: DataView, at: number): boolean {
    if (
      bytes.getUint8(at + 67) !== newline ||
      bytes.getUint16(at) !== openingBrace ||
      bytes.getUint32(at + 38) !== colon ||
      bytes.getUint32(at + 42) !== label ||
      bytes.getUint16(at + 65) !== closingBrace
    ) {
      return false;
    }
    return this.readUuid(bytes, at + 2) && this.#readTime(bytes, at + timeAt);
  }

  /**
   * Reads the 36 bytes from `at` on into {@link uuid}.
   *
   * @returns whether they are a lower-case UUID of version 4.
   */
  readUuid(bytes: DataView, at: number): boolean {
    const hex = hexPairs;
    const byte0 = hex[bytes.getUint16(at)]!;
    const byte1 = hex[bytes.getUint16(at + 2)]!;
    const byte2 = hex[bytes.getUint16(at + 4)]!;
    const byte3 = hex[bytes.getUint16(at + 6)]!;
    const byte4 = hex[bytes.getUint16(at + 9)]!;
    const byte5 = hex[bytes.getUint16(at + 11)]!;
    const byte6 = hex[bytes.getUint16(at + 14)]!;
    const byte7 = hex[bytes.getUint16(at + 16)]!;
    const byte8 = hex[bytes.getUint16(at + 19)]!;
    const byte9 = hex[bytes.getUint16(at + 21)]!;
    const byte10 = hex[bytes.getUint16(at + 24)]!;
    const byte11 = hex[bytes.getUint16(at + 26)]!;
    const byte12 = hex[bytes.getUint16(at + 28)]!;
    const byte13 = hex[bytes.getUint16(at + 30)]!;
    const byte14 = hex[bytes.getUint16(at + 32)]!;
    const byte15 = hex[bytes.getUint16(at + 34)]!;
    const { uuid } = this;
    uuid[0] = (byte0 << 24) | (byte1 << 16) | (byte2 << 8) | byte3;
    uuid[1] = (byte4 << 24) | (byte5 << 16) | (byte6 << 8) | byte7;
    uuid[2] = (byte8 << 24) | (byte9 << 16) | (byte10 << 8) | byte11;
    uuid[3] = (byte12 << 24) | (byte13 << 16) | (byte14 << 8) | byte15;
    // A single -1 makes the result negative.
    const first = byte0 | byte1 | byte2 | byte3 | byte4 | byte5 | byte6 | byte7;
    const second = byte8 | byte9 | byte10 | byte11 | byte12 | byte13 | byte14 | byte15;
    return (
      (first | second) >= 0 &&
      byte6 >> 4 === 4 &&
      byte8 >> 6 === 2 &&
      bytes.getUint8(at + 8) === dash &&
      bytes.getUint8(at + 13) === dash &&
      bytes.getUint8(at + 18) === dash &&
      bytes.getUint8(at + 23) === dash
    );
  }

  #readTime(bytes: DataView, at: number): boolean {
    const words = this.#timeWords;
    const [word0, word1, word2] = [bytes.getUint32(at), bytes.getUint32(at + 4), bytes.getUint32(at + 8)];
    // The last two overlap: 19 is no multiple of 4.
    const [word3, word4] = [bytes.getUint32(at + 12), bytes.getUint32(at + 15)];
    if (
      word4 === words[4] &&
      word3 === words[3] &&
      word2 === words[2] &&
      word1 === words[1] &&
      word0 === words[0]
    ) {
      return !Number.isNaN(this.timeMs);
    }
    words.set([word0, word1, word2, word3, word4]);
    const timeMs = parseTime(Buffer.from(bytes.buffer, bytes.byteOffset + at, 19).toString('latin1'));
    this.timeMs = timeMs >= this.#earliestMs && timeMs <= this.#latestMs ? timeMs : Number.NaN;
    return !Number.isNaN(this.timeMs);
  }
}

/** `YYYY-MM-DD HH:MM:SS` in milliseconds since 1970; NaN if it is invalid. */
function parseTime(text: string): number {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) {
    return Number.NaN;
  }
  const iso = `${text.replace(' ', 'T')}.000Z`;
  const timeMs = Date.parse(iso);
  // Date.parse makes March 2nd of February 30th.
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString() === iso ? timeMs : Number.NaN;
}

function asciiWord(text: string): number {
  return Buffer.from(text, 'latin1').readUIntBE(0, text.length);
}
