import { Draw } from './draw.ts';
import type { Part, WritePart } from './part.ts';
import { writeBytes } from './write-text.ts';

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
export function joinSteadyParts(parts: readonly Part[]): { write: WritePart; place: number }[] {
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

/** What steady parts write together. */
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
