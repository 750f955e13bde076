import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { ByteReader } from './byte-reader.ts';
import { CorruptObjectError, DamagedPieceError } from './corrupt-object-error.ts';

/** Size of the pieces that come out of a member. */
const pieceBytes = 64 * 1_024;

const deflateMethod = 8;
const flags = { headerChecksum: 2, extraField: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const [headerBytes, trailerBytes] = [10, 8];

/** Whether bytes begin as a gzip member does. */
export function isMemberStart(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * What one gzip member (RFC 1952) holds. Unlike Node's gunzip it stops exactly at the member's end, whatever follows.
 *
 * @param reader Stands at the start of the member, and at its end afterwards.
 * @param layer The layer of gzip that the reader reads.
 * @throws CorruptObjectError after the last byte that can be had.
 */
export async function* memberBytes(reader: ByteReader, layer: number): AsyncGenerator<Buffer, void> {
  await skipHeader(reader);
  let [checksum, length] = [0, 0];
  for await (const piece of inflatedBytes(reader, layer)) {
    checksum = crc32(piece, checksum);
    length += piece.length;
    yield piece;
  }
  const trailer = await takeBytes(reader, trailerBytes);
  if (trailer.readUInt32LE(0) !== checksum) {
    throw new CorruptObjectError('gzip: incorrect data check');
  }
  if (trailer.readUInt32LE(4) !== length % 2 ** 32) {
    throw new CorruptObjectError('gzip: incorrect length check');
  }
}

async function skipHeader(reader: ByteReader): Promise<void> {
  let checksum = 0;
  const take = async (length: number) => {
    const bytes = await takeBytes(reader, length);
    checksum = crc32(bytes, checksum);
    return bytes;
  };
  const takeText = async () => {
    while ((await take(1))[0] !== 0) {
      // A text ends with a zero.
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

async function takeBytes(reader: ByteReader, length: number): Promise<Buffer> {
  const bytes = await reader.peek(length);
  if (bytes.length < length) {
    throw unexpectedEnd();
  }
  reader.take(length);
  return bytes;
}

/** The bytes of one deflate stream, which says itself where it ends. */
async function* inflatedBytes(reader: ByteReader, layer: number): AsyncGenerator<Buffer, void> {
  const inflate = createInflateRaw({ chunkSize: pieceBytes });
  const pieces: Buffer[] = [];
  inflate.on('data', (piece: Buffer) => pieces.push(piece));
  // Whoever waits for a piece is told of its error.
  inflate.on('error', () => {});
  try {
    let isEnded = false;
    while (!isEnded) {
      const piece = await reader.piece();
      if (piece.length === 0) {
        throw unexpectedEnd();
      }
      const before = inflate.bytesWritten;
      isEnded = await inflatePiece(inflate, piece).catch((error: Error) => {
        const damage = { layer, offset: reader.offset };
        throw new DamagedPieceError(`gzip: ${error.message}`, damage, { cause: error });
      });
      reader.take(inflate.bytesWritten - before);
      yield* pieces.splice(0);
    }
  } finally {
    inflate.destroy();
  }
}

/** Decompresses one piece. Returns whether the deflate stream ended in it: then some of it may be left. */
function inflatePiece(inflate: InflateRaw, piece: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onEnd = () => resolve(true);
    inflate.once('end', onEnd);
    inflate.once('error', reject);
    // Not called if something is left.
    inflate.write(piece, () => {
      inflate.off('end', onEnd);
      inflate.off('error', reject);
      resolve(false);
    });
  });
}

function unexpectedEnd(): CorruptObjectError {
  return new CorruptObjectError('gzip: unexpected end of file');
}
