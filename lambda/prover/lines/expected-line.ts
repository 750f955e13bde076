import type { EventTemplate } from '../../template/event-template.ts';
import type { Part } from '../../template/part.ts';
import type { TimeFields } from '../../template/time-fields.ts';
import { type ToldTime, timeOf } from '../../template/time-of.ts';
import type { LineDifference } from '../comparison/line-reader.ts';

/** What a line that should be an event turned out to be. */
export type LineFinding =
  | { readonly isEvent: true; readonly timeMs: number; readonly isExact: boolean }
  | { readonly isEvent: false; readonly difference: LineDifference };

/** How far clocks may differ: an event may be so much younger than the object that it is in. */
const clockSkewMs = 5 * 60_000;

/** Longest text of a time. */
const maxTimeLength = 400;

/** Most characters that a message shows of a text. */
const maxShown = 60;

/**
 * Compares a line with what it must be, to the byte. Only its times are not known beforehand: they are read where they must be, and what
 * they tell together must be one time.
 *
 * @param line The line, with its `\n`.
 * @param pieces What each part of the template writes, whatever the time is.
 */
export function compareLine(
  line: Buffer,
  { parts }: EventTemplate,
  pieces: readonly Buffer[],
  landedAtMs: number,
): LineFinding {
  /** The difference that was found farthest on the way, where a time can be read in several ways. */
  let farthest = { at: -1, difference: { part: '', expected: '', found: '' } };

  const differs = (part: string, expected: string, at: number, length: number): undefined => {
    if (at > farthest.at) {
      const found = shown(line.toString('utf8', at, at + length));
      farthest = { at, difference: { part, expected: shown(expected), found } };
    }
    return undefined;
  };

  const endingAt = (at: number, told: TimeFields): ToldTime | undefined => {
    if (line.length !== at + 1) {
      return differs('the end of the line', '', at, line.length - 1 - at);
    }
    const time = timeOf(told, landedAtMs + clockSkewMs);
    const firstTime = parts.find(({ timeFormat }) => timeFormat !== undefined);
    return time ?? differs(firstTime ? describe(firstTime) : '', 'a time that there is', at, 0);
  };

  const from = (place: number, at: number, told: TimeFields): ToldTime | undefined => {
    const part = parts[place];
    if (part === undefined) {
      return endingAt(at, told);
    }
    if (part.timeFormat === undefined) {
      const piece = pieces[place]!;
      return piece.equals(line.subarray(at, at + piece.length))
        ? from(place + 1, at + piece.length, told)
        : differs(describe(part), piece.toString(), at, piece.length);
    }
    const text = line.toString('utf8', at, at + maxTimeLength);
    for (const { end, fields } of part.timeFormat.read(text, 0, told)) {
      const time = from(place + 1, at + Buffer.byteLength(text.slice(0, end)), fields);
      if (time !== undefined) {
        return time;
      }
    }
    const example = part.timeFormat.format(landedAtMs);
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
