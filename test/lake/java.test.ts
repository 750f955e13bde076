import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { tableOf } from '../../lib/lake/table.ts';
import { examples, linesOf, templateOf } from './factories.ts';

/** A JDK runs a file of source since Java 11. */
const hasJava = spawnSync('java', ['--version']).status === 0;
if (!hasJava) {
  console.warn('SKIPPED: Java is not on this machine');
}

/** The lines as Hive's RegexSerDe reads them. */
function readByJava(
  cases: readonly { pattern: string; types: readonly string[]; lines: readonly string[] }[],
) {
  const input = cases.flatMap(({ pattern, types, lines }) => [
    pattern,
    types.join(' '),
    `${lines.length}`,
    ...lines,
  ]);
  const { stdout, stderr } = spawnSync('java', ['test/lake/RegexSerDe.java'], {
    input: input.join('\n'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stderr).toBe('');
  const rows = stdout.split('\n').map((row) => (row === 'NULL' ? undefined : row.split('\u0001')));
  return cases.map(({ lines }) => rows.splice(0, lines.length));
}

const strange = [
  '{"id":"{{random.uuid}}","at":"{{date.utc("YYYY-MM-DD HH:mm:ss.SSS")}}","day":"{{date.utc("YYYY-MM-DD")}}","s":{{date.epoch}}}',
  '{"id":"{{random.uuid}}","ü(ß":"[$^|{{random.arrayElement(["a|b","(c)","d.e*","€"])}}].+?","n":{{number.float}}}',
  '{"id":"{{random.uuid}}","text":"{{lorem.paragraphs}} {{hacker.phrase}}","run":"{{run}}"}',
];

describe.skipIf(!hasJava)('Java, which Athena runs on', () => {
  const cases = [...[...examples.values()], ...strange.map((source) => templateOf(source))].map(
    (template) => {
      const { pattern, columns } = tableOf(template);
      const whole = linesOf(template, { count: 100, runId: 'a "quoted" \\ run' }).map((line) =>
        line.slice(0, -1),
      );
      const cut = whole.map((line) => line.slice(0, line.length / 2));
      return { pattern, types: columns.map(({ type }) => type), lines: [...whole, ...cut], cut: cut.length };
    },
  );
  // Java recurses where a loop is over alternatives: a long text with many quotes would exhaust its stack.
  const { pattern, columns } = tableOf(templateOf('{"id":"{{random.uuid}}","text":"{{lorem.paragraphs}}"}'));
  const longLine = `{"id":"00000000-0000-4000-8000-000000000000","text":"${'a '.repeat(100_000)}${'\\"'.repeat(500)}"}`;
  const [hours, longRows, ...answers] = hasJava
    ? readByJava([
        { pattern: '(.*)', types: ['hour'], lines: ['2026-11-22-10'] },
        { pattern, types: columns.map(({ type }) => type), lines: [longLine] },
        ...cases,
      ])
    : [];

  it.each(cases.map((_, place) => place))('reads the lines of template %i as JavaScript does', (place) => {
    // Prepare
    const { pattern, types, lines } = cases[place]!;
    const isText = types.map((type) => type === 'string');

    for (const [index, line] of lines.entries()) {
      // Act
      const [, ...groups] = new RegExp(`^${pattern}$`, 's').exec(line) ?? [];

      // Assess
      const row = answers[place]![index];
      expect(row === undefined).toBe(groups.length === 0);
      expect(row?.filter((_, column) => isText[column])).toEqual(
        row && groups.filter((_, column) => isText[column]),
      );
    }
  });

  it('reads each number, date and timestamp as one, and a cut line as NULLs', () => {
    for (const [place, rows] of answers.entries()) {
      const { cut } = cases[place]!;
      expect(rows.slice(0, -cut).flat()).not.toContain('NULL');
      expect(rows.slice(0, -cut)).not.toContain(undefined);
      expect(new Set(rows.slice(-cut))).toEqual(new Set([undefined]));
    }
    expect(answers.at(examples.size)![0]!.slice(2)).toEqual([
      '2026-11-22T10:00',
      '2026-11-22',
      String(Date.parse('2026-11-22T10:00:00Z') / 1_000),
    ]);
  });

  it("reads an object's hour by the format of the partition", () => {
    expect(hours).toEqual([['2026-11-22T10:00']]);
  });

  it('does not run out of stack on a long text with many quotes', () => {
    expect(longRows![0]![0]).toBe(longLine);
  });
});
