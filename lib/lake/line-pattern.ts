import type { PlacedPart, Skeleton, Stretch } from './skeleton.ts';

const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const numberPattern = String.raw`-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?`;
const isNumber = new RegExp(`^${numberPattern}$`);

/** Contents of a JSON string. A loop over alternatives would need a stack as deep as the text is long in Java. */
const stringPattern = String.raw`[^"\\]*(?:\\.[^"\\]*)*`;
const anyPattern = '.*?';

/** If the choices are longer than this together, any text matches. */
const maxChoicesLength = 5_000;

/**
 * Makes a regular expression for the lines of events, with a group for each of the stretches, which are in order.
 * It checks the shape of expressions' values, not the values.
 *
 * It means the same in Java, RE2 and JavaScript, if a dot matches any character and the whole line has to match.
 */
export function linePattern({ parts }: Skeleton, stretches: readonly Stretch[], isJson: boolean): string {
  const opens = new Set(stretches.map(({ from }) => from));
  const closes = new Set(stretches.map(({ to }) => to));
  const empty = new Set(stretches.filter(({ from, to }) => from === to).map(({ from }) => from));
  const mixed = parts.filter(({ isMixed }) => isMixed);
  const quotes = new Set(mixed.flatMap(({ from, to }) => [from, to]));
  const at = (place: number) =>
    empty.has(place)
      ? '()'
      : (closes.has(place) ? ')' : '') + (quotes.has(place) ? '"?' : '') + (opens.has(place) ? '(' : '');
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

/** Pattern of a time: numbers and names vary, the text between them does not. */
function timePattern(sample: string): string {
  return sample
    .split(/([0-9]+|[A-Za-z]+)/)
    .map((text) => (/^[0-9]/.test(text) ? '[0-9]+' : /^[A-Za-z]/.test(text) ? '[A-Za-z]+' : literally(text)))
    .join('');
}

/** Escapes a character for a character class. */
function inClass(character: string): string {
  return /[\\[\]^&-]/.test(character) ? `\\${character}` : character;
}

/** Escapes a text for a regular expression. */
function literally(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
