import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ByteReader, CorruptObjectError } from './byte-reader.ts';
import { type Format, formatOf, headBytes, UnreadableFormatError } from './formats.ts';
import { DamagedPieceError, type Spend } from './gzip-member.ts';
import { type GzipPlaces, mixedBytes, suspectAt } from './mixed-bytes.ts';

/** Size of the pieces that come out of gunzip: most of the memory of one open object. */
const pieceBytes = 128 * 1_024;

/**
 * Bytes that may come out of gzip for each stored byte, over all layers. One layer makes at most 1,032 (zlib's technical
 * notes), two make less of events up to 16 KB: nothing compresses the 15 random bytes of each.
 */
const maxExpansion = 1_100;

/** The same for any object. */
const freeBytes = 1_048_576;

const [newline, firstMagicByte] = [0x0a, 0x1f];

/**
 * The text of an object, regardless of its name: plain lines, gzip members, or any sequence of both, also within gzip; or all of
 * that within ZIP or Snappy. The bytes of another format are text, too, since it may be that of a neighbour's first record.
 *
 * Nearly every object is either plain or gzip, and is read once. A mixed object is read again, by {@link mixedBytes}. A damaged
 * object is read a third time, the damaged piece byte by byte, to get every line before the damage.
 *
 * @param open Begins to read the object from its start.
 * @param storedBytes Its size as stored.
 * @param places Where plain text may change to gzip.
 * @param onPiece Called for each piece that comes out of gzip; may throw.
 * @throws CorruptObjectError after the last readable byte, UnreadableFormatError after the last byte, IncompleteObjectError,
 * OversizedObjectError, and the errors of `open`, its stream and `onPiece`.
 */
export async function* objectBytes(
  open: () => Promise<Readable>,
  storedBytes: number,
  places: GzipPlaces,
  onPiece: () => void = () => {},
): AsyncGenerator<Buffer, void> {
  let bytesYielded = 0;
  async function* read(
    bytesOf: (start: Start, spend: Spend, places: GzipPlaces) => AsyncIterable<Buffer>,
  ): AsyncGenerator<Buffer, void> {
    let bytesToSkip = bytesYielded;
    let bytesLeft = freeBytes + storedBytes * maxExpansion;
    const spend = (bytes: number) => {
      bytesLeft -= bytes;
      if (bytesLeft < 0) {
        throw new OversizedObjectError(`expands to more than ${maxExpansion} times its size`);
      }
      onPiece();
    };
    const input = await open();
    const bytes = complete(input, storedBytes);
    let format: Format | undefined;
    try {
      let start = await startOf(bytes);
      format = formatOf(start.head);
      if (format?.contentOf) {
        const reader = new ByteReader(start.bytes, 0, () => pieceBytes);
        start = await startOf(format.contentOf(reader, spend));
      }
      for await (const chunk of bytesOf(start, spend, places)) {
        if (chunk.length > bytesToSkip) {
          bytesYielded += chunk.length - bytesToSkip;
          yield bytesToSkip === 0 ? chunk : chunk.subarray(bytesToSkip);
        }
        bytesToSkip = Math.max(0, bytesToSkip - chunk.length);
      }
      if (format && !format.contentOf) {
        throw new UnreadableFormatError(format.name);
      }
    } catch (error) {
      if (error instanceof CorruptObjectError) {
        // The damage may be that of the response: then it has another size than the object.
        for await (const _ of bytes) {
          onPiece();
        }
        if (format && !format.contentOf) {
          throw new UnreadableFormatError(format.name);
        }
      }
      throw error;
    } finally {
      input.destroy();
    }
  }

  try {
    yield* read(uniformBytes);
    return;
  } catch (error) {
    if (!(error instanceof NotUniformError)) {
      throw error;
    }
  }
  try {
    yield* read(({ bytes }, spend) => mixedBytes(bytes, spend, places));
  } catch (error) {
    if (!(error instanceof DamagedPieceError)) {
      throw error;
    }
    yield* read(({ bytes }, spend) => mixedBytes(bytes, spend, places, error.damage));
  }
}

/** An object is larger uncompressed than objects of events are. */
export class OversizedObjectError extends Error {
  override readonly name = 'OversizedObjectError';
}

/** Fewer or more bytes arrived than the object has: nobody knows what is missing. */
class IncompleteObjectError extends Error {
  override readonly name = 'IncompleteObjectError';
}

/** The bytes of an object, which are the right number. @throws IncompleteObjectError if not. */
async function* complete(input: AsyncIterable<Buffer>, storedBytes: number): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > storedBytes) {
      break;
    }
    yield chunk;
  }
  if (bytes !== storedBytes) {
    throw new IncompleteObjectError(`expected ${storedBytes} bytes, got ${bytes}`);
  }
}

/** An object is neither all plain nor all gzip, or it is damaged. */
class NotUniformError extends Error {
  override readonly name = 'NotUniformError';
}

/** Bytes whose start is known. */
interface Start {
  /** The first {@link headBytes}, or more; fewer if there are no more. */
  readonly head: Buffer;
  /** All bytes. */
  readonly bytes: AsyncIterable<Buffer>;
}

async function startOf(input: AsyncIterable<Buffer>): Promise<Start> {
  const chunks = input[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < headBytes) {
    const { done, value } = await chunks.next();
    if (done) {
      break;
    }
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, bytes: chain(head, chunks) };
}

/** The text of an object that is all plain or all gzip: fast. @throws NotUniformError if it is mixed or damaged. */
async function* uniformBytes(
  { head, bytes }: Start,
  spend: Spend,
  places: GzipPlaces,
): AsyncGenerator<Buffer, void> {
  let isLineStart = true;
  for await (const chunk of head[0] === firstMagicByte ? gunzipBytes(bytes) : bytes) {
    spend(chunk.length);
    if (suspectAt(chunk, 0, isLineStart, places) !== -1) {
      throw new NotUniformError();
    }
    yield chunk;
    isLineStart = chunk.at(-1) === newline;
  }
}

async function* gunzipBytes(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  let bytesRead = 0;
  let readError: unknown;
  async function* observed(): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of input) {
        bytesRead += chunk.length;
        yield chunk;
      }
    } catch (error) {
      readError = error;
      throw error;
    }
  }
  try {
    // The iteration throws the error that the callback gets.
    yield* pipeline(observed(), gunzip, () => {});
  } catch (error) {
    throw readError ?? new NotUniformError(undefined, { cause: error });
  }
  // If zeros follow a member, Node stops without an error.
  if (gunzip.bytesWritten < bytesRead) {
    throw new NotUniformError();
  }
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void> {
  if (first.length > 0) {
    yield first;
  }
  yield* { [Symbol.asyncIterator]: () => rest };
}
