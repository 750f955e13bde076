import { InvalidTemplateError, type TemplateProblem } from './errors.ts';

/** An expression of a template, `{{name}}` or `{{name(arguments)}}`. */
export interface Expression {
  /** The text between the braces, on one line. */
  readonly source: string;
  readonly name: string;
  /** Its arguments; none if there are no parentheses. */
  readonly args: readonly unknown[];
  readonly offset: number;
}

export interface FixedText {
  readonly text: string;
  readonly offset: number;
}

export interface ParsedTemplate {
  readonly isJson: boolean;
  readonly parts: readonly (FixedText | Expression)[];
}

/** Largest template. CloudFormation takes 1 MB for all of a stack. */
export const maxTemplateLength = 250_000;

export const maxExpressions = 1_000;

/** Limit of the nesting of brackets in arguments. */
const maxNesting = 20;

/** Characters that no event may have: as they are, and as `JSON.stringify` writes them. */
const noText = [
  {
    pattern: /\p{Cs}/u,
    inJson: /(?<!\\)(?:\\\\)*\\ud[89a-f]/,
    message: 'half a character, which UTF-8 cannot write: write the whole one, for example 😀',
  },
  {
    pattern: /\0/,
    inJson: /(?<!\\)(?:\\\\)*\\u0000/,
    message: 'the character NUL, with which files are padded: leave it out',
  },
];

/** A line break, with the indentation. The lookbehind makes it linear in long blanks. */
const lineBreak = /(?<!\s)\s*[\r\n]\s*/g;

const nameStart = /\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?\s*/y;
const expressionEnd = /\s*\}\}/y;

/**
 * Takes a template apart. Pretty-printed JSON is made one line: line breaks go, with the blanks around them.
 *
 * @throws InvalidTemplateError naming every place that is no template.
 */
export function parseTemplate(source: string): ParsedTemplate {
  if (source.length > maxTemplateLength) {
    const message = `a template of ${source.length} characters, expected at most ${maxTemplateLength}: shorten its texts, or make long ones with {{string.alphanumeric(10000)}}`;
    throw new InvalidTemplateError(source, [{ offset: 0, message }]);
  }
  const parts: (FixedText | Expression)[] = [];
  const problems: TemplateProblem[] = [];
  let expressions = 0;
  const end = source.trimEnd().length;
  let at = source.length - source.replace(/^\uFEFF?\s*/, '').length;
  if (at >= end) {
    problems.push({ offset: 0, message: `the template is empty, expected an event, for example ${example}` });
  }
  while (at < end) {
    const next = source.indexOf('{{', at);
    const textEnd = next === -1 || next > end ? end : next;
    if (textEnd > at) {
      parts.push({ text: source.slice(at, textEnd).replace(lineBreak, ''), offset: at });
      at = textEnd;
      continue;
    }
    expressions += 1;
    const found =
      expressions > maxExpressions
        ? { offset: at, message: `more than ${maxExpressions} expressions: write fixed text instead of some` }
        : readExpression(source, at);
    if ('message' in found) {
      problems.push(found);
      break;
    }
    parts.push(found.expression);
    at = found.end;
  }
  const isJson = /^\s*(?:\[\s*)?\{(?!\{)/.test(source) || isArray(parts);
  for (const { pattern, message } of noText) {
    const offset = source.search(pattern);
    if (offset !== -1) {
      problems.push({ offset, message });
    }
  }
  const breakAt = isJson ? -1 : breakOf(source, parts);
  if (breakAt !== -1) {
    problems.unshift({
      offset: breakAt,
      message:
        'a line break, but an event is one line: put the whole template on one line (only a template that is a JSON object or array may have several)',
    });
  }
  if (problems.length > 0) {
    throw new InvalidTemplateError(source, problems);
  }
  return { isJson, parts };
}

const example = '{"id":"{{random.uuid}}","value":{{random.number(50)}}}';

/** Whether the template is a JSON array: a log line may begin with `[`, too. */
function isArray(parts: ParsedTemplate['parts']): boolean {
  try {
    return Array.isArray(JSON.parse(parts.map((part) => ('text' in part ? part.text : '0')).join('')));
  } catch {
    return false;
  }
}

/** Position of the first line break in the fixed text; -1 without one. */
function breakOf(source: string, parts: ParsedTemplate['parts']): number {
  for (const [place, part] of parts.entries()) {
    const text = 'text' in part ? source.slice(part.offset, parts[place + 1]?.offset).trimEnd() : '';
    const at = text.search(/[\r\n]/);
    if (at !== -1) {
      return part.offset + at;
    }
  }
  return -1;
}

function readExpression(
  source: string,
  offset: number,
): { expression: Expression; end: number } | TemplateProblem {
  nameStart.lastIndex = offset;
  const [head, name] = nameStart.exec(source) ?? ['{{'];
  if (name === undefined) {
    return {
      offset,
      message: `no name of a function after {{, for example {{random.number(50)}}: found ${shown(source.slice(offset))}`,
    };
  }
  let at = offset + head.length;
  let args: readonly unknown[] = [];
  if (source[at] === '(') {
    const close = closingParenthesis(source, at);
    if (close === -1) {
      return { offset: at, message: `the ( after ${name} is never closed: expected ) and }}` };
    }
    const text = source.slice(at + 1, close);
    if (nestingOf(text) > maxNesting) {
      return {
        offset: at + 1,
        message: `the arguments of ${name} are nested deeper than ${maxNesting} brackets: take fewer`,
      };
    }
    try {
      args = JSON.parse(`[${text}]`);
    } catch {
      return {
        offset: at + 1,
        message: `the arguments of ${name} are not JSON: ${shown(text)} - expected numbers, texts in straight double quotes, [lists] or {"name": value}, for example {"min":1,"max":50}`,
      };
    }
    const json = JSON.stringify(args);
    const wrong = noText.find(({ inJson }) => inJson.test(json));
    if (wrong) {
      return { offset: at + 1, message: `the arguments of ${name} have ${wrong.message}` };
    }
    at = close + 1;
  }
  expressionEnd.lastIndex = at;
  const end = expressionEnd.exec(source);
  if (end === null) {
    return {
      offset: at,
      message: `expected }} after ${name}, found ${shown(source.slice(at)) || 'the end'}`,
    };
  }
  const inner = source
    .slice(offset + 2, at)
    .replace(lineBreak, '')
    .trim();
  return { expression: { source: inner, name, args, offset }, end: at + end[0].length };
}

/** Where the parenthesis at `open` is closed; -1 if it is not. Those in texts don't count. */
function closingParenthesis(source: string, open: number): number {
  let [depth, isInText] = [0, false];
  for (let at = open; at < source.length; at += 1) {
    const character = source[at];
    if (isInText) {
      at += Number(character === '\\');
      isInText = character !== '"';
    } else if (character === '"') {
      isInText = true;
    } else if (character === '(') {
      depth += 1;
    } else if (character === ')') {
      depth -= 1;
      if (depth === 0) {
        return at;
      }
    }
  }
  return -1;
}

/** How deep the brackets of JSON are nested, outside of its texts. */
function nestingOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [character] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    depth += '[{'.includes(character) ? 1 : ']}'.includes(character) ? -1 : 0;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

export function shown(text: string): string {
  const line = text.slice(0, 1_000).replace(lineBreak, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
