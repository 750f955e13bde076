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

/** A line break, with the indentation. */
const lineBreak = /\s*[\r\n]\s*/g;

const nameStart = /\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?\s*/y;
const expressionEnd = /\s*\}\}/y;

/**
 * Takes a template apart. Pretty-printed JSON is made one line: line breaks go, with the blanks around them.
 *
 * @throws InvalidTemplateError naming every place that is no template.
 */
export function parseTemplate(source: string): ParsedTemplate {
  const isJson = /^\uFEFF?\s*\{(?!\{)/.test(source);
  const parts: (FixedText | Expression)[] = [];
  const problems: TemplateProblem[] = [];
  const end = source.trimEnd().length;
  let at = source.length - source.replace(/^\uFEFF?\s*/, '').length;
  if (at >= end) {
    problems.push({ offset: 0, message: `the template is empty, expected an event, for example ${example}` });
  }
  while (at < end) {
    const next = source.indexOf('{{', at);
    const textEnd = next === -1 || next > end ? end : next;
    if (textEnd > at) {
      parts.push(fixedText(source.slice(at, textEnd), at, isJson, problems));
      at = textEnd;
      continue;
    }
    const found = readExpression(source, at);
    if ('message' in found) {
      problems.push(found);
      break;
    }
    parts.push(found.expression);
    at = found.end;
  }
  if (problems.length > 0) {
    throw new InvalidTemplateError(source, problems);
  }
  return { isJson, parts };
}

const example = '{"id":"{{random.uuid}}","value":{{random.number(50)}}}';

function fixedText(text: string, offset: number, isJson: boolean, problems: TemplateProblem[]): FixedText {
  const breakAt = text.search(/[\r\n]/);
  if (!isJson && breakAt !== -1) {
    problems.push({
      offset: offset + breakAt,
      message:
        'a line break, but an event is one line: put the whole template on one line (only a template that is a JSON object may have several)',
    });
  }
  return { text: text.replace(lineBreak, ''), offset };
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
    try {
      args = JSON.parse(`[${text}]`);
    } catch {
      return {
        offset: at + 1,
        message: `the arguments of ${name} are not JSON: ${shown(text)} - expected numbers, texts in double quotes, [lists] or {"name": value}, for example {"min":1,"max":50}`,
      };
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

export function shown(text: string): string {
  const line = text.replace(lineBreak, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
