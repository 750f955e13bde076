import * as fc from 'fast-check';
import type { TimeFields } from '../../lambda/template/time-fields.ts';
import { createTimeFormat, type TimeFormat } from '../../lambda/template/time-format.ts';
import { type ReadTime, timeOf } from '../../lambda/template/time-of.ts';

/** Every token of moment's. */
export const tokens = [
  ...'M Mo MM MMM MMMM Q Qo D Do DD DDD DDDo DDDD d do dd ddd dddd e E w wo ww W Wo WW'.split(' '),
  ...'Y YY YYYY YYYYY YYYYYY y yo yy yyy yyyy N NN NNN NNNN NNNNN gg gggg ggggg GG GGGG GGGGG'.split(' '),
  ...'a A H HH h hh k kk m mm s ss Hmm Hmmss hmm hmmss S SS SSS SSSS SSSSS SSSSSS SSSSSSS'.split(' '),
  ...'SSSSSSSS SSSSSSSSS Z ZZ z zz X x LT LTS L LL LLL LLLL l ll lll llll'.split(' '),
];

/** Text between tokens: separators, letters that are no tokens, escapes whole and broken. */
const separators = [
  ...['-', '/', ':', '.', ' ', ', ', '|', 'T', 'at', 'o', '5', 'é', '😀', '\n', '\t', '"', '$&'],
  ...['[at]', '[]', '[a[b]', '[a]b]', '[', ']', '\\', '\\\\', '\\[', '\\Y', '\\LT', '[LT] ', '[L'],
];

/** Times from 1970 to 2199. */
export const anyTimeMs = fc.integer({ min: 0, max: Date.UTC(2200, 0) - 1 });

/** Formats of more than line breaks, which moment cannot write alone. */
export const anyFormat = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...tokens) }, fc.constantFrom(...separators)), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join(''))
  .filter((format) => format.length <= 200 && /./.test(format));

/** The time in a text of known parts. */
export function readTime(
  text: string,
  parts: readonly (string | TimeFormat)[],
  notAfterMs: number,
): ReadTime | undefined {
  const readFrom = (index: number, at: number, known: TimeFields): ReadTime | undefined => {
    const part = parts[index];
    if (part === undefined) {
      return at === text.length ? timeOf(known, notAfterMs) : undefined;
    }
    if (typeof part === 'string') {
      return text.startsWith(part, at) ? readFrom(index + 1, at + part.length, known) : undefined;
    }
    for (const { end, fields } of part.read(text, at, known)) {
      const time = readFrom(index + 1, end, fields);
      if (time !== undefined) {
        return time;
      }
    }
    return undefined;
  };
  return readFrom(0, 0, {});
}

/** Reads `text` by one format of moment's. */
export const readBy = (format: string, text: string, notAfterMs = Date.UTC(2200, 0)) =>
  readTime(text, [createTimeFormat(format)], notAfterMs);

/** The text of a line with times in it. */
export const writeLine = (parts: readonly (string | TimeFormat)[], timeMs: number) =>
  parts.map((part) => (typeof part === 'string' ? part : part.format(timeMs))).join('');
