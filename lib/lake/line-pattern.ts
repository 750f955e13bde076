import { templateFunctions } from '../../lambda/template/functions.ts';
import { type Expression, parseTemplate } from '../../lambda/template/parse.ts';
import type { PlacedPart, Skeleton, Stretch } from './skeleton.ts';

const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const numberPattern = String.raw`-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?`;
const isNumber = new RegExp(`^${numberPattern}$`);

/** Any characters of a JSON string. Java would need a stack as deep as a text is long for a loop over alternatives. */
const stringPattern = String.raw`[^"\\]*(?:\\.[^"\\]*)*`;
const anyPattern = '.*?';

/** The function that writes whatever the run is called; the other ones without word lists keep to few characters. */
const runFunction = 'run';

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
  const at = (place: number) => (closes.has(place) ? ')' : '') + (opens.has(place) ? '(' : '');
  const pieces = parts.map((placed, index) => {
    const { part, from } = placed;
    return part.isText
      ? [...part.source.split('')].map((character, place) => at(from + place) + literally(character)).join('')
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
  const { name, args } = expressionOf(part.source);
  const choices = choicesOf(name, args);
  if (choices) {
    const isLong = choices.join('').length > maxChoicesLength;
    return isLong ? anyPattern : `(?:${[...new Set(choices)].map(literally).join('|')})`;
  }
  if (texts.every((text) => isNumber.test(text))) {
    return numberPattern;
  }
  if (Object.hasOwn(templateFunctions, name) && name !== runFunction) {
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

function expressionOf(source: string): Expression {
  return parseTemplate(`{{${source}}}`).parts[0] as Expression;
}

/** All that an expression may write, if its arguments say so. */
function choicesOf(name: string, args: readonly unknown[]): string[] | undefined {
  if (name.endsWith('.boolean')) {
    return ['true', 'false'];
  }
  const [given] = args as [unknown];
  const values = /\.(weighted)?arrayElement$/i.test(name) && listIn(given);
  return values
    ? values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    : undefined;
}

/** The values in the arguments of functions that choose. */
function listIn(given: unknown): unknown[] | undefined {
  if (Array.isArray(given)) {
    return given.map((one) => (Object(one) === one && 'weight' in one && 'value' in one ? one.value : one));
  }
  const { data } = Object(given);
  return Array.isArray(data) ? data : undefined;
}

/** A character within the brackets of a class. */
function inClass(character: string): string {
  return /[\\[\]^&-]/.test(character) ? `\\${character}` : character;
}

/** A text as a regular expression that matches it only. */
export function literally(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
