import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CorruptObjectError, DamagedPieceError, type Spend } from './gzip-member.ts';
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
 * The text of an object, regardless of its name: plain lines, gzip members, or any sequence of both, also within gzip.
 *
 * Nearly every object is either plain or gzip, and is read once. A mixed object is read again, by {@link mixedBytes}. A damaged
 * object is read a third time, the damaged piece byte by byte, to get every line before the damage.
 *
 * @param open Begins to read the object from its start.
 * @param storedBytes Its size as stored.
 * @param places Where plain text may change to gzip.
 * @param onPiece Called for each piece that comes out of gzip; may throw.
 * @throws CorruptObjectError after the last readable byte, IncompleteObjectError, OversizedObjectError, and the errors of `open`,
 * its stream and `onPiece`.
 */
export async function* objectBytes(
  open: () => Promise<Readable>,
  storedBytes: number,
  places: GzipPlaces,
  onPiece: () => void = () => {},
): AsyncGenerator<Buffer, void> {
  let bytesYielded = 0;
  async function* read(
    bytesOf: (input: AsyncIterable<Buffer>, spend: Spend, places: GzipPlaces) => AsyncIterable<Buffer>,
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
    try {
      for await (const chunk of bytesOf(bytes, spend, places)) {
        if (chunk.length > bytesToSkip) {
          bytesYielded += chunk.length - bytesToSkip;
          yield bytesToSkip === 0 ? chunk : chunk.subarray(bytesToSkip);
        }
        bytesToSkip = Math.max(0, bytesToSkip - chunk.length);
      }
    } catch (error) {
      if (error instanceof CorruptObjectError) {
        // The damage may be that of the response: then it has another size than the object.
        for await (const _ of bytes) {
          onPiece();
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
    yield* read(mixedBytes);
  } catch (error) {
    if (!(error instanceof DamagedPieceError)) {
      throw error;
    }
    yield* read((input, spend) => mixedBytes(input, spend, places, error.damage));
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

/** The text of an object that is all plain or all gzip: fast. @throws NotUniformError if it is mixed or damaged. */
async function* uniformBytes(
  input: AsyncIterable<Buffer>,
  spend: Spend,
  places: GzipPlaces,
): AsyncGenerator<Buffer, void> {
  const chunks = input[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) {
    return;
  }
  const whole = chain(first.value, chunks);
  let isLineStart = true;
  for await (const chunk of first.value[0] === firstMagicByte ? gunzipBytes(whole) : whole) {
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
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
