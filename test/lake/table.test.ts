import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { TableError } from '../../lib/lake/column.ts';
import { tableOf } from '../../lib/lake/table.ts';
import { runs } from '../property-runs.ts';
import { randomTemplate } from '../simulation/worlds/random-template.ts';
import { examples, linesOf, templateOf } from './factories.ts';

/** The columns of a template's table as `name:type`, and which of them are the id and the time. */
function described(source?: string) {
  const { columns, idColumn, timeColumn } = tableOf(templateOf(source));
  return { columns: columns.map(({ name, type }) => `${name}:${type}`).join(' '), idColumn, timeColumn };
}

/** A table's pattern as a SQL engine uses it: for the whole line, a dot for any character. */
function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`, 's');
}

describe('the table of events', () => {
  it.each([
    ['default.json', 'line:string id:string value:string', 'id', 'value'],
    [
      'iot-sensor.json',
      'line:string id:string at:string sensor:bigint temperature:double state:string',
      'id',
      'at',
    ],
    [
      'kdg-help.json',
      'line:string eventid:string sensorid:bigint currenttemperature:bigint status:string',
      'eventid',
      undefined,
    ],
    [
      'clickstream.json',
      'line:string eventid:string sequence:bigint userid:string session:string page:string action:string ' +
        'ismobile:boolean load:double ip:string clienttime:bigint',
      'eventid',
      'clienttime',
    ],
    ['apache-access.txt', 'line:string id:string', 'id', undefined],
    ['orders.csv', 'line:string id:string', 'id', undefined],
  ])('of %s has a column for each field, or for the UUID', (file, columns, idColumn, timeColumn) => {
    expect(described(examples.get(file)!.source)).toEqual({ columns, idColumn, timeColumn });
  });

  it.each([
    ['{"id":"{{random.uuid}}","a":{"b":{"c":1,"d":[1,{{index}}]}}}', 'id:string a_b_c:double a_b_d:string'],
    ['{"id":"{{random.uuid}}","A-b c":null,"e":{}}', 'id:string a_b_c:string e:string'],
    ['{"id":"{{random.uuid}}","n":{{random.arrayElement([1,2.5,3])}}}', 'id:string n:double'],
    ['{"id":"x-{{random.uuid}}","n":1{{index}},"t":true}', 'id:string n:double t:boolean'],
    [
      '{"id":"{{random.uuid}}","at":"{{date.utc("YYYY-MM-DD HH:mm:ss.SSS")}}","day":"{{date.utc("YYYY-MM-DD")}}"}',
      'id:string at:timestamp day:date',
    ],
    ['{"id":"{{random.uuid}}","at":"{{date.iso}}","s":{{date.epoch}}}', 'id:string at:string s:bigint'],
  ])('of %s has the columns line:string %s', (source, columns) => {
    expect(described(source).columns).toBe(`line:string ${columns}`);
  });

  it.each([
    [
      '{"id":"{{random.uuid}}","a":{"b":{"c":{"d":{"e":1}}}}}',
      'the field a.b.c.d is nested too deep for columns, expected at most 3 levels: flatten it',
    ],
    [
      '{"id":"{{random.uuid}}","user-id":1,"user_id":2}',
      'the column user_id would be both the field user-id and the field user_id: rename the field',
    ],
    ['{"id":"{{random.uuid}}","Line":1}', 'the column line would be both the whole line and the field Line'],
    [
      '{"id":"{{random.uuid}}","datehour":1}',
      'the column datehour would be both the partition and the field datehour',
    ],
    [
      '{"id":"{{random.uuid}}","a{{index}}":1}',
      'the name of a field has {{index}} in it: a column needs the same name',
    ],
    [
      `{"id":"{{random.uuid}}","${'a'.repeat(300)}":1}`,
      "a field's name has 300 characters, expected 1 to 255",
    ],
  ])('is refused for %s, with a remedy', (source, message) => {
    expect(() => tableOf(templateOf(source))).toThrow(TableError);
    expect(() => tableOf(templateOf(source))).toThrow(message);
  });
});

describe('the pattern of lines', () => {
  it.each([...examples.keys()])('matches each event of %s, and gives each column its value', (file) => {
    // Prepare
    const template = examples.get(file)!;
    const { pattern, columns, idColumn } = tableOf(template);

    for (const line of linesOf(template, { count: 500 })) {
      // Act
      const [, ...values] = whole(pattern).exec(line.slice(0, -1)) ?? [];

      // Assess
      const row = Object.fromEntries(columns.map(({ name }, place) => [name, values[place]]));
      expect(row.line).toBe(line.slice(0, -1));
      expect(row[idColumn]).toMatch(/^[0-9a-f-]{36}$/);
      if (template.isJson && file !== 'default.json') {
        const event = Object.entries(JSON.parse(line)).map(([name, value]) => [
          name.toLowerCase(),
          `${value}`,
        ]);
        expect(row).toMatchObject(Object.fromEntries(event));
      }
    }
  });

  it('matches each event of random templates, also with words, quotes and brackets in them', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => {
        // Prepare
        const template = compileTemplate(randomTemplate(seed));
        const { pattern } = tableOf(template);

        // Act
        const strange = linesOf(template, { count: 50 }).filter(
          (line) => !whole(pattern).test(line.slice(0, -1)),
        );

        // Assess
        expect(strange).toEqual([]);
      }),
      { numRuns: runs(40) },
    );
  });

  it.each([
    '{"id":"{{random.uuid}}","a(b":"[$^|{{random.arrayElement(["a|b","(c)","d.e*","\\\\\\\\"])}}].+?","n":{{number.float}}}',
    '{"id":"{{random.uuid}}","text":"{{lorem.sentence}} {{hacker.phrase}}","name":"{{name.lastName}}"}',
    '{"id":"{{random.uuid}}","nothing":"","none":[],"n":0}',
    '{{random.uuid}}\t{{random.alphaNumeric(2000)}} "{{lorem.sentence}}" ({{run}})',
  ])('matches each event of %s', (source) => {
    // Prepare
    const template = templateOf(source);
    const { pattern, columns } = tableOf(template);

    // Act
    const lines = linesOf(template, { count: 300, runId: 'a "quoted" \\ run' }).map((line) =>
      line.slice(0, -1),
    );
    const rows = lines.map((line) => whole(pattern).exec(line) ?? []);

    // Assess
    expect(rows.map(([, line]) => line)).toEqual(lines);
    expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([1 + columns.length]));
  });

  it.each([
    ['{{random.arrayElement(["\\"Red\\"","\\"Blue\\""])}}', ['Blue', 'Red'], 'string'],
    ['{{random.arrayElement(["\\"Red\\"","null","3","true"])}}', ['3', 'Red', 'null', 'true'], 'string'],
    ['{{random.arrayElement(["\\"1\\"","2"])}}', ['1', '2'], 'string'],
    ['{{random.arrayElement(["\\"\\"","\\"a \\\\\\"b\\\\\\"\\""])}}', ['', 'a \\"b\\"'], 'string'],
    ['{{date.utc("\\"YYYY-MM-DD\\"")}}', ['2026-11-22'], 'date'],
    ['[{{random.arrayElement(["\\"a\\"","1"])}}]', ['["a"]', '[1]'], 'string'],
    ['{{random.arrayElement(["1","2"])}}', ['1', '2'], 'bigint'],
  ])('takes strings without their quotes: %s', (value, expected, type) => {
    // Prepare
    const template = templateOf(`{"id":"{{random.uuid}}","a":${value},"b":"x"}`);
    const { pattern, columns } = tableOf(template);

    // Act
    const values = linesOf(template, { count: 300 }).map(
      (line) => whole(pattern).exec(line.slice(0, -1))?.[3],
    );

    // Assess
    expect([...new Set(values)].sort()).toEqual(expected);
    expect(columns[2]).toEqual({ name: 'a', type });
  });

  it.each([...examples.keys()])('matches no event of %s that is cut, joined or has another text', (file) => {
    // Prepare
    const template = examples.get(file)!;
    const pattern = whole(tableOf(template).pattern);
    const [line, next] = linesOf(template, { count: 2 }).map((text) => text.slice(0, -1)) as [string, string];
    const [uuid] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(line)!;

    // Act
    const broken = [
      line.slice(0, line.length / 2),
      line.slice(20),
      line + next,
      line.replace(uuid, uuid.toUpperCase().replace(/^./, 'X')),
      line.replace(uuid, uuid.slice(1)),
      '',
      'not an event',
    ];

    // Assess
    expect(broken.filter((text) => pattern.test(text))).toEqual([]);
  });
});
