import { gzipSync } from 'node:zlib';
import type { LineListener } from '../../lambda/prover/comparison/line-reader.ts';
import { RunEvents } from '../../lambda/prover/comparison/run-events.ts';
import { UuidFilter } from '../../lambda/prover/comparison/uuid-filter.ts';
import { createTemplateReader } from '../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import { InvalidTemplateError, type TemplateProblem } from '../../lambda/template/errors.ts';
import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { templateFunctions } from '../../lambda/template/functions.ts';
import { shown } from '../../lambda/template/parse.ts';
import type { Part } from '../../lambda/template/part.ts';
import { findWordFunction } from '../../lambda/template/word-functions.ts';
import { whyNot, wordNames } from '../../lambda/template/word-names.ts';
import { JsonReader } from './json-reader.ts';
import { nearestName } from './nearest-name.ts';
import { edgeTimes, sampleEvents, sampleRun } from './sample-events.ts';

/** A valid template, with the sizes of sample events, each with its `\n`. */
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

const lineEnd = Buffer.from('\n');

/** Word functions that write numbers of JSON, without leading zeros. */
const numbersWithoutQuotes = new Set([
  ...['commerce.price', 'finance.amount', 'internet.httpStatusCode', 'airline.flightNumber'],
  ...['location.buildingNumber', 'location.latitude', 'location.longitude'],
]);

/**
 * Compiles a template and finds errors before anything is sent. It decides by each text that an expression can write: its choices,
 * numbers at their bounds, and times with and without leading zeros. Words, which have any text, need quotes in JSON.
 *
 * @throws InvalidTemplateError with each problem and its position.
 */
export function checkTemplate(source: string): CheckedTemplate {
  const template = compileTemplate(source, { findWordFunction, describeUnknown });
  const samples = [...sampleEvents(template)];
  const texts = template.parts.map((part, place) => textsOf(part, place, samples));
  const problem =
    sizeProblem(template, texts) ??
    lineBreakProblem(template, texts) ??
    (template.isJson ? jsonProblem(template, texts) : undefined) ??
    proofProblem(template);
  if (problem) {
    throw new InvalidTemplateError(source, [problem]);
  }
  const lines = samples.map((pieces) => Buffer.concat([...pieces, lineEnd]));
  return {
    template,
    isDefault: source.trim() === defaultTemplate,
    needsWords: template.parts.some(({ isWords }) => isWords),
    meanEventBytes: Buffer.concat(lines).length / lines.length,
    gzipEventBytes: gzipSync(Buffer.concat(lines), { level: 1 }).length / lines.length,
    maxEventBytes: Math.max(...lines.map(({ length }) => length)),
  };
}

/** Those of each part. */
type Texts = readonly ReturnType<typeof textsOf>[];

/** Texts of a part: samples, and each of its forms. */
function textsOf(part: Part, place: number, samples: readonly Buffer[][]): readonly string[] {
  const { choices = [], edges, timeFormat, isWords, source } = part;
  const name = wordNames.get(source.split(/[\s(]/, 1)[0]!) ?? '';
  const isNumber = numbersWithoutQuotes.has(name) && !/autoFormat|addLeadingZeros/.test(source);
  return [
    ...new Set([
      ...samples.map((pieces) => pieces[place]!.toString()),
      ...choices,
      ...(edges?.() ?? []),
      ...(timeFormat ? edgeTimes.map((timeMs) => timeFormat.format(timeMs)) : []),
      ...(isWords && !isNumber ? ['any words'] : []),
    ]),
  ];
}

function sizeProblem({ parts }: EventTemplate, texts: Texts): TemplateProblem | undefined {
  const sizes = texts.map((some) => some.reduce((most, text) => Math.max(most, Buffer.byteLength(text)), 0));
  const size = sizes.reduce((sum, bytes) => sum + bytes, lineEnd.length);
  const largest = Math.max(...sizes);
  return size > maxEventBytes
    ? {
        offset: parts[sizes.indexOf(largest)]!.offset,
        message: `an event of ${size} bytes, expected at most ${maxEventBytes}: ${largest} bytes of it are from here`,
      }
    : undefined;
}

function lineBreakProblem({ parts }: EventTemplate, texts: Texts): TemplateProblem | undefined {
  const place = texts.findIndex((some) => some.some((text) => /[\r\n]/.test(text)));
  return (
    parts[place] && {
      offset: parts[place].offset,
      message: `a line break in what {{${shown(parts[place].source)}}} made, but an event is one line: take it out`,
    }
  );
}

function jsonProblem({ source, parts }: EventTemplate, texts: Texts): TemplateProblem | undefined {
  const reader = new JsonReader();
  const end = source.trimEnd().length;
  for (const [place, part] of parts.entries()) {
    const { isText, offset } = part;
    // With its line breaks, so that the place is right.
    const fixed = source.slice(offset, parts[place + 1]?.offset ?? end);
    const failure = reader.read(isText ? [fixed] : texts[place]!);
    if (failure !== undefined) {
      const { text, at, reason } = failure;
      const rendered = JSON.stringify(text.slice(Math.max(0, at - 15), at + 15));
      const remedy = isText
        ? 'check commas, quotes and braces'
        : 'put the expression in double quotes, or take another function';
      const from = isText ? 'this text' : `{{${shown(part.source)}}}`;
      const message = reason ?? `the event is not JSON at ${from}, where ${rendered} was rendered: ${remedy}`;
      return { offset: offset + (isText ? at : 0), message };
    }
  }
  return reader.isComplete
    ? undefined
    : { offset: end, message: 'the event is not JSON at its end: check its quotes, and close its braces' };
}

/** Proves sample events as the prover does, at times of all kinds. */
function proofProblem(template: EventTemplate): TemplateProblem | undefined {
  const run = new RunEvents(sampleRun, [{ from: 0, to: edgeTimes.length }]);
  const expected = { runs: [run], filter: new UuidFilter([run]), isShared: false };
  const createReader = createTemplateReader(template);
  const reasons = ['its UUID is not found'];
  const listener: LineListener = {
    onEvent: (segment, index) => segment.see(index),
    onForeign: () => {},
    onCorrupt: (_line, _hasUuid, difference) =>
      difference && reasons.unshift(`${difference.part} is read as ${difference.found}`),
  };
  const events = [...sampleEvents(template, edgeTimes, edgeTimes.length)];
  for (const [index, pieces] of events.entries()) {
    const latestMs = edgeTimes[index]!;
    const reader = createReader({ ...expected, earliestMs: latestMs - 1_000, latestMs }, listener);
    reader.push(Buffer.concat([...pieces, lineEnd]));
    reader.end();
  }
  return run.segments[0]!.present === events.length
    ? undefined
    : {
        offset: template.parts.find(({ isUuid }) => isUuid)!.offset,
        message: `sample events cannot be proven, because ${reasons[0]}: put other text around the UUID, or use another format`,
      };
}

function describeUnknown(name: string): string {
  const reason = whyNot(name);
  if (reason !== undefined) {
    return `${name} cannot be used: ${reason}`;
  }
  const names = [...Object.keys(templateFunctions), ...wordNames.keys()];
  const { name: nearest } = nearestName(name.slice(0, 60), names);
  const example = templateFunctions[nearest]?.example ?? nearest;
  return `there is no function ${shown(name)}: did you mean ${nearest}, for example {{${example}}}?`;
}
