import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { ProofBuilder } from '../../../lib/proof/proof-builder.ts';
import { createLines, createRun, createStoredObject, cutAt, proveObject } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

const sentMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

interface Events {
  readonly lines: readonly string[];
  readonly createReader: CreateLineReader;
}

const defaultEvents: Events = { lines: createLines(), createReader: createDefaultReader };

/** Events of my-stream/run-1, as the producer sends them. */
function eventsOf(source: string, timeMs = sentMs, count = 100): Events {
  const template = compileTemplate(source);
  const pack = createTemplatePacker(template)('single', 'my-stream', 'run-1');
  const records = pack({ from: 0, to: count }, { dataBytes: 1e8, jsonBytes: 2e8 }, timeMs);
  return {
    lines: records.map(({ data }) => data.toString('latin1')),
    createReader: createTemplateReader(template),
  };
}

const prove = (text: string, { lines, createReader }: Events, cuts: readonly number[] = []) =>
  proveObject(cutAt(Buffer.from(text, 'latin1'), cuts), {
    ...{ isShared: true, createReader },
    runs: [createRun({ to: lines.length })],
  });

const uuidOf = (line: string) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(line)![0];

const templates: readonly (readonly [name: string, events: Events])[] = [
  ['the default template', defaultEvents],
  ['a template', eventsOf('{"id":"{{random.uuid}}","n":{{index}},"at":"{{date.now("DD MMMM x")}}"}')],
  [
    'random text before the UUID',
    eventsOf('{{random.number(5000)}} {{helpers.arrayElement(["a","bbb"])}} {{random.uuid}}'),
  ],
  [
    'times before the UUID',
    eventsOf('{{date.utc("MMMM D, YYYY H:mm:ss")}} of {{date.utc("X")}}: {{random.uuid}}'),
  ],
  ['a UUID and a line break', eventsOf('{{random.uuid}}')],
];

const noise = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef---{":} x\n', 'aaaaaaaa-bbbb-4ccc-8ddd-', '\xff', '\0'),
  maxLength: 60,
});

/** Text of others, whole events, starts and ends of events, and changed events. */
const partsOf = (lines: readonly string[]) =>
  fc.oneof(
    noise,
    fc.nat(lines.length - 1).map((index) => lines[index]!),
    fc
      .tuple(fc.nat(lines.length - 3), fc.nat(3))
      .map(([index, more]) => lines.slice(index, index + more).join('')),
    fc.tuple(fc.nat(lines.length - 1), fc.nat(200)).map(([index, length]) => lines[index]!.slice(0, length)),
    fc.tuple(fc.nat(lines.length - 1), fc.nat(200)).map(([index, from]) => lines[index]!.slice(from)),
    fc.tuple(fc.nat(lines.length - 1), fc.nat(200)).map(([index, at]) => {
      const line = Buffer.from(lines[index]!, 'latin1');
      line[at % line.length]! ^= 0x40;
      return line.toString('latin1');
    }),
  );

/** The same by looking for the bytes of each event. Its UUID elsewhere is corrupt, also where a digit is another event's. */
function findingsOf(text: string, lines: readonly string[]) {
  const copies = lines.map((line) => text.split(line).length - 1);
  const present = copies.filter((count) => count > 0).length;
  const isCorrupt = lines.some((line) => text.replaceAll(line, '\n').includes(uuidOf(line)));
  return { present, copies: copies.reduce((sum, count) => sum + count, 0) - present, isCorrupt };
}

describe.each(templates)('in a shared bucket, events of %s', (_, events) => {
  it('are found wherever their bytes are, and only there, in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.array(partsOf(events.lines), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (parts, cuts) => {
          // Prepare
          const text = parts.join('');

          // Act
          const proof = prove(text, events, cuts);

          // Assess
          const { present, extraCopies } = proof.runs[0]!;
          const isCorrupt = proof.corruptLineCount > 0;
          expect({ present, copies: extraCopies, isCorrupt }).toEqual(findingsOf(text, events.lines));
          expect(prove(text, events)).toEqual(proof);
        },
      ),
      { numRuns: runs(200) },
    );
  });
});

describe('in a shared bucket, an event', () => {
  const [line, next] = defaultEvents.lines as [string, string];
  const template = eventsOf(
    '{{date.utc("D MMMM YYYY HH:mm:ss")}} {{random.uuid}}',
    Date.UTC(2026, 10, 1, 1, 2, 3),
    2,
  );

  it.each([
    ['in the middle of a line', `{"a":1}${line}{"b":2}\n`, { present: 1, corrupt: 0, foreign: 1 }],
    ['directly after another one', `{"a":1}${line}${next}{"b":2}`, { present: 2, corrupt: 0, foreign: 1 }],
    ['between blank lines', `\n${line}\n${next}\n`, { present: 2, corrupt: 0, foreign: 3 }],
    ["inside a neighbour's JSON text", `{"copy":"${line}"}\n`, { present: 1, corrupt: 0, foreign: 1 }],
    [
      'after the start of the same event',
      `${line.slice(0, 50)}${line}`,
      { present: 1, corrupt: 1, foreign: 0 },
    ],
    [
      'that a neighbour escaped',
      `{"copy":${JSON.stringify(line)}}\n`,
      { present: 0, corrupt: 1, foreign: 0 },
    ],
    [
      'that a neighbour names twice',
      `${uuidOf(line)} is ${uuidOf(line)}\n`,
      { present: 0, corrupt: 1, foreign: 0 },
    ],
    ['without its line break', line.trim(), { present: 0, corrupt: 1, foreign: 0 }],
    ['with another byte for its line break', `${line.trim()}x`, { present: 0, corrupt: 1, foreign: 0 }],
    ['that is cut before its UUID ends', line.slice(0, 30), { present: 0, corrupt: 0, foreign: 1 }],
  ])('%s', (_, text, expected) => {
    const { runs, corruptLineCount, foreignLines } = prove(text, defaultEvents);
    expect({ present: runs[0]!.present, corrupt: corruptLineCount, foreign: foreignLines }).toEqual(expected);
  });

  it('has the number of its line when it is corrupt: the line breaks before it, and 1', () => {
    const { corruptLines } = prove(`a\n${line}b\n\n${next.replace('test', 'tost')}`, defaultEvents);
    expect(corruptLines).toMatchObject([{ line: 5, difference: { expected: '":"test-' } }]);
  });

  it('is proven after digits that could belong to its time', () => {
    // "2" and "1 November" may be read as "21 November", which is later than the object.
    const proof = prove(`2${template.lines[0]}1${template.lines[1]}`, template);
    expect(proof).toMatchObject({ complete: true, corruptLineCount: 0 });
  });

  it('counts if the object is damaged behind it, and is not corrupt if the damage cuts it', () => {
    // Prepare
    const builder = new ProofBuilder([createRun({ to: 2 })], createDefaultReader, true);
    const reading = builder.comparison.startObject(createStoredObject());

    // Act
    reading.push(Buffer.from(`x${line}y${next.slice(0, 60)}`));
    reading.abandon('gzip: unexpected end of file');

    // Assess
    const { proof } = builder.evidence('here', 0, false);
    expect(proof).toMatchObject({ runs: [{ present: 1 }], corruptLineCount: 0 });
  });

  it('of nearly 1 MiB is found behind text of any length, in pieces of any size', () => {
    // Prepare
    const large = eventsOf(
      `{{date.utc("MMMM D")}} ${'{{string.alphanumeric(10000)}}'.repeat(90)} {{random.uuid}} ${'y'.repeat(50_000)}`,
      sentMs,
      3,
    );
    const text = `${'z'.repeat(2_000_000)}${large.lines.join('neighbour')}`;
    const cuts = Array.from({ length: 80 }, (_, piece) => piece * 65_536);

    // Act
    const proof = prove(text, large, cuts);

    // Assess
    expect(proof).toMatchObject({ complete: true, foreignLines: 0 });
  });
});
