import type { EventTemplate } from '../../template/event-template.ts';
import type { Part } from '../../template/part.ts';
import type { TimeFields } from '../../template/time-fields.ts';
import { type ReadTime, timeOf } from '../../template/time-of.ts';
import type { Expected, LineDifference } from '../comparison/line-reader.ts';

/** Whether a line is the expected event. */
export type LineFinding =
  | { readonly isEvent: true; readonly timeMs: number; readonly isExact: boolean }
  | { readonly isEvent: false; readonly difference: LineDifference };

/** A longer line is no event. */
export const maxLineBytes = 1_048_576;

/** No time has more than three times as many bytes as another in the same format: `May` and `September`. */
const maxTimeGrowth = 3;

/** Room for numbers of more digits. */
const extraTimeBytes = 64;

/** Bounds of a time's size, if another time in the same format has `length` bytes. */
export function timeBytes(length: number): { least: number; most: number } {
  return { least: Math.ceil(length / maxTimeGrowth), most: extraTimeBytes + maxTimeGrowth * length };
}

/** Limit for a text in a message, in characters. */
const maxShown = 60;

const newline = 0x0a;

/**
 * Compares a line with the expected event, to the byte. Only its times are unknown: they are parsed, and together must be one
 * possible time.
 *
 * @param line The line, with its `\n`.
 * @param pieces The output of each part of the template, at any time.
 * @param sentToMs When the event was sent at the latest. A later time is taken only if no earlier one is possible.
 */
export function compareLine(
  line: Buffer,
  { parts }: EventTemplate,
  pieces: readonly Buffer[],
  { earliestMs, latestMs }: Pick<Expected, 'earliestMs' | 'latestMs'>,
  sentToMs: number,
): LineFinding {
  /** A time can be parsed in several ways: the difference of the way that got farthest. */
  let farthest = { at: -1, difference: { part: '', expected: '', found: '' } };

  const differs = (part: string, expected: string, at: number, length: number): undefined => {
    if (at > farthest.at) {
      const found = shown(line.toString('utf8', at, at + length));
      farthest = { at, difference: { part, expected: shown(expected), found } };
    }
    return undefined;
  };

  const endingAt = (at: number, fields: TimeFields): ReadTime | undefined => {
    if (line.length !== at + 1 || line[at] !== newline) {
      return differs('the end of the line', '', at, line.length - at - Number(line.at(-1) === newline));
    }
    const time = timeOf(fields, Math.min(latestMs, sentToMs)) ?? timeOf(fields, latestMs);
    if (time !== undefined && time.timeMs >= earliestMs) {
      return time;
    }
    const firstTime = parts.find(({ timeFormat }) => timeFormat !== undefined);
    return differs(firstTime ? describe(firstTime) : '', 'a possible time', at, 0);
  };

  const from = (place: number, at: number, fields: TimeFields): ReadTime | undefined => {
    const part = parts[place];
    if (part === undefined) {
      return endingAt(at, fields);
    }
    if (part.timeFormat === undefined) {
      const piece = pieces[place]!;
      return piece.equals(line.subarray(at, at + piece.length))
        ? from(place + 1, at + piece.length, fields)
        : differs(describe(part), piece.toString(), at, piece.length);
    }
    const text = line.toString('utf8', at, at + timeBytes(pieces[place]!.length).most);
    // Numbers of any width, such as `Hm`, may be read as two times.
    let found: ReadTime | undefined;
    for (const read of part.timeFormat.read(text, 0, fields)) {
      const time = from(place + 1, at + Buffer.byteLength(text.slice(0, read.end)), read.fields);
      if (time !== undefined && found !== undefined && time.timeMs !== found.timeMs) {
        return { ...found, isExact: false };
      }
      found ??= time;
    }
    if (found !== undefined) {
      return found;
    }
    const example = part.timeFormat.format(Math.min(latestMs, sentToMs));
    return differs(describe(part), `a time such as ${example}`, at, example.length);
  };

  const time = from(0, 0, {});
  return time === undefined
    ? { isEvent: false, difference: farthest.difference }
    : { isEvent: true, ...time };
}

function describe({ isText, source }: Part): string {
  return isText ? `the text ${shown(source)}` : `{{${shown(source)}}}`;
}

function shown(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
