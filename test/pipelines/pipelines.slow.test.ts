import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressionNames } from '../../lib/emulator/firehose/compressions.ts';
import { createLines, createRun } from '../proof/factories.ts';
import { canary, documentedPrefixes } from '../stack/documented-prefixes.ts';
import { damagedEvent, type Pipeline, runPipeline } from './pipeline.ts';

const json = '{"customer":"a","n":1}';
const neighbours: Readonly<Record<string, readonly (Buffer | string)[]>> = {
  'JSON without line breaks': [json, '{"deep":{"a":[1,2,{"b":"}"}]}}'],
  'JSON with line breaks': [`${json}\n`, '{\n  "pretty": true\n}\n'],
  'JSON with and without line breaks': [json, `${json}\n`, json],
  'text that ends like an event begins': ['a,b,c', '{"', '{"12345678-', '"test-2026-11-22 10:00:00'],
  'blank lines': ['\n', '\n\n', '\r\n'],
  'binary records': [
    Buffer.from([0, 1, 2, 0xff, 0x0a, 0x1f]),
    Buffer.alloc(300, 0xfe),
    Buffer.from('\x1f\x1f\x8b'),
  ],
  'binary records with the start of gzip': [
    Buffer.from('\x1f\x8b\x08\xfe\x1f\x8b\x08\0\xff\xff\xff\xff\xff\xff\x00', 'latin1'),
  ],
  'gzip members': [gzipSync(`${json}\n`), gzipSync(json)],
  UUIDs: ['{"id":"0b9d6c2e-3f52-4d0b-9b1c-6a7f3ad9d8e1"}', '0b9d6c2e-3f52-4d0b-9b1c-6a7f3ad9d8e1'],
  'events of another canary': createLines(createRun({ runId: 'other', to: 3 })).map((line) => line.trimEnd()),
  'one long line': [`{"long":"${'x-'.repeat(100_000)}"}`],
};

const around = (records: readonly (Buffer | string)[]): Pipeline => ({
  before: records,
  between: records,
  after: records,
});

const templates: Readonly<Record<string, string>> = {
  'a JSON template':
    '{"at":"{{date.utc("YYYY-MM-DD HH:mm:ss")}}","n":{{random.number}},"id":"{{random.uuid}}"}',
  'a text template': '{{date.now}} {{random.uuid}} end',
};

const texts: Readonly<Record<string, Pipeline>> = {
  ...Object.fromEntries(Object.entries(neighbours).map(([what, records]) => [what, around(records)])),
  'a neighbour before ours': { before: [json] },
  'neighbours between ours': { between: [json] },
  'a neighbour after ours': { after: [json] },
  'separator before': { ...around([json, `${json}\n`]), separator: 'before' },
  'several objects': { ...around([json]), stream: { bufferingSizeMiB: 0.003 } },
};

const processors: Readonly<Record<string, Pipeline>> = {
  'the delimiter processor': { ...around([json, `${json}\n`]), stream: { appendDelimiter: true } },
};

/** A midnight and the changes of the clocks in time zones. */
const moments: Readonly<Record<string, readonly string[]>> = {
  'Europe/Berlin': ['2026-06-14T22:00:00Z', '2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
  'Australia/Lord_Howe': ['2026-06-14T13:30:00Z', '2026-04-04T15:00:00Z', '2026-10-03T15:30:00Z'],
  'Asia/Calcutta': ['2026-06-14T18:30:00Z'],
  'Asia/Katmandu': ['2026-12-31T18:15:00Z'],
};

const zones = Object.entries(moments).flatMap(([customTimeZone, times]) =>
  times.flatMap((time) =>
    [-60, -1, 1, 60].map((minutes): readonly [string, Pipeline] => {
      const atMs = Date.parse(time) + minutes * 60_000;
      const what = `the time zone ${customTimeZone} at ${new Date(atMs).toISOString()}`;
      return [what, { ...around([json]), stream: { customTimeZone }, atMs }];
    }),
  ),
);

/** The embedded Firehose does not know the year of the week. */
const prefixes = documentedPrefixes.map(([prefix]) => prefix).filter((prefix) => !prefix.includes('YYYY'));

/** A transform of each line, if it is JSON. */
const eachLine =
  (change: (json: object) => string) =>
  (record: Buffer): Buffer =>
    Buffer.from(
      record.toString('latin1').replaceAll(/^[{].*[}]$/gm, (line) => change(JSON.parse(line))),
      'latin1',
    );

const transforms: Readonly<Record<string, Pipeline['transform']>> = {
  'adds a field': eachLine((event) => JSON.stringify({ ...event, processed: true })),
  'writes JSON again, without line breaks': (record) =>
    Buffer.from(
      eachLine((event) => JSON.stringify(event, undefined, 1))(record)
        .toString()
        .replaceAll('\n', ' '),
    ),
  'wraps it': eachLine((event) => JSON.stringify({ detail: JSON.stringify(event) })),
};

const formats = ['ndjson', 'single', 'gzip'] as const;

const withEachFormat = ([what, row]: readonly [string, Pipeline]) => [
  ...formats.map((recordFormat) => [`${what}, ${recordFormat}`, { recordFormat, ...row }] as const),
  ...Object.entries(templates).map(([name, template]) => [`${what}, ${name}`, { template, ...row }] as const),
];

const table: readonly (readonly [string, Pipeline])[] = [
  ...Object.entries(texts).flatMap(withEachFormat),
  ...Object.entries(processors).flatMap(withEachFormat),
  ...compressionNames.flatMap((compression) =>
    withEachFormat([compression, { ...around([json]), stream: { compression } }]),
  ),
  ...prefixes.map((prefix): readonly [string, Pipeline] => [
    `the prefix "${prefix}"`,
    { ...around([json]), stream: { prefix, partitionKeys: canary } },
  ]),
  ...zones,
];

const clean = { verdict: 'proven', eventsLate: 0, eventsLost: 0, linesCorrupt: 0, unreadObjects: [] };
const letters = [{ runId: 'run-1', from: damagedEvent, to: damagedEvent + 1 }];
const missing = [[damagedEvent, damagedEvent + 1]];
const waiting = { ...clean, verdict: 'waiting', eventsLate: 1 };
const expected = {
  complete: {
    first: clean,
    dayAfter: undefined,
    letters: [],
    verify: { word: 'COMPLETE', status: 0, missing: [], corrupt: 0 },
  },
  removed: {
    first: waiting,
    dayAfter: expect.objectContaining({ verdict: 'lost', eventsLost: 1 }),
    letters,
    verify: { word: 'INCOMPLETE', status: 1, missing, corrupt: 0 },
  },
  changed: {
    first: { ...waiting, linesCorrupt: 1 },
    dayAfter: expect.objectContaining({ verdict: 'lost', eventsLost: 1 }),
    letters,
    verify: { word: 'INCOMPLETE', status: 1, missing, corrupt: 1 },
  },
};

describe.each(table)('a pipeline with %s', (_, pipeline) => {
  it('proves what arrived', async () => {
    expect(await runPipeline(pipeline)).toEqual(expected.complete);
  });

  it('misses an event that did not arrive', async () => {
    expect(await runPipeline(pipeline, 'removed')).toEqual(expected.removed);
  });

  it('reports an event of other bytes', async () => {
    expect(await runPipeline(pipeline, 'changed')).toEqual(expected.changed);
  });
});

/** Formats that cannot be read, with the start of such an object and what the reason says. */
const unreadable: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ...(
    [
      ['Parquet', 'PAR1\x15\x04\x15\x10'],
      ['ORC', 'ORC\x11\x00\x0a\x06'],
      ['Avro', 'Obj\x01\x04\x14avro'],
      ['Zstandard', '\x28\xb5\x2f\xfd\x04\x58'],
      ['bzip2', 'BZh91AY&SY'],
      ['xz', '\xfd7zXZ\0'],
      ['LZ4', '\x04\x22\x4d\x18'],
      ['Snappy (framing format)', '\xff\x06\0\0sNaPpY'],
    ] as const
  ).map(([format, start]): readonly [string, (bytes: Buffer) => Buffer] => [
    format,
    (bytes) => Buffer.concat([Buffer.from(start, 'latin1'), bytes.map((byte) => byte ^ 0x55)]),
  ]),
  ['damaged: gzip', (bytes) => gzipSync(bytes).subarray(0, gzipSync(bytes).length / 2)],
  ['damaged: ZIP', (bytes) => Buffer.concat([Buffer.from('PK\x03\x04\x14\0\x01\0\x08\0'), bytes])],
];

describe.each(unreadable)('a bucket with objects that are %s', (reason, convert) => {
  const unreadObjects = [expect.stringContaining(reason)];
  const unproven = expect.objectContaining({
    verdict: 'unproven',
    eventsLost: 0,
    linesCorrupt: 0,
    unreadObjects,
  });

  it('proves what arrived in others', async () => {
    const found = await runPipeline({ neighbour: convert(Buffer.from(json.repeat(99))) });
    expect(found).toEqual({ ...expected.complete, first: { ...clean, unreadObjects } });
  });

  it('does not call an event lost that may be in them', async () => {
    const found = await runPipeline({ neighbour: convert(Buffer.from(json.repeat(99))) }, 'removed');
    expect(found).toEqual({
      first: { ...waiting, unreadObjects },
      dayAfter: unproven,
      letters,
      verify: { word: 'UNPROVEN', status: 2, missing, corrupt: 0 },
    });
  });

  it('does not call events lost that are in them', async () => {
    const { first, dayAfter, verify } = await runPipeline({ ...around([json]), convert });
    expect(first).toMatchObject({ verdict: 'waiting', linesCorrupt: 0 });
    expect(dayAfter).toEqual(unproven);
    expect(verify).toMatchObject({ word: 'UNPROVEN', status: 2, corrupt: 0 });
  });
});

describe.each(
  Object.entries(transforms).flatMap(([what, transform]) =>
    [undefined, templates['a JSON template']!].map((template): readonly [string, Pipeline] => [
      `${what}, ${template ?? 'the default template'}`,
      { ...around([json, `${json}\n`]), transform, template, match: 'id' },
    ]),
  ),
)('a pipeline with a transform that %s', (_, pipeline) => {
  it.each(['ndjson', 'single'] as const)('proves the ids that arrived: %s', async (recordFormat) => {
    expect(await runPipeline({ ...pipeline, recordFormat })).toEqual(expected.complete);
  });

  it.each(['ndjson', 'single'] as const)('misses an id that did not arrive: %s', async (recordFormat) => {
    expect(await runPipeline({ ...pipeline, recordFormat }, 'removed')).toEqual(expected.removed);
  });

  it('takes an event of other bytes for the one of its id', async () => {
    expect(await runPipeline(pipeline, 'changed')).toEqual(expected.complete);
  });

  it('is corrupt if an event needs all of its bytes', async () => {
    const { first, verify } = await runPipeline({ ...pipeline, match: 'bytes' });
    expect([first.verdict, first.linesCorrupt, verify.word]).toEqual(['waiting', 100, 'UNPROVEN']);
  });
});
