import { crc32 } from 'node:zlib';
import { type ByteReader, CorruptObjectError, takeBytes } from './byte-reader.ts';
import { deflateMethod, inflatedBytes, type Spend } from './gzip-member.ts';

/** Signatures, and sizes without the texts that follow. */
const [directorySignature, endSignature] = [0x02014b50, 0x06054b50];
const [localBytes, directoryBytes, endBytes] = [30, 46, 22];

/** Between the content and the directory stands nothing, or a data descriptor in one of four forms. */
const descriptorSizes = [0, 12, 16, 20, 24];

/** Between the directory and its end stands nothing, or the records of ZIP64. */
const zip64Sizes = [0, 76];

/** Size limit of all that follows the content: three texts, and a comment. */
const maxTrailerBytes = 5 * 65_536;

/** Stands for a size that ZIP64 has elsewhere. */
const elsewhere = 0xffffffff;

/** Content of ZIP is no layer of gzip. */
const noLayer = -1;

/**
 * The content of a ZIP archive of one deflated entry (PKWARE's APPNOTE). A writer that streams knows checksum and sizes only at
 * the end, so those of the directory count.
 */
export async function* zipBytes(reader: ByteReader, spend: Spend): AsyncGenerator<Buffer, void> {
  const local = await takeBytes(reader, localBytes, 'ZIP');
  const [isEncrypted, method] = [(local[6]! & 1) === 1, local.readUInt16LE(8)];
  if (isEncrypted || method !== deflateMethod) {
    const found = isEncrypted ? 'an encrypted one' : `method ${method}`;
    throw new CorruptObjectError(`ZIP: expected a deflated entry, got ${found}`);
  }
  await takeBytes(reader, local.readUInt16LE(26) + local.readUInt16LE(28), 'ZIP');
  const from = reader.offset;
  let [checksum, length] = [0, 0];
  for await (const piece of inflatedBytes(reader, noLayer, 'ZIP')) {
    checksum = crc32(piece, checksum);
    length += piece.length;
    spend(piece.length);
    yield piece;
  }
  const directory = directoryIn(await reader.peek(maxTrailerBytes));
  if (directory.readUInt32LE(16) !== checksum) {
    throw new CorruptObjectError('ZIP: incorrect data check');
  }
  const sizes = [directory.readUInt32LE(20), directory.readUInt32LE(24)];
  if (![reader.offset - from, length].every((size, place) => [size, elsewhere].includes(sizes[place]!))) {
    throw new CorruptObjectError('ZIP: incorrect length check');
  }
}

/** The directory in what follows an entry. @throws CorruptObjectError unless it has one entry, and the archive ends after it. */
function directoryIn(trailer: Buffer): Buffer {
  const isAt = (signature: number, at: number, size: number) =>
    at + size <= trailer.length && trailer.readUInt32LE(at) === signature;
  const isEnd = (at: number) =>
    isAt(endSignature, at, endBytes) &&
    trailer.readUInt16LE(at + 10) === 1 &&
    at + endBytes + trailer.readUInt16LE(at + 20) === trailer.length;
  const start = descriptorSizes.find((at) => isAt(directorySignature, at, directoryBytes));
  if (start !== undefined) {
    const directory = trailer.subarray(start);
    const textBytes = [28, 30, 32].reduce((sum, at) => sum + directory.readUInt16LE(at), 0);
    if (zip64Sizes.some((size) => isEnd(start + directoryBytes + textBytes + size))) {
      return directory;
    }
  }
  throw new CorruptObjectError('ZIP: expected one entry, and the end of the archive');
}
