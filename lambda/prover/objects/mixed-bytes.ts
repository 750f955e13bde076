import { ByteReader, CorruptObjectError } from './byte-reader.ts';
import {
  type Damage,
  headerBytes,
  isMemberHeader,
  isMemberStart,
  memberBytes,
  type Spend,
} from './gzip-member.ts';

/** Text, and gzip in at most three layers. Firehose makes two; each holds some memory. */
const maxLayers = 4;

/** Size of the pieces that are decompressed at once. */
const maxPieceBytes = 16 * 1_024;

const [newline, firstMagicByte, secondMagicByte] = [0x0a, 0x1f, 0x8b];

/** Where plain text may change to gzip. In a shared bucket a neighbour's text may end without a line break. */
export type GzipPlaces = 'line starts' | 'anywhere';

/**
 * The text of any sequence of plain lines and gzip members, whose own content may again be such a sequence.
 *
 * Gzip changes to plain text only at the end of a member; bytes there that are no text are damage, unless they may be a
 * neighbour's.
 *
 * @param damage Decompress byte by byte from here. @default - no known damage
 * @throws CorruptObjectError after the last readable byte, and the errors of `chunks` and `spend`.
 */
export function mixedBytes(
  chunks: AsyncIterable<Buffer>,
  spend: Spend,
  places: GzipPlaces,
  damage?: Damage,
): AsyncGenerator<Buffer, void> {
  const isAnywhere = places === 'anywhere';
  const isMember = async (reader: ByteReader, isLineStart: boolean) =>
    isMemberStart(await reader.peek(2)) &&
    (isAnywhere ? isMemberHeader(await reader.peek(headerBytes)) : isLineStart);
  // A layer continues at the end of its last part, so that offsets are the same in every reading.
  const offsets = Array.from({ length: maxLayers }, () => 0);

  /** The content of consecutive members: a line may begin in one and end in the next. */
  async function* adjacentMembers(reader: ByteReader, layer: number): AsyncGenerator<Buffer, void> {
    while (await isMember(reader, true)) {
      yield* memberBytes(reader, layer, spend);
    }
  }

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
      if (await isMember(reader, isLineStart)) {
        if (layer + 1 === maxLayers) {
          throw new CorruptObjectError(`gzip: more than ${maxLayers - 1} layers`);
        }
        yield* layerBytes(adjacentMembers(reader, layer), layer + 1);
        [isLineStart, isMemberEnd] = [true, true];
        continue;
      }
      if (isMemberEnd && !isTextStart(head) && !isAnywhere) {
        throw new CorruptObjectError('gzip: bytes after the end of the data');
      }
      const text = plainPart(await reader.piece(), places);
      reader.take(text.length);
      yield text;
      [isLineStart, isMemberEnd] = [text.at(-1) === newline, false];
    }
  }
  return layerBytes(chunks, 0);
}

/** Whether bytes may begin a line of text: UTF-8 without NUL, and long enough that it is not the start of a member. */
function isTextStart([first = 0, second = 0]: Buffer): boolean {
  const isContinuation = second >= 0x80 && second < 0xc0;
  return first >= 0x80 ? first >= 0xc2 && isContinuation : first !== 0 && second !== 0 && !isContinuation;
}

/** The bytes up to the first place that may begin a member. */
function plainPart(piece: Buffer, places: GzipPlaces): Buffer {
  const end = suspectAt(piece, 1, false, places);
  return end === -1 ? piece : piece.subarray(0, end);
}

/**
 * Finds the first place, at `from` or later, that may be gzip. Fast, because text does not contain the byte that gzip begins
 * with.
 *
 * @param isLineStart Whether the piece begins with a new line.
 * @returns the place, or -1.
 */
export function suspectAt(piece: Buffer, from: number, isLineStart: boolean, places: GzipPlaces): number {
  const isSuspect = (at: number) =>
    places === 'anywhere'
      ? (piece[at + 1] ?? secondMagicByte) === secondMagicByte
      : at === 0
        ? isLineStart
        : piece[at - 1] === newline;
  let at = piece.indexOf(firstMagicByte, from);
  while (at !== -1 && !isSuspect(at)) {
    at = piece.indexOf(firstMagicByte, at + 1);
  }
  return at;
}
