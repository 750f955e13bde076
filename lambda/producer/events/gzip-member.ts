import { crc32 } from 'node:zlib';
import { eventBytes } from '../../contract/record-format.ts';
import { blankEvent, uuidBytes, writeEvents } from './events.ts';

/*
 * A gzip member (RFC 1952) is a header, a deflate stream, the CRC-32 of the plain text, and its length.
 *
 * A deflate stream (RFC 1951) is made of literals ("this byte") and matches ("the same as n bytes ago"). Each is a
 * symbol, and each symbol has a code: the more frequent the symbol, the shorter its code. A compressor has to find out what
 * repeats and what is frequent. Of events we know both. So all of them are in one block, with codes that never change:
 *
 *     header      the lengths of all codes, from which a reader derives the codes
 *     literals    {"<uuid>":"test-2026-11-22 01:02:03"}\n{"<uuid>
 *     match       ":"test-2026-11-22 01:02:03"}\n{"    the 32 bytes between two UUIDs, the same as 68 bytes ago
 *     literals    <uuid>                               32 hex digits and 4 dashes
 *     ...         a match and a UUID for each further event
 *     literals    ":"test-2026-11-22 01:02:03"}\n
 *     end of block
 */

/** A Huffman code: its bits, the one to be written first lowest, and its length from bit 16 on. */
type Code = number;

function codeOf(bits: number, length: number): Code {
  return bits | (length << 16);
}

/** One code after the other, at most 16 bits together. */
function joined(...codes: readonly Code[]): Code {
  return codes.reduce((sum, code) => {
    const length = sum >> 16;
    return codeOf((sum & 0xffff) | ((code & 0xffff) << length), length + (code >> 16));
  });
}

/** The codes that follow from their lengths (RFC 1951, 3.2.2): they count up, and are written from the highest bit on. */
function codesOf(lengths: ReadonlyMap<number, number>): Map<number, Code> {
  const codes = new Map<number, Code>();
  let next = 0;
  let lengthBefore = 0;
  for (const [symbol, length] of [...lengths].sort(([a, m], [b, n]) => m - n || a - b)) {
    next <<= length - lengthBefore;
    const bits = next.toString(2).padStart(length, '0');
    codes.set(symbol, codeOf(Number.parseInt([...bits].reverse().join(''), 2), length));
    next += 1;
    lengthBefore = length;
  }
  return codes;
}

function withLength(length: number, characters: string): [symbol: number, length: number][] {
  return [...characters].map((character) => [character.charCodeAt(0), length]);
}

const endOfBlock = 256;

/** A match of 31 to 34 bytes: two more bits say which. */
const match31 = 272;

/** A distance of 65 to 96 bytes: five more bits say which. */
const distance65 = 12;

/**
 * The length of each code in bits: what Huffman's algorithm gives for the symbols of an event, which are 30 random digits,
 * a `4`, one of `89ab`, four dashes and a match. Sixteen codes of four bits would leave none for anything else, so five
 * digits have five. It makes 163.375 bits an event, 20.42 bytes. The rest occurs once or twice in a member.
 */
const symbolLengths = new Map([
  ...withLength(3, '-'),
  ...withLength(4, '46789abcdef'),
  ...withLength(5, '01235'),
  [match31, 6],
  ...withLength(9, '":ts }\n'),
  ...withLength(10, '{'),
  [endOfBlock, 10],
]);

const symbolCodes = codesOf(symbolLengths);

function characterCode(character: string): Code {
  return symbolCodes.get(character.charCodeAt(0))!;
}

/** 31 + 1 bytes, the same as 65 + 3 bytes ago. There is one distance code, and it is the bit 0. */
const matchCode = joined(symbolCodes.get(match31)!, codeOf(1, 2), codeOf(0, 1), codeOf(3, 5));

/** Upper bound of an event's bytes: 4 dashes of 3 bits, 32 digits of up to 5, and a match of 14. */
const maxEventBytes = 24;

/** More than everything else in a member has. */
const maxFrameBytes = 200;

/** Tables with an entry for each value of a byte at each place, at `place * 256 + byte`. */
interface Tables {
  /** For bytes of a UUID: the codes of their two digits, and of the dash if one follows. */
  readonly uuidCodes: Int32Array;
  /** For bytes of a UUID: what they change in the CRC. */
  readonly uuidChanges: Int32Array;
  /** For bytes of the CRC of all earlier events, the lowest first: what they change in the CRC. */
  readonly crcChanges: Int32Array;
}

/** Made for the first member: it takes milliseconds, and most producers send no gzip. */
let tables: Tables | undefined;

const hexDigits = [...'0123456789abcdef'];

/** Where in an event the two digits of each byte of a UUID are. */
const digitsAt = [2, 4, 6, 8, 11, 13, 16, 18, 21, 23, 26, 28, 30, 32, 34, 36];

function createTable(places: number, entryOf: (place: number, byte: number) => number): Int32Array {
  return Int32Array.from({ length: places * 256 }, (_, index) => entryOf(index >> 8, index & 0xff));
}

/*
 * The CRC needs no plain text, because it is linear: what a digit changes in it depends on the digit and its place only.
 * So the CRC after an event is three values XORed: that of the event with a nil UUID, what each byte of the UUID changes,
 * and what the CRC of the earlier events changes. Node's own crc32 says once what each change is.
 */
function createTables(): Tables {
  const nilEvent = blankEvent(0);
  const nilCrc = crc32(nilEvent);
  const digitChanges = (at: number) =>
    hexDigits.map((digit) => {
      const event = Buffer.from(nilEvent);
      event.write(digit, at, 'latin1');
      return crc32(event) ^ nilCrc;
    });
  const highChanges = digitsAt.map((at) => digitChanges(at));
  const lowChanges = digitsAt.map((at) => digitChanges(at + 1));
  const digitCodes = hexDigits.map(characterCode);
  return {
    uuidCodes: createTable(uuidBytes, (place, byte) => {
      const digits = joined(digitCodes[byte >> 4]!, digitCodes[byte & 0x0f]!);
      const isBeforeDash = digitsAt[place + 1] === digitsAt[place]! + 3;
      return isBeforeDash ? joined(digits, characterCode('-')) : digits;
    }),
    uuidChanges: createTable(
      uuidBytes,
      (place, byte) => highChanges[place]![byte >> 4]! ^ lowChanges[place]![byte & 0x0f]!,
    ),
    crcChanges: createTable(4, (place, byte) => crc32(nilEvent, (byte << (8 * place)) >>> 0) ^ nilCrc),
  };
}

function crcOf(uuids: Buffer, timeMs: number, start: string, { uuidChanges, crcChanges }: Tables): number {
  const blankCrc = crc32(blankEvent(timeMs));
  let crc = crc32(start);
  for (let at = 0; at < uuids.length; ) {
    crc =
      blankCrc ^
      crcChanges[crc & 0xff]! ^
      crcChanges[256 + ((crc >>> 8) & 0xff)]! ^
      crcChanges[512 + ((crc >>> 16) & 0xff)]! ^
      crcChanges[768 + (crc >>> 24)]!;
    for (let place = 0; place < 16 * 256; place += 2 * 256, at += 2) {
      crc ^= uuidChanges[place + uuids[at]!]! ^ uuidChanges[place + 256 + uuids[at + 1]!]!;
    }
  }
  return crc;
}

/** Writes codes one after the other, into bytes that are filled from their lowest bit on. */
class BitWriter {
  readonly #view: DataView;
  #at = 0;
  /** Up to 7 bits that don't fill a byte yet, and how many they are. */
  #bits = 0;
  #count = 0;

  constructor(bytes: Buffer) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that have been written. Zeros fill up the last one. */
  get length(): number {
    return this.#at + (this.#count > 0 ? 1 : 0);
  }

  write(bits: number, length: number): void {
    this.#bits |= bits << this.#count;
    this.#count += length;
    this.#view.setInt32(this.#at, this.#bits, true);
    this.#at += this.#count >> 3;
    this.#bits >>>= this.#count & 24;
    this.#count &= 7;
  }

  writeCode(code: Code): void {
    this.write(code & 0xffff, code >> 16);
  }

  writeLiterals(text: string): void {
    for (const character of text) {
      this.writeCode(characterCode(character));
    }
  }

  /**
   * Writes a match and the literals of each UUID, two bytes at a time. This is the hottest loop. It repeats `write` on local
   * variables, which is twice as fast. It has plain numbers, because named constants are variables in the bundle.
   */
  writeUuids(uuids: Buffer, { uuidCodes }: Tables): void {
    const view = this.#view;
    const matchBits = matchCode & 0xffff;
    const matchLength = matchCode >> 16;
    let written = this.#at;
    let bits = this.#bits;
    let count = this.#count;
    for (let at = 0; at < uuids.length; ) {
      bits |= matchBits << count;
      count += matchLength;
      view.setInt32(written, bits, true);
      written += count >> 3;
      bits >>>= count & 24;
      count &= 7;
      for (let place = 0; place < 16 * 256; place += 2 * 256, at += 2) {
        const first = uuidCodes[place + uuids[at]!]!;
        const second = uuidCodes[place + 256 + uuids[at + 1]!]!;
        bits |= ((first & 0xffff) | ((second & 0xffff) << (first >> 16))) << count;
        count += (first >> 16) + (second >> 16);
        view.setInt32(written, bits, true);
        written += count >> 3;
        bits >>>= count & 24;
        count &= 7;
      }
    }
    this.#at = written;
    this.#bits = bits;
    this.#count = count;
  }
}

/** The lengths are written in codes of their own. Most symbols have no code, which is the length 0. */
const lengthLengths = new Map([[0, 1], [4, 3], ...[1, 3, 5, 6, 9, 10].map((length) => [length, 4] as const)]);
const lengthCodes = codesOf(lengthLengths);

/** The order in which the lengths of those codes are written (RFC 1951, 3.2.7). */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function writeBlockHeader(deflate: BitWriter): void {
  const isLast = 1;
  const hasOwnCodes = 2;
  deflate.write(isLast, 1);
  deflate.write(hasOwnCodes, 2);
  deflate.write(match31 + 1 - 257, 5);
  deflate.write(distance65 + 1 - 1, 5);
  deflate.write(lengthOrder.length - 4, 4);
  for (const length of lengthOrder) {
    deflate.write(lengthLengths.get(length) ?? 0, 3);
  }
  for (let symbol = 0; symbol <= match31; symbol += 1) {
    deflate.writeCode(lengthCodes.get(symbolLengths.get(symbol) ?? 0)!);
  }
  for (let distance = 0; distance <= distance65; distance += 1) {
    deflate.writeCode(lengthCodes.get(distance === distance65 ? 1 : 0)!);
  }
}

/** Compressed with deflate, no flags, no time, no hint, by an unknown system. */
const memberHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

const tailBytes = 30;

/** The events of these UUIDs, one or more, stamped with `timeMs`, as one gzip member. Its text begins with `start`. */
export function gzipMember(uuids: Buffer, timeMs: number, start = ''): Buffer {
  tables ??= createTables();
  const events = uuids.length / uuidBytes;
  const member = Buffer.allocUnsafe(events * maxEventBytes + maxFrameBytes);
  memberHeader.copy(member);

  const firstEvents = Buffer.alloc(Math.min(events, 2) * eventBytes);
  writeEvents(firstEvents, uuids.subarray(0, 2 * uuidBytes), timeMs);
  const text = start + firstEvents.toString('latin1');
  const deflate = new BitWriter(member.subarray(memberHeader.length));
  writeBlockHeader(deflate);
  deflate.writeLiterals(text.slice(0, -tailBytes));
  deflate.writeUuids(uuids.subarray(2 * uuidBytes), tables);
  deflate.writeLiterals(text.slice(-tailBytes));
  deflate.writeCode(symbolCodes.get(endOfBlock)!);

  const trailerAt = memberHeader.length + deflate.length;
  member.writeInt32LE(crcOf(uuids, timeMs, start, tables), trailerAt);
  member.writeUInt32LE(start.length + events * eventBytes, trailerAt + 4);
  return member.subarray(0, trailerAt + 8);
}
