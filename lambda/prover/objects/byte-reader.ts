/** The content of an object cannot be read to its end. */
export class CorruptObjectError extends Error {
  override readonly name: string = 'CorruptObjectError';
}

/** Reads a sequence of chunks to the exact byte: bytes stay until they are taken. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #maxPieceBytes: (offset: number) => number;
  #pending: Buffer = Buffer.alloc(0);
  #offset: number;

  /**
   * @param offset Offset of the first byte.
   * @param maxPieceBytes Size limit of a {@link piece} that begins at an offset.
   */
  constructor(chunks: AsyncIterable<Buffer>, offset: number, maxPieceBytes: (offset: number) => number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#maxPieceBytes = maxPieceBytes;
    this.#offset = offset;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#offset;
  }

  /** Some of the next bytes; empty at the end. */
  async piece(): Promise<Buffer> {
    return (await this.peek(1)) && this.#pending.subarray(0, this.#maxPieceBytes(this.#offset));
  }

  /** The next `length` bytes, fewer at the end. */
  async peek(length: number): Promise<Buffer> {
    while (this.#pending.length < length) {
      const { done, value } = await this.#chunks.next();
      if (done) {
        break;
      }
      this.#pending = this.#pending.length === 0 ? value : Buffer.concat([this.#pending, value]);
    }
    return this.#pending.subarray(0, length);
  }

  /** Skips `length` bytes that were peeked at. */
  take(length: number): void {
    this.#pending = this.#pending.subarray(length);
    this.#offset += length;
  }
}

/** Takes the next `length` bytes. @throws CorruptObjectError if there are fewer. */
export async function takeBytes(reader: ByteReader, length: number, format: string): Promise<Buffer> {
  const bytes = await reader.peek(length);
  if (bytes.length < length) {
    throw unexpectedEnd(format);
  }
  reader.take(length);
  return bytes;
}

export function unexpectedEnd(format: string): CorruptObjectError {
  return new CorruptObjectError(`${format}: unexpected end of file`);
}
