import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
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
  'several objects': { ...around([json]), stream: { bufferingSizeMiB: 0.003 } },
};

const processors: Readonly<Record<string, Pipeline>> = {
  'the delimiter processor': { ...around([json, `${json}\n`]), stream: { appendDelimiter: true } },
  'separator before': { ...around([json, `${json}\n`]), separator: 'before' },
};

const compressions = ['GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'] as const;

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

const formats = ['ndjson', 'single', 'gzip'] as const;

const withEachFormat = ([what, row]: readonly [string, Pipeline]) => [
  ...formats.map((recordFormat) => [`${what}, ${recordFormat}`, { recordFormat, ...row }] as const),
  ...Object.entries(templates).map(([name, template]) => [`${what}, ${name}`, { template, ...row }] as const),
];

const table: readonly (readonly [string, Pipeline])[] = [
  ...Object.entries(texts).flatMap(withEachFormat),
  ...Object.entries(processors).flatMap(withEachFormat),
  ...compressions.flatMap((compression) =>
    withEachFormat([compression, { ...around([json]), stream: { compression } }]),
  ),
  ...prefixes.map((prefix): readonly [string, Pipeline] => [
    `the prefix "${prefix}"`,
    { ...around([json]), stream: { prefix, partitionKeys: canary } },
  ]),
  ...zones,
];

const clean = { verdict: 'proven', eventsLate: 0, linesCorrupt: 0, unreadObjects: [] };
const letters = [{ runId: 'run-1', from: damagedEvent, to: damagedEvent + 1 }];
const missing = [[damagedEvent, damagedEvent + 1]];
const waiting = { verdict: 'waiting', eventsLate: 1, linesCorrupt: 0, unreadObjects: [] };
const expected = {
  complete: {
    first: clean,
    dayAfter: undefined,
    letters: [],
    verify: { word: 'COMPLETE', status: 0, missing: [], corrupt: 0 },
  },
  removed: {
    first: waiting,
    dayAfter: expect.objectContaining({ verdict: 'lost' }),
    letters,
    verify: { word: 'INCOMPLETE', status: 1, missing, corrupt: 0 },
  },
  changed: {
    first: { ...waiting, linesCorrupt: 1 },
    dayAfter: expect.objectContaining({ verdict: 'lost' }),
    letters,
    verify: { word: 'INCOMPLETE', status: 1, missing, corrupt: 1 },
  },
};

/** A transform adds a field, or writes all fields anew. */
const transforms: readonly (readonly [string, Pipeline])[] = [
  ['adds a field', (text: string) => text.replaceAll('}\n', ',"region":"eu"}\n')],
  ['joins all lines', (text: string) => text.replaceAll('\n', ' ')],
].flatMap(([what, change]) =>
  [undefined, templates['a JSON template']!].map((template): readonly [string, Pipeline] => [
    `${what}${template ? ' to a JSON template' : ''}`,
    {
      ...around([json]),
      ...(template && { template }),
      transform: (record) => Buffer.from((change as (text: string) => string)(record.toString())),
      variables: { MATCH: 'id' },
    },
  ]),
);

/** Content that the prover cannot read. */
const unreadable: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  Parquet: (bytes) =>
    Buffer.concat([Buffer.from('PAR1\x15\0\x15'), deflateRawSync(bytes), Buffer.from('PAR1')]),
  Zstandard: (bytes) => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), deflateRawSync(bytes)]),
  damaged: (bytes) => gzipSync(bytes).subarray(0, 20),
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

describe.each(transforms)('a pipeline with a transform that %s, and match=id', (_, pipeline) => {
  it('proves what arrived, changed or not', async () => {
    expect(await runPipeline(pipeline)).toEqual(expected.complete);
    expect(await runPipeline(pipeline, 'changed')).toEqual(expected.complete);
  });

  it('misses an event that did not arrive', async () => {
    expect(await runPipeline(pipeline, 'removed')).toEqual(expected.removed);
  });
});

it.each(Object.entries(unreadable))(
  'a pipeline with objects that are %s is unproven, and says why',
  async (what, convert) => {
    // Act
    const found = await runPipeline({ convert });

    // Assess
    const unreadObjects = [expect.stringMatching(new RegExp(`^1 object is ${what}`))];
    expect(found).toEqual({
      first: { ...waiting, eventsLate: 100, unreadObjects },
      dayAfter: expect.objectContaining({ verdict: 'unproven', unreadObjects }),
      letters: [{ runId: 'run-1', from: 0, to: 100 }],
      verify: { word: 'UNPROVEN', status: 2, missing: [[0, 100]], corrupt: 0 },
    });
  },
);
