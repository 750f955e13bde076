import { gzipSync } from 'node:zlib';
import { type ParseError, parse } from 'jsonc-parser';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import { InvalidTemplateError, type TemplateProblem } from '../../lambda/template/errors.ts';
import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { templateFunctions } from '../../lambda/template/functions.ts';
import { findWordFunction } from '../../lambda/template/word-functions.ts';
import { whyNot, wordNames } from '../../lambda/template/word-names.ts';
import { nearestName } from './nearest-name.ts';
import { sampledEvents, sampleEvents } from './sample-events.ts';

/** A valid template, with the sizes of {@link sampledEvents} events, each with its `\n`. */
export interface CheckedTemplate {
  readonly template: EventTemplate;
  readonly isDefault: boolean;
  /** Whether its functions need word lists. */
  readonly needsWords: boolean;
  readonly meanEventBytes: number;
  /** Mean size when they are compressed together, by gzip's fastest level. */
  readonly gzipEventBytes: number;
  readonly maxEventBytes: number;
}

/** Largest event. The largest record of Firehose is slightly larger. */
export const maxEventBytes = 1_000_000;

const newline = 0x0a;
const lineEnd = Buffer.of(newline);

/**
 * Compiles a template and makes 1,000 sample events, to find errors before anything is sent.
 *
 * @throws InvalidTemplateError with each problem and its position.
 */
export function checkTemplate(source: string): CheckedTemplate {
  const template = compileTemplate(source, { findWordFunction, describeUnknown });
  const events: Buffer[] = [];
  for (const pieces of sampleEvents(template)) {
    const event = Buffer.concat(pieces);
    const problem = problemOf(template, event, pieces);
    if (problem) {
      throw new InvalidTemplateError(source, [problem]);
    }
    events.push(event, lineEnd);
  }
  const lines = Buffer.concat(events);
  return {
    template,
    isDefault: source.trim() === defaultTemplate,
    needsWords: template.parts.some(({ isWords }) => isWords),
    meanEventBytes: lines.length / sampledEvents,
    gzipEventBytes: gzipSync(lines, { level: 1 }).length / sampledEvents,
    maxEventBytes: events.reduce((largest, { length }) => Math.max(largest, length), 0) + lineEnd.length,
  };
}

function problemOf(
  template: EventTemplate,
  event: Buffer,
  pieces: readonly Buffer[],
): TemplateProblem | undefined {
  if (event.length >= maxEventBytes) {
    const largest = pieces.reduce(
      (most, piece, place) => (piece.length > pieces[most]!.length ? place : most),
      0,
    );
    return {
      offset: template.parts[largest]!.offset,
      message: `an event of ${event.length + 1} bytes, expected at most ${maxEventBytes}: ${pieces[largest]!.length} bytes of it are from here`,
    };
  }
  const breakAt = event.indexOf(newline);
  if (breakAt !== -1) {
    const { place } = pieceAt(pieces, breakAt);
    return {
      offset: template.parts[place]!.offset,
      message: `a line break in what ${sourceOf(template, place)} made, but an event is one line: take it out`,
    };
  }
  return template.isJson ? jsonProblem(template, event.toString(), pieces) : undefined;
}

function jsonProblem(
  template: EventTemplate,
  event: string,
  pieces: readonly Buffer[],
): TemplateProblem | undefined {
  const errors: ParseError[] = [];
  parse(event, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [error] = errors;
  if (error === undefined) {
    return undefined;
  }
  const { place, from } = pieceAt(pieces, Buffer.byteLength(event.slice(0, error.offset)));
  const { isText, offset } = template.parts[place]!;
  const rendered = JSON.stringify(around(event, error.offset));
  const remedy = isText
    ? 'check commas, quotes and braces'
    : 'put the expression in double quotes, or take another function';
  return {
    offset: offset + (isText ? from : 0),
    message: `the event is not JSON at ${sourceOf(template, place)}, where ${rendered} was rendered: ${remedy}`,
  };
}

/** The piece that has a byte of an event, and the byte's offset in it. */
function pieceAt(pieces: readonly Buffer[], at: number): { place: number; from: number } {
  let from = at;
  for (const [place, { length }] of pieces.entries()) {
    if (from < length || place === pieces.length - 1) {
      return { place, from };
    }
    from -= length;
  }
  return { place: 0, from: 0 };
}

function sourceOf({ parts }: EventTemplate, place: number): string {
  const { isText, source } = parts[place]!;
  return isText ? 'this text' : `{{${source}}}`;
}

function around(text: string, at: number): string {
  return text.slice(Math.max(0, at - 15), at + 15);
}

function describeUnknown(name: string): string {
  const reason = whyNot(name);
  if (reason !== undefined) {
    return `${name} cannot be used: ${reason}`;
  }
  const names = [...Object.keys(templateFunctions), ...wordNames.keys()];
  const { name: nearest } = nearestName(name, names);
  const example = templateFunctions[nearest]?.example ?? nearest;
  return `there is no function ${name}: did you mean ${nearest}, for example {{${example}}}?`;
}
