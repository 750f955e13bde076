import { crc32, createInflateRaw } from 'node:zlib';
import { type ByteReader, CorruptObjectError, takeBytes, unexpectedEnd } from './byte-reader.ts';

/** Where gzip is damaged. */
export interface Damage {
  /** The layer whose bytes are damaged: 0 is the object itself, 1 the content of its gzip members. */
  readonly layer: number;
  /** Start, in that layer, of the piece that cannot be decompressed. */
  readonly offset: number;
}

/** A piece of gzip is damaged. To get the bytes before the damage, read the object again with {@link damage}. */
export class DamagedPieceError extends CorruptObjectError {
  readonly damage: Damage;

  constructor(message: string, damage: Damage, options?: ErrorOptions) {
    super(message, options);
    this.damage = damage;
  }
}

/** Counts bytes that come out of gzip; throws if there are too many, or the time is over. */
export type Spend = (bytes: number) => void;

/** A member costs time even if it is empty: as much as this number of bytes. */
const memberCost = 4 * 1_024;

/** Size of the pieces that come out of a member. */
const pieceBytes = 64 * 1_024;

/** The third byte of a member. */
export const deflateMethod = 8;
const flags = { headerChecksum: 2, extraField: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const trailerBytes = 8;

/** Size of a header without its optional fields. */
export const headerBytes = 10;

export function isMemberStart(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Whether bytes are a header as writers of gzip make it. Of random bytes one in 10^11 is; with its first three bytes alone, one
 * in 10^7 would be, and so a few in each gigabyte of what others write.
 */
export function isMemberHeader(bytes: Buffer): boolean {
  const [method, bits, compression, system] = [2, 3, 8, 9].map((at) => bytes[at] ?? flags.reserved);
  return (
    isMemberStart(bytes) &&
    method === deflateMethod &&
    (bits! & flags.reserved) === 0 &&
    [0, 2, 4].includes(compression!) &&
    (system! <= 13 || system === 0xff)
  );
}

/**
 * Decompresses one gzip member (RFC 1952). Unlike Node's gunzip it stops exactly at the member's end.
 *
 * @param reader Moves from the start of the member to its end.
 * @param layer The layer of gzip that the reader reads.
 * @throws CorruptObjectError after the last readable byte, and the errors of `spend`.
 */
export async function* memberBytes(
  reader: ByteReader,
  layer: number,
  spend: Spend,
): AsyncGenerator<Buffer, void> {
  spend(memberCost);
  await skipHeader(reader, spend);
  let [checksum, length] = [0, 0];
  for await (const piece of inflatedBytes(reader, layer)) {
    checksum = crc32(piece, checksum);
    length += piece.length;
    spend(piece.length);
    yield piece;
  }
  const trailer = await takeBytes(reader, trailerBytes, 'gzip');
  if (trailer.readUInt32LE(0) !== checksum) {
    throw new CorruptObjectError('gzip: incorrect data check');
  }
  if (trailer.readUInt32LE(4) !== length % 2 ** 32) {
    throw new CorruptObjectError('gzip: incorrect length check');
  }
}

async function skipHeader(reader: ByteReader, spend: Spend): Promise<void> {
  let checksum = 0;
  const take = async (length: number) => {
    const bytes = await takeBytes(reader, length, 'gzip');
    checksum = crc32(bytes, checksum);
    return bytes;
  };
  const takeText = async () => {
    // A text ends with a zero.
    for (let end = -1; end === -1; ) {
      const piece = await reader.piece();
      end = piece.indexOf(0);
      spend(piece.length);
      await take(end === -1 ? Math.max(1, piece.length) : end + 1);
    }
  };
  const fixed = await take(headerBytes);
  const [method, flag] = [fixed[2]!, fixed[3]!];
  if (method !== deflateMethod) {
    throw new CorruptObjectError('gzip: unknown compression method');
  }
  if (flag & flags.reserved) {
    throw new CorruptObjectError('gzip: unknown header flags set');
  }
  if (flag & flags.extraField) {
    await take((await take(2)).readUInt16LE());
  }
  if (flag & flags.name) {
    await takeText();
  }
  if (flag & flags.comment) {
    await takeText();
  }
  if (flag & flags.headerChecksum) {
    const expected = checksum & 0xffff;
    if ((await take(2)).readUInt16LE() !== expected) {
      throw new CorruptObjectError('gzip: header crc mismatch');
    }
  }
}

/**
 * Decompresses one deflate stream, up to its own end mark. It holds one piece of output, however much a piece of input makes.
 *
 * @throws CorruptObjectError after the last readable byte.
 */
export async function* inflatedBytes(
  reader: ByteReader,
  layer: number,
  format = 'gzip',
): AsyncGenerator<Buffer, void> {
  const inflate = createInflateRaw({ chunkSize: pieceBytes });
  let [isEnded, wake] = [false, () => {}];
  let failure: Error | undefined;
  inflate.on('readable', () => wake());
  inflate.on('end', () => {
    isEnded = true;
    wake();
  });
  inflate.on('error', (error) => {
    failure = error;
    wake();
  });
  try {
    while (!isEnded) {
      const piece = await reader.piece();
      if (piece.length === 0) {
        throw unexpectedEnd(format);
      }
      const before = inflate.bytesWritten;
      let isTaken = false;
      // Not called if the stream ended and bytes are left.
      inflate.write(piece, (error) => {
        isTaken = true;
        failure ??= error ?? undefined;
        wake();
      });
      for (;;) {
        const output: Buffer | null = inflate.read();
        if (failure) {
          const damage = { layer, offset: reader.offset };
          throw new DamagedPieceError(`${format}: ${failure.message}`, damage, { cause: failure });
        }
        if (output !== null) {
          yield output;
        } else if (isTaken || isEnded) {
          break;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      reader.take(inflate.bytesWritten - before);
    }
  } finally {
    inflate.destroy();
  }
}
