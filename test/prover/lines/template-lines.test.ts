import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { findWordFunction } from '../../../lambda/template/word-functions.ts';
import { createRun, proveObject } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

const folder = new URL('../../../docs/events/', import.meta.url);
const examples = readdirSync(folder).map(
  (name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const,
);

const sentMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

/** The lines of a slice of my-stream/run-1, as the producer sends them. */
function linesOf(source: string, from: number, to: number, timeMs = sentMs): Buffer {
  const createPacker = createTemplatePacker(compileTemplate(source, { findWordFunction }));
  const packRecords = createPacker('ndjson', 'my-stream', 'run-1');
  const records: Buffer[] = [];
  for (let next = from; next < to; ) {
    const batch = packRecords({ from: next, to }, { dataBytes: 1e6, jsonBytes: 2e6 }, timeMs);
    records.push(...batch.map(({ data }) => data));
    next = batch.at(-1)!.to;
  }
  return Buffer.concat(records);
}

/** The proof on an object that is read in pieces of `cut` bytes. */
function prove(source: string, count: number, lines: Buffer, { cut = lines.length, isShared = false } = {}) {
  const template = compileTemplate(source, { findWordFunction });
  const pieces: Buffer[] = [];
  for (let at = 0; at < lines.length; at += cut) {
    pieces.push(lines.subarray(at, at + cut));
  }
  return proveObject(pieces, {
    runs: [createRun({ to: count })],
    createReader: createTemplateReader(template),
    isShared,
  });
}

describe.each(examples)('the events of docs/events/%s', (_, source) => {
  it('are all found, in pieces of any size, with any times and in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 400 }), (cut, middle) => {
        // Prepare
        const lines = Buffer.concat([
          linesOf(source, middle, 500, sentMs + 7),
          linesOf(source, 0, middle, sentMs + 5_000),
        ]);

        // Act
        const proof = prove(source, 500, lines, { cut });

        // Assess
        expect(proof).toMatchObject({ complete: true, corruptLineCount: 0, foreignLines: 0 });
      }),
      { numRuns: runs(20) },
    );
  });

  it('are not complete when any byte is changed, unless the result is another valid time', () => {
    // Prepare
    const template = compileTemplate(source, { findWordFunction });
    const line = linesOf(source, 7, 8);
    const lines = linesOf(source, 0, 20);
    const start = lines.indexOf(line);
    const uuid = Buffer.from(/[0-9a-f-]{36}/.exec(line.toString())![0].replaceAll('-', ''), 'hex');
    const pieces = template.startRun('my-stream', 'run-1').pieces(7, uuid, sentMs);
    const isTime = pieces.flatMap(({ length }, place) =>
      Array.from({ length }, () => template.parts[place]!.timeFormat !== undefined),
    );
    for (let at = 0; at < line.length; at += 1) {
      const changed = Buffer.from(lines);
      changed[start + at]! ^= isTime[at] ? 0x40 : 1;

      // Act
      const { complete } = prove(source, 20, changed);

      // Assess
      expect(complete, `byte ${at} of ${line}`).toBe(false);
    }
  });
});

describe('a valid line is proven', () => {
  it.each([
    [
      'with a time of more than 400 bytes',
      `{{random.uuid}} {{date.utc("${'MMMM '.repeat(30)}${'L'.repeat(39)}")}}`,
    ],
    ['with a time that is not ASCII', `{{random.uuid}} {{date.utc("${'€ zz'.repeat(50)}")}}`],
    ['behind a fixed UUID that overlaps', 'aaaaaaaa-bbbb-4ccc-8ddd-{{random.uuid}}'],
    ['behind a fixed UUID that ends in it', 'aaaaaaaa-bbbb-4ccc-8ddd-aaaa{{random.uuid}}'],
    ['before more hex digits', '{{random.uuid}}-bbbb-4ccc-8ddd-aaaaaaaaaaaa'],
    ['behind another UUID', 'aaaaaaaa-bbbb-4ccc-8ddd-aaaaaaaaaaaa-{{random.uuid}}'],
  ])('%s', (_, source) => {
    // Act
    const proof = prove(source, 300, linesOf(source, 0, 300));

    // Assess
    expect(proof).toMatchObject({ complete: true, corruptLineCount: 0, foreignLines: 0 });
  });
});

describe('a line with the UUID of an event', () => {
  it.each([
    ['"sensor":5', '{{random.number({"min":1,"max":50})}}'],
    ['"state":"FALSE"', 'random.weightedArrayElement'],
    ['"at":"2026-02-30T01:02:03.456+00:00"', 'time'],
    ['"at":"2027-11-22T01:02:03.456+00:00"', 'time'],
    ['"at":"yesterday"', 'time'],
    ['"Sensor":1', 'text'],
  ])('is corrupt with %s, and the proof names the part', (field, part) => {
    // Prepare
    const source = readFileSync(new URL('iot-sensor.json', folder), 'utf8');
    const line = linesOf(source, 0, 1).toString();
    const name = /"(\w+)"/.exec(field)![1]!.toLowerCase();
    const changed = line.replace(new RegExp(`"${name}":("[^"]*"|[^,}]*)`), field);

    // Act
    const { corruptLines, corruptLineCount, runs } = prove(source, 1, Buffer.from(changed));

    // Assess
    expect(corruptLineCount).toBe(1);
    expect(runs[0]!.missing).toBe(1);
    expect(JSON.stringify(corruptLines[0]!.difference)).toContain(
      part === 'time' ? 'date.now' : part.replaceAll('"', '\\"'),
    );
  });

  it.each([false, true])('that continues after its end is corrupt, in a shared bucket: %s', (isShared) => {
    // Prepare
    const source = '{{random.uuid}},{{index}}';
    const lines = linesOf(source, 0, 3).toString();

    // Act
    const proof = prove(source, 3, Buffer.from(lines.replace(',1\n', ',1,\n')), { isShared });

    // Assess
    expect(proof.corruptLines).toEqual([
      {
        object: 'events/object-1',
        line: 2,
        difference: { part: 'the end of the line', expected: '', found: ',' },
      },
    ]);
  });
});

describe('a line without the UUID of an event', () => {
  it.each([
    ['of another run', 'ffffffff-ffff-4fff-bfff-ffffffffffff,7\n', false, 'foreign'],
    ['without any UUID', 'hello,7\n', false, 'corrupt'],
    ['of somebody else', 'hello,7\n', true, 'foreign'],
    ['that is longer than any event', `${'x'.repeat(1_100_000)}\n`, false, 'corrupt'],
    ['that never ends', 'x'.repeat(1_100_000), false, 'corrupt'],
    ['that is empty', '\n', false, 'corrupt'],
  ])('%s: %#', (_, line, isShared, expected) => {
    // Prepare
    const source = '{{random.uuid}},{{index}}';
    const [events, more] = [linesOf(source, 0, 3), linesOf(source, 3, 5)];
    const isOpen = !line.endsWith('\n');

    // Act
    const bytes = Buffer.concat([
      events,
      ...(isOpen ? [more] : []),
      Buffer.from(line),
      ...(isOpen ? [] : [more]),
    ]);
    const proof = prove(source, 5, bytes, { cut: 1_000, isShared });

    // Assess
    expect(proof.runs[0]).toMatchObject({ present: 5, duplicated: 0 });
    expect({ foreign: proof.foreignLines, corrupt: proof.corruptLineCount }).toEqual({
      foreign: Number(expected === 'foreign'),
      corrupt: Number(expected === 'corrupt'),
    });
  });
});
