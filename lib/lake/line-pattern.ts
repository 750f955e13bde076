import type { PlacedPart, Skeleton, Stretch } from './skeleton.ts';

const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const numberPattern = String.raw`-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?`;
const isNumber = new RegExp(`^${numberPattern}$`);

/** Any characters of a JSON string. Java would need a stack as deep as a text is long for a loop over alternatives. */
const stringPattern = String.raw`[^"\\]*(?:\\.[^"\\]*)*`;
const anyPattern = '.*?';

/** More choices than this, in characters, are any text. */
const maxChoicesLength = 5_000;

/**
 * What the lines of events match, with a group for each of some stretches, which follow one another. Of what
 * expressions write it knows the shape, not the value.
 *
 * It keeps to what regular expressions mean in Java, in RE2 and in JavaScript alike, if a dot is any character and the
 * whole line has to match.
 */
export function linePattern({ parts }: Skeleton, stretches: readonly Stretch[], isJson: boolean): string {
  const opens = new Set(stretches.map(({ from }) => from));
  const closes = new Set(stretches.map(({ to }) => to));
  const empty = new Set(stretches.filter(({ from, to }) => from === to).map(({ from }) => from));
  const at = (place: number) =>
    empty.has(place) ? '()' : (closes.has(place) ? ')' : '') + (opens.has(place) ? '(' : '');
  const pieces = parts.map((placed, index) => {
    const { part, from } = placed;
    return part.isText
      ? part.source
          .split('')
          .map((character, place) => at(from + place) + literally(character))
          .join('')
      : at(from) + expressionPattern(placed, isJson, parts[index + 1]);
  });
  return pieces.join('') + at(parts.at(-1)!.to);
}

function expressionPattern({ part, samples }: PlacedPart, isJson: boolean, next?: PlacedPart): string {
  if (part.isUuid) {
    return uuidPattern;
  }
  const texts = [...samples];
  if (part.timeFormat) {
    return timePattern(texts[0]!);
  }
  if (part.choices) {
    const isLong = texts.join('').length > maxChoicesLength;
    return isLong ? anyPattern : `(?:${texts.map(literally).join('|')})`;
  }
  if (texts.every((text) => isNumber.test(text))) {
    return numberPattern;
  }
  if (part.isRandom && !part.isWords) {
    const others = new Set(texts.join('').replace(/[0-9A-Za-z]/g, ''));
    return `[0-9A-Za-z${[...others].map(inClass).join('')}]+`;
  }
  if (isJson) {
    return stringPattern;
  }
  const isQuoted = next?.part.isText && next.part.source.startsWith('"') && !texts.join('').includes('"');
  return isQuoted ? '[^"]*' : anyPattern;
}

/** What a time matches: numbers and names vary, what is between them doesn't. */
function timePattern(sample: string): string {
  return sample
    .split(/([0-9]+|[A-Za-z]+)/)
    .map((text) => (/^[0-9]/.test(text) ? '[0-9]+' : /^[A-Za-z]/.test(text) ? '[A-Za-z]+' : literally(text)))
    .join('');
}

/** A character within the brackets of a class. */
function inClass(character: string): string {
  return /[\\[\]^&-]/.test(character) ? `\\${character}` : character;
}

/** A text as a regular expression that matches it only. */
function literally(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
