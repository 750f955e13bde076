import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEvents } from '../../lib/lake/local-database.ts';
import { namedQueries } from '../../lib/lake/named-queries.ts';
import { tableOf } from '../../lib/lake/table.ts';
import { sourceNamed } from '../../lib/proof/source.ts';
import { verify } from '../../lib/proof/verify.ts';
import { createDirectory } from '../proof/directory.ts';
import { examples, keyOf, linesOf } from './factories.ts';

const count = 2_000;

/** Faults in the lines of a run. */
const fates: Readonly<Record<string, (lines: string[]) => string[]>> = {
  complete: (lines) => lines,
  lossy: (lines) => lines.filter((_, index) => index % 7 !== 3),
  duplicated: (lines) => [...lines, ...lines.slice(100, 150), ...lines.slice(120, 130)],
  corrupted: (lines) =>
    lines.map((line, index) => {
      const text = line.slice(0, -1);
      return index % 100 === 5
        ? `${text.slice(0, text.length / 2)}\n`
        : index % 100 === 6
          ? `x${text}}\n`
          : line;
    }),
  'lossy, duplicated and corrupted': (lines) => [
    ...lines.slice(10, 1_990),
    ...lines.slice(500, 520),
    'not an event\n',
    '{"half":\n',
  ],
};

describe.each(['default', 'iot-sensor.json', 'clickstream.json', 'orders.csv'])(
  'for events of %s',
  (file) => {
    const template = file === 'default' ? examples.get('default.json')! : examples.get(file)!;

    it.each(Object.entries(fates))('SQL and verify agree on a run that is %s', async (_, fate) => {
      // Prepare: one object as Firehose compresses it, one of joined gzip members
      const lines = fate(linesOf(template, { count, timeMs: Date.now() }));
      const [first, second, third] = [lines.slice(0, 700), lines.slice(700, 1_300), lines.slice(1_300)];
      const directory = await createDirectory({
        [keyOf('a')]: gzipSync(first.join('')),
        [keyOf('b')]: Buffer.concat([gzipSync(second.join('')), gzipSync(third.join(''))]),
      });
      const table = tableOf(template);
      const queries = namedQueries(table);
      const events = await openEvents(
        table,
        ['a', 'b'].map((name) => join(directory, keyOf(name))),
      );
      onTestFinished(() => events.close());
      const ask = async (name: string) =>
        (await events.query(queries.find((query) => query.name === name)!.sql)).rows;

      // Act
      const run = { deliveryStreamName: 'my-stream', runId: 'run-1', from: 0, to: count };
      const { proof } = await verify(
        {
          source: sourceNamed(directory),
          runs: [run],
          exactlyOnce: false,
          waitMs: 0,
          ...(file !== 'default' && { eventTemplate: template.source }),
        },
        { now: Date.now, sleep: async () => {}, onProgress: () => {} },
      );
      const duplicates = await ask('duplicates');
      const [[landed, bytes] = [0, 0]] = (await ask('landed')).map(([, ...figures]) => figures);
      const unfit = (await ask('lines-that-do-not-fit')).reduce((sum, [, number]) => sum + Number(number), 0);
      const [[distinct]] = (await events.query(`select count(distinct "${table.idColumn}") from events`))
        .rows as [[number]];

      // Assess
      const { present, missing, duplicated, extraCopies } = proof.runs[0]!;
      expect({
        present: distinct,
        missing: count - distinct,
        duplicated: duplicates.length,
        extraCopies: duplicates.reduce((sum, [, copies]) => sum + Number(copies) - 1, 0),
        corrupt: unfit,
      }).toEqual({ present, missing, duplicated, extraCopies, corrupt: proof.corruptLineCount });
      expect(landed).toBe(present + extraCopies);
      expect(bytes).toBe(
        lines.filter((line) => new RegExp(`^${table.pattern}$`).test(line.slice(0, -1))).join('').length,
      );
      expect((await ask('events-per-hour')).map(([, events]) => events)).toEqual([landed]);
      expect(await ask('newest')).toHaveLength(20);
    });
  },
);
