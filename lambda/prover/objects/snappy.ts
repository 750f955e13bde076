import { snappyUncompressor } from 'hysnappy';
import { type ByteReader, CorruptObjectError, takeBytes } from './byte-reader.ts';
import type { Spend } from './gzip-member.ts';

/** Size limit of the content of a block. Firehose writes 32 KiB, Hadoop 256 KiB. */
const maxBlockBytes = 1_048_576;

/** Size limit of a compressed block (snappy.cc, MaxCompressedLength). */
const maxCompressedBytes = (contentBytes: number) => 32 + contentBytes + Math.floor(contentBytes / 6);

/** Magic, version, and oldest compatible version. */
const javaHeaderBytes = 16;

const lengthBytes = 4;

const noBlock = Buffer.alloc(0);

let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/** The content of snappy-java's stream format: a header, then blocks. */
export async function* snappyJavaBytes(reader: ByteReader, spend: Spend): AsyncGenerator<Buffer, void> {
  await takeBytes(reader, javaHeaderBytes, 'Snappy');
  while ((await reader.peek(1)).length > 0) {
    yield await takeBlock(reader, maxBlockBytes, spend);
  }
}

/** The content of Hadoop's block format: blocks that follow the length of their content, each in one or more parts. */
export async function* hadoopSnappyBytes(reader: ByteReader, spend: Spend): AsyncGenerator<Buffer, void> {
  while ((await reader.peek(1)).length > 0) {
    spend(0);
    let left = await takeLength(reader);
    while (left > 0) {
      const part = await takeBlock(reader, Math.min(left, maxBlockBytes), spend);
      left -= part.length;
      yield part;
    }
  }
}

/** It has no magic: lengths agree with each other. Text does not begin with the zero of a length. */
export function isHadoopSnappy(head: Buffer): boolean {
  if (head.length < 2 * lengthBytes + 1 || head[0] !== 0) {
    return false;
  }
  const [blockBytes, compressedBytes] = [head.readUInt32BE(), head.readUInt32BE(lengthBytes)];
  const contentBytes = contentLength(head.subarray(2 * lengthBytes));
  return (
    contentBytes > 0 && contentBytes <= blockBytes && compressedBytes <= maxCompressedBytes(contentBytes)
  );
}

/** The content of a block, which follows its compressed length. @throws CorruptObjectError unless it has 1 to `maxBytes` bytes. */
async function takeBlock(reader: ByteReader, maxBytes: number, spend: Spend): Promise<Buffer> {
  const length = await takeLength(reader);
  const block = length > maxCompressedBytes(maxBytes) ? noBlock : await takeBytes(reader, length, 'Snappy');
  const bytes = contentLength(block);
  if (bytes < 1 || bytes > maxBytes) {
    throw new CorruptObjectError(`Snappy: expected a block of 1 to ${maxBytes} bytes`);
  }
  spend(bytes);
  uncompress ??= snappyUncompressor();
  try {
    return Buffer.from(uncompress(block, bytes).buffer);
  } catch (error) {
    throw new CorruptObjectError(`Snappy: ${(error as Error).message}`, { cause: error });
  }
}

async function takeLength(reader: ByteReader): Promise<number> {
  return (await takeBytes(reader, lengthBytes, 'Snappy')).readUInt32BE();
}

/** Length of the content, which a block begins with, as a varint of up to 32 bits; -1 if that is invalid. */
function contentLength(block: Buffer): number {
  let length = 0;
  for (const [place, byte] of block.subarray(0, 5).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * place);
    if (byte < 0x80) {
      return length;
    }
  }
  return -1;
}
