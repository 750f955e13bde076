/** Reads a sequence of chunks exactly to the byte: what was not taken is still there. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #maxPieceBytes: (offset: number) => number;
  #pending: Buffer = Buffer.alloc(0);
  #offset: number;

  /**
   * @param offset What the first byte counts as.
   * @param maxPieceBytes The longest {@link piece} that may begin at an offset.
   */
  constructor(chunks: AsyncIterable<Buffer>, offset: number, maxPieceBytes: (offset: number) => number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#maxPieceBytes = maxPieceBytes;
    this.#offset = offset;
  }

  /** Where the next byte is. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bytes, some; none at the end. They stay until they are taken. */
  async piece(): Promise<Buffer> {
    return (await this.peek(1)) && this.#pending.subarray(0, this.#maxPieceBytes(this.#offset));
  }

  /** The next `length` bytes, fewer at the end. They stay until they are taken. */
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

  /** Moves on by `length` bytes, all of which were seen. */
  take(length: number): void {
    this.#pending = this.#pending.subarray(length);
    this.#offset += length;
  }
}
