import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The content of an object cannot be decompressed to its end; the message says why. */
export class CorruptObjectError extends Error {
  override readonly name = 'CorruptObjectError';
}

/** Size of the pieces that come out of gunzip: most of what reading one object holds in memory. */
const pieceBytes = 128 * 1_024;

/**
 * The bytes of an object, decompressed if it is gzip (of one or several members), whatever it is named.
 *
 * When gunzip meets an error in the data it drops what it made of the piece at hand. The object is then read once more, that piece
 * byte by byte, so that every line before the damage is there: about a second for each object and 64 KiB.
 *
 * @param open Begins to read the object from its start.
 * @throws CorruptObjectError after the last byte that can be had.
 * @throws Whatever `open` and its stream throw.
 */
export async function* objectBytes(open: () => Promise<Readable>): AsyncGenerator<Buffer, void> {
  const input = await withHead(await open());
  if (!input.isGzip) {
    yield* input.chunks;
    return;
  }
  let bytesRead = 0;
  const intact = new Inflation(input.chunks);
  try {
    for await (const chunk of intact.bytes()) {
      bytesRead += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof CorruptObjectError)) {
      throw error;
    }
    const { chunks } = await withHead(await open());
    const again = new Inflation(cutFrom(intact.bytesTaken, chunks));
    for await (const chunk of again.bytes()) {
      if (chunk.length > bytesRead) {
        yield chunk.subarray(bytesRead);
      }
      bytesRead = Math.max(0, bytesRead - chunk.length);
    }
    throw error;
  }
}

/** Decompresses gzip. */
class Inflation {
  readonly #gunzip = createGunzip({ chunkSize: pieceBytes });
  readonly #input: AsyncIterable<Buffer>;
  #bytesRead = 0;
  #readError: unknown;

  constructor(input: AsyncIterable<Buffer>) {
    this.#input = input;
  }

  /** Compressed bytes that were decompressed without an error. */
  get bytesTaken(): number {
    return this.#gunzip.bytesWritten;
  }

  /** The decompressed bytes. @throws CorruptObjectError for an error in the data. @throws What the input throws. */
  async *bytes(): AsyncGenerator<Buffer, void> {
    try {
      // The iteration throws what the callback would be told.
      yield* pipeline(this.#observedInput(), this.#gunzip, () => {});
    } catch (error) {
      if (this.#readError !== undefined) {
        throw this.#readError;
      }
      throw new CorruptObjectError(`gzip: ${(error as Error).message}`, { cause: error });
    }
    // Node stops without an error where zeros follow a member.
    if (this.bytesTaken < this.#bytesRead) {
      throw new CorruptObjectError('gzip: bytes after the end of the data');
    }
  }

  async *#observedInput(): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of this.#input) {
        this.#bytesRead += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.#readError = error;
      throw error;
    }
  }
}

async function withHead(input: Readable): Promise<{ isGzip: boolean; chunks: AsyncIterable<Buffer> }> {
  const rest: AsyncIterator<Buffer> = input[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await rest.next();
    if (next.done) {
      break;
    }
    head = Buffer.concat([head, next.value]);
  }
  const chunks = async function* () {
    if (head.length > 0) {
      yield head;
    }
    yield* { [Symbol.asyncIterator]: () => rest };
  };
  return { isGzip: head[0] === 0x1f && head[1] === 0x8b, chunks: chunks() };
}

/** The same bytes, from an offset on in pieces of one byte. */
async function* cutFrom(offset: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let at = 0;
  for await (const chunk of chunks) {
    const whole = Math.min(Math.max(0, offset - at), chunk.length);
    if (whole > 0) {
      yield chunk.subarray(0, whole);
    }
    for (let byte = whole; byte < chunk.length; byte += 1) {
      yield chunk.subarray(byte, byte + 1);
    }
    at += chunk.length;
  }
}
