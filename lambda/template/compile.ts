import type { WordFunction } from './draw.ts';
import { ArgumentsError, InvalidTemplateError, type TemplateProblem } from './errors.ts';
import { type EventTemplate, Renderer } from './event-template.ts';
import { templateFunctions } from './functions.ts';
import { type Expression, type ParsedTemplate, parseTemplate, shown } from './parse.ts';
import type { Part, PartValue } from './part.ts';
import { writeBytes, writeText } from './write-text.ts';

export interface CompileOptions {
  /** Finds a function that needs word lists. @default - no word lists */
  readonly findWordFunction?: (name: string) => WordFunction | undefined;
  /** The message for an unknown function. @default - that there is no such function */
  readonly describeUnknown?: (name: string) => string;
}

/** Maximum number of problems in a message. */
const maxProblems = 9;

/** Separators that are invisible in a message. */
const separatorNames: Readonly<Record<string, string>> = { ' ': 'a blank and ', '\t': 'a tab and ' };

const uuidExpression = '{{random.uuid}}';

/**
 * Compiles a template, once for all of its events.
 *
 * @param source One line, or a JSON object of several, with expressions such as `{{random.number(50)}}`: one of them the UUID.
 * @throws InvalidTemplateError naming everything that is wrong, and where.
 */
export function compileTemplate(source: string, options: CompileOptions = {}): EventTemplate {
  const parsed = parseTemplate(source);
  const { isJson } = parsed;
  const problems: TemplateProblem[] = [];
  const parts: Part[] = [];
  for (const part of parsed.parts) {
    const { offset } = part;
    if ('text' in part) {
      const bytes = Buffer.from(part.text);
      const write: Part['write'] = (target, at) => writeBytes(target, at, bytes);
      parts.push({ source: part.text, isText: true, offset, write });
      continue;
    }
    try {
      parts.push({ source: part.source, isText: false, offset, ...bind(part, isJson, options) });
    } catch (error) {
      if (!(error instanceof ArgumentsError)) {
        throw error;
      }
      problems.push({ offset, message: error.message });
      if (problems.length === maxProblems) {
        problems.push({ offset: offset + 2, message: 'the rest was not checked: correct these first' });
        break;
      }
    }
  }
  const uuids = parts.filter(({ isUuid }) => isUuid);
  if (uuids.length > 1) {
    const message = `a second UUID: exactly one is the event's identity. Take another function here, for example {{string.alphanumeric(20)}}`;
    problems.push({ offset: uuids[1]!.offset, message });
  }
  if (uuids.length === 0 && problems.length === 0) {
    problems.push(withoutUuid(source, parsed));
  }
  if (problems.length > 0) {
    throw new InvalidTemplateError(source, problems);
  }
  return {
    source,
    isJson,
    parts,
    startRun: (deliveryStreamName, runId) => new Renderer(parts, deliveryStreamName, runId),
  };
}

/** @throws ArgumentsError if there is no such function, or it has other arguments. */
function bind({ name, args, source }: Expression, isJson: boolean, options: CompileOptions): PartValue {
  const own = Object.hasOwn(templateFunctions, name) ? templateFunctions[name] : undefined;
  if (own !== undefined) {
    const value = own.bind(args, isJson);
    if (value === undefined) {
      const { expected, example } = own;
      throw new ArgumentsError(
        `wrong arguments in {{${shown(source)}}}: expected ${expected}, for example {{${example}}}`,
      );
    }
    return value;
  }
  const wordFunction = options.findWordFunction?.(name);
  if (wordFunction === undefined) {
    throw new ArgumentsError(options.describeUnknown?.(name) ?? `there is no function ${shown(name)}`);
  }
  const wordsOf = wordFunction(args);
  // Words may hold quotes and line breaks, of which an event must not fall apart.
  const inEvent = isJson
    ? (words: string) => JSON.stringify(words).slice(1, -1)
    : (words: string) => words.replace(/[\r\n]+/g, ' ');
  return {
    isRandom: true,
    isWords: true,
    write: (target, at, draw) => writeText(target, at, inEvent(wordsOf(draw.words()))),
  };
}

/** The problem of a template without a UUID, with the text to insert. */
function withoutUuid(source: string, { isJson, parts }: ParsedTemplate): TemplateProblem {
  const [json, start = ''] = /^\s*(\[\s*\{(?!\{)|\[|\{)\s*/.exec(source) ?? [''];
  if (isJson) {
    const rest = source.slice(json.length);
    const uuid = start.endsWith('{') ? `"eventId":"${uuidExpression}"` : `"${uuidExpression}"`;
    const [firstLine = ''] = json.trim().includes('\n') || json.endsWith('\n') ? [] : rest.split(/[\r\n]/, 1);
    const comma = /^[}\]]/.test(rest) ? '' : ',';
    return {
      offset: json.indexOf(start),
      message: `no UUID, which is the event's identity: put one in, so that the template begins with ${start.replace(/\s/g, '')}${uuid}${comma}${firstLine.slice(0, 200)}`,
    };
  }
  const texts = parts.map((part) => ('text' in part ? part.text : '')).join('');
  const separator = /[,;\t|]/.exec(texts)?.[0] ?? ' ';
  return {
    offset: source.trimEnd().length,
    message: `no UUID, which is the event's identity: append ${separatorNames[separator] ?? separator}${uuidExpression}`,
  };
}
