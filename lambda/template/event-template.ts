import { BlockSource, blockBytes, countersFrom, Draw, maxBlocks } from './draw.ts';
import type { Part, WritePart } from './part.ts';
import { writeBytes } from './write-text.ts';

export interface EventTemplate {
  readonly source: string;
  readonly isJson: boolean;
  /** Texts and expressions, in order. One of them writes the UUID. */
  readonly parts: readonly Part[];
  startRun(deliveryStreamName: string, runId: string): Renderer;
}

const newline = 0x0a;

const pieceBytes = 4_096;

/** Writes the events of one run, from any index on. */
export class Renderer {
  readonly #parts: readonly Part[];
  readonly #writers: readonly { readonly write: WritePart; readonly place: number }[];
  /** The random source of each part; undefined for parts that are not random. */
  readonly #sources: readonly (BlockSource | undefined)[];
  readonly #blocks: (DataView | undefined)[] = [];
  readonly #counters = Buffer.alloc(maxBlocks * blockBytes);
  readonly #draw: Draw;
  #piece: Buffer = Buffer.alloc(pieceBytes);

  constructor(parts: readonly Part[], deliveryStreamName: string, runId: string) {
    this.#parts = parts;
    this.#writers = joinSteadyParts(parts);
    this.#draw = new Draw(runId);
    const seen = new Map<string, number>();
    this.#sources = parts.map(({ source, isRandom }) => {
      if (!isRandom) {
        return undefined;
      }
      const twinsBefore = seen.get(source) ?? 0;
      seen.set(source, twinsBefore + 1);
      return new BlockSource(deliveryStreamName, runId, source, twinsBefore);
    });
  }

  /**
   * Writes events one after the other, each with a `\n`: as many as fit.
   *
   * @param target Where they go. The rest of it may be written over, too.
   * @param at Where in it.
   * @param ends Where each event ends is added to it.
   * @param from Index of the first event.
   * @param uuids Their UUIDs, 16 bytes each: as many events are written.
   * @param timeMs Their time, in milliseconds since 1970.
   */
  write(target: Buffer, at: number, ends: number[], from: number, uuids: Buffer, timeMs: number): void {
    const draw = this.#draw;
    const writers = this.#writers;
    const count = uuids.length / blockBytes;
    draw.uuids = uuids;
    draw.timeMs = timeMs;
    let start = at;
    for (let first = 0; first < count; first += maxBlocks) {
      const last = Math.min(first + maxBlocks, count);
      this.#drawBlocks(from + first, last - first);
      for (let event = first; event < last; event += 1) {
        draw.index = from + event;
        draw.uuidAt = event * blockBytes;
        draw.blockAt = (event - first) * blockBytes;
        let end = start;
        for (const { write, place } of writers) {
          draw.blocks = this.#blocks[place] ?? draw.blocks;
          end = write(target, end, draw);
        }
        target[end] = newline;
        end += 1;
        if (end > target.length) {
          return;
        }
        ends.push(end);
        start = end;
      }
    }
  }

  /** The bytes of each part in one event, without the `\n`. */
  pieces(index: number, uuid: Buffer, timeMs: number): Buffer[] {
    const draw = this.#draw;
    this.#drawBlocks(index, 1);
    Object.assign(draw, { index, timeMs, uuids: uuid, uuidAt: 0, blockAt: 0 });
    return this.#parts.map(({ write }, place) => {
      draw.blocks = this.#blocks[place] ?? draw.blocks;
      let end = write(this.#piece, 0, draw);
      if (end > this.#piece.length) {
        this.#piece = Buffer.alloc(end);
        end = write(this.#piece, 0, draw);
      }
      return Buffer.from(this.#piece.subarray(0, end));
    });
  }

  #drawBlocks(from: number, count: number): void {
    const counters = countersFrom(from, count, this.#counters);
    for (const [place, source] of this.#sources.entries()) {
      this.#blocks[place] = source?.blocks(counters);
    }
  }
}

/** Whether a part is the same in all events of the same time, the UUID aside. */
function isSteady({ isText, isUuid, timeFormat }: Part): boolean {
  return isText || isUuid === true || timeFormat !== undefined;
}

/**
 * Joins neighbours that are the same in all events of the same time, so that they are copied at once, which is several times as fast. The
 * UUID, if there is one among them, is written over the copy.
 *
 * @returns what the parts write together, in order, and the place of the part that each one begins with.
 */
function joinSteadyParts(parts: readonly Part[]): { write: WritePart; place: number }[] {
  const joined: { write: WritePart; place: number }[] = [];
  for (let place = 0; place < parts.length; ) {
    let end = place + 1;
    if (isSteady(parts[place]!)) {
      while (end < parts.length && isSteady(parts[end]!)) {
        end += 1;
      }
    }
    const write = end === place + 1 ? parts[place]!.write : frameOf(parts.slice(place, end));
    joined.push({ write, place });
    place = end;
  }
  return joined;
}

function frameOf(parts: readonly Part[]): WritePart {
  const uuidPlace = parts.findIndex(({ isUuid }) => isUuid);
  const writeUuid = parts[uuidPlace]?.write;
  const blank = new Draw('');
  let frameMs = Number.NaN;
  let frame: Buffer = Buffer.alloc(0);
  let uuidAt = 0;

  const write = (target: Buffer, some: readonly Part[]) =>
    some.reduce((at, part) => part.write(target, at, blank), 0);
  return (target, at, draw) => {
    if (draw.timeMs !== frameMs) {
      frameMs = draw.timeMs;
      blank.timeMs = frameMs;
      const length = write(Buffer.alloc(0), parts);
      frame = Buffer.alloc(length);
      write(frame, parts);
      uuidAt = write(frame, parts.slice(0, Math.max(0, uuidPlace)));
    }
    const end = writeBytes(target, at, frame);
    writeUuid?.(target, at + uuidAt, draw);
    return end;
  };
}
