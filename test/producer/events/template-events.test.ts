import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordFormats } from '../../../lambda/contract/record-format.ts';
import { fullRecordBytes, maxEventsPerRecord, targets } from '../../../lambda/contract/targets.ts';
import { createUuidSource } from '../../../lambda/producer/events/events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import { base64Bytes } from '../../../lambda/producer/packing/records.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { findWordFunction } from '../../../lambda/template/word-functions.ts';
import { runs } from '../../property-runs.ts';
import { randomTemplate } from '../../simulation/worlds/random-template.ts';
import { requestsOf, textOf, timeMs } from '../factories.ts';

const examples = readdirSync('docs/events').map((file) => readFileSync(`docs/events/${file}`, 'utf8'));

const compile = (source: string) => compileTemplate(source, { findWordFunction });

/** The lines of a slice of my-stream/run-1, piece by piece. */
function linesOf(source: string, from: number, to: number): string {
  const run = compile(source).startRun('my-stream', 'run-1');
  const uuids = createUuidSource('my-stream', 'run-1', from)(to - from);
  const lines = Array.from({ length: to - from }, (_, place) =>
    Buffer.concat(run.pieces(from + place, uuids.subarray(place * 16), timeMs)).toString(),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** Events of any size, from a few bytes to more than a request of the smallest size has. */
const templates = fc.oneof(
  fc.constantFrom(...examples),
  fc.integer({ min: 1, max: 1e6 }).map(randomTemplate),
  fc
    .integer({ min: 1, max: 12 })
    .map(
      (times) => `{{random.uuid}}${'{{string.alphanumeric(10000)}}'.repeat(times)}{{random.number(1000)}}`,
    ),
  fc.integer({ min: 1, max: 2_000 }).map((length) => `{{random.uuid}}${'x'.repeat(length)}`),
);

describe('the records of a template', () => {
  it('have each event of the slice once, whole and in order, within the limits of Firehose', () => {
    fc.assert(
      fc.property(
        templates,
        fc.constantFrom(...recordFormats),
        fc.nat(1e9),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 65_536, max: 1_000_000 }),
        (source, recordFormat, from, length, maxRequestBytes) => {
          // Prepare
          const count = source.includes('alphanumeric(') ? Math.ceil(length / 20) : length;
          const slice = { from, to: from + count };

          // Act
          const requests = requestsOf({
            slice,
            recordFormat,
            maxRequestBytes,
            createPacker: createTemplatePacker(compile(source)),
          });

          // Assess
          const records = requests.flat();
          expect(records.map((record) => textOf(record, recordFormat)).join('')).toBe(
            linesOf(source, slice.from, slice.to),
          );
          expect(records[0]!.from).toBe(slice.from);
          expect(records.at(-1)!.to).toBe(slice.to);
          for (const [place, record] of records.entries()) {
            const { from: first, to, data } = record;
            expect(first).toBe(records[place - 1]?.to ?? slice.from);
            expect(textOf(record, recordFormat).split('\n')).toHaveLength(to - first + 1);
            expect(
              recordFormat === 'gzip' || to - first <= (recordFormat === 'single' ? 1 : maxEventsPerRecord),
            ).toBe(true);
            expect(data.length <= fullRecordBytes || to - first === 1).toBe(true);
          }
          for (const request of requests) {
            expect(request.length).toBeLessThanOrEqual(targets.firehose.maxRecordsPerRequest);
            const bytes = request.reduce((sum, { data }) => sum + base64Bytes(data.length), 0);
            expect(bytes <= maxRequestBytes || request.length === 1).toBe(true);
          }
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it.each([40, 100, 300, 1_000])('of %i bytes end just under a multiple of what Firehose bills', (bytes) => {
    // Prepare
    const source = `{{random.uuid}}${'x'.repeat(bytes - 37)}`;

    // Act
    const records = requestsOf({
      slice: { from: 0, to: 20_000 },
      createPacker: createTemplatePacker(compile(source)),
    }).flat();

    // Assess: but for the last one, of what was left
    for (const { from, to, data } of records.slice(0, -1)) {
      const unused =
        Math.ceil(data.length / targets.firehose.billingUnitBytes) * targets.firehose.billingUnitBytes -
        data.length;
      expect(unused < bytes || to - from === maxEventsPerRecord).toBe(true);
    }
    const billed = records.reduce(
      (sum, { data }) => sum + Math.ceil(data.length / targets.firehose.billingUnitBytes),
      0,
    );
    expect((billed * targets.firehose.billingUnitBytes) / (20_000 * bytes)).toBeLessThan(1.06);
  });

  it('are joined gzip members that any reader takes for one file', () => {
    // Act
    const records = requestsOf({
      slice: { from: 0, to: 20_000 },
      recordFormat: 'gzip',
      createPacker: createTemplatePacker(compile(examples[0]!)),
    }).flat();

    // Assess
    expect(records.length).toBeGreaterThan(1);
    expect(gunzipSync(Buffer.concat(records.map(({ data }) => data))).toString()).toBe(
      linesOf(examples[0]!, 0, 20_000),
    );
  });
});

describe('the lines of a run', () => {
  it.each(examples.map((source, place) => [place, source]))(
    'are the same as one slice, as a hundred, and sent twice: template %i',
    (_, source) => {
      // Prepare
      const createPacker = createTemplatePacker(compile(source));
      const send = (from: number, to: number) =>
        requestsOf({ slice: { from, to }, createPacker })
          .flat()
          .map((record) => textOf(record, 'ndjson'))
          .join('');

      // Act
      const [once, again] = [send(0, 2_000), send(0, 2_000)];
      const slices = Array.from({ length: 100 }, (__, place) => send(place * 20, (place + 1) * 20));

      // Assess
      expect(again).toBe(once);
      expect(slices.join('')).toBe(once);
    },
  );
});
