import { ByteReader } from './byte-reader.ts';
import { CorruptObjectError, type Damage } from './corrupt-object-error.ts';
import { isMemberStart, memberBytes } from './gzip-member.ts';

/** Gzip within gzip within gzip: Firehose makes two layers, and each one holds some memory. */
const maxLayers = 4;

/** Size of the pieces that are decompressed at once. */
const maxPieceBytes = 16 * 1_024;

const [newline, openingBrace, firstMagicByte] = [0x0a, 0x7b, 0x1f];

/**
 * The text of any sequence of plain lines and gzip members, whose own content may again be such a sequence.
 *
 * Plain text turns to gzip only where a line begins. Gzip turns to plain text only where a member ends, and only with `{`, so
 * that anything else there is damage.
 *
 * @param damage Where to go on in pieces of one byte. @default - nowhere
 * @throws CorruptObjectError after the last byte that can be had.
 * @throws Whatever the chunks throw.
 */
export function mixedBytes(chunks: AsyncIterable<Buffer>, damage?: Damage): AsyncGenerator<Buffer, void> {
  // A layer goes on where its last part ended, so an offset is the same however often the object is read.
  const offsets = Array.from({ length: maxLayers }, () => 0);

  async function* layerBytes(input: AsyncIterable<Buffer>, layer: number): AsyncGenerator<Buffer, void> {
    const reader = new ByteReader(input, offsets[layer]!, (offset) =>
      layer === damage?.layer && offset >= damage.offset ? 1 : maxPieceBytes,
    );
    let [isLineStart, isMemberEnd] = [true, false];
    for (;;) {
      const head = await reader.peek(2);
      if (head.length === 0) {
        offsets[layer] = reader.offset;
        return;
      }
      if (isLineStart && isMemberStart(head)) {
        if (layer + 1 === maxLayers) {
          throw new CorruptObjectError(`gzip: more than ${maxLayers - 1} layers`);
        }
        yield* layerBytes(adjacentMembers(reader, layer), layer + 1);
        [isLineStart, isMemberEnd] = [true, true];
        continue;
      }
      if (isMemberEnd && head[0] !== openingBrace) {
        throw new CorruptObjectError('gzip: bytes after the end of the data');
      }
      const text = plainPart(await reader.piece());
      reader.take(text.length);
      yield text;
      [isLineStart, isMemberEnd] = [text.at(-1) === newline, false];
    }
  }
  return layerBytes(chunks, 0);
}

/** What members hold that follow one another: a line may begin in one and end in the next. */
async function* adjacentMembers(reader: ByteReader, layer: number): AsyncGenerator<Buffer, void> {
  while (isMemberStart(await reader.peek(2))) {
    yield* memberBytes(reader, layer);
  }
}

/** The bytes up to the first line that may begin a member. */
function plainPart(piece: Buffer): Buffer {
  const end = suspectAt(piece, 1, false);
  return end === -1 ? piece : piece.subarray(0, end);
}

/**
 * Where the first line begins, at `from` or behind, that may be gzip; -1 if there is none. Text has none of the bytes that it looks
 * for, so it is fast.
 *
 * @param isLineStart Whether a line begins with the piece.
 */
export function suspectAt(piece: Buffer, from: number, isLineStart: boolean): number {
  let at = piece.indexOf(firstMagicByte, from);
  while (at !== -1 && !(at === 0 ? isLineStart : piece[at - 1] === newline)) {
    at = piece.indexOf(firstMagicByte, at + 1);
  }
  return at;
}
