import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { keyOf, linesOf, templateOf } from '../lake/factories.ts';
import { createDirectory } from '../proof/directory.ts';
import { cliPath } from '../terminal/built-cli.ts';

/** A project in which there was a local run, and the command in it. */
async function makeProject({ source, bytes }: { source?: string; bytes?: Buffer } = {}) {
  const lines = linesOf(templateOf(source), { timeMs: Date.now() });
  const key = `a [bucket]*/${keyOf('a')}`;
  const directory = await createDirectory({
    [key]: bytes ?? gzipSync(lines.join('')),
    // Of an earlier run.
    [`a [bucket]*/${keyOf('b')}`]: gzipSync(linesOf(templateOf(source), { runId: 'run-0' }).join('')),
  });
  mkdirSync(join(directory, '.local'));
  const lastRun = {
    report: { runId: 'run-1', deliveryStreamName: 'my-stream', from: 0, to: lines.length },
    output: { directory: join(directory, 'a [bucket]*') },
    objectPaths: [join(directory, key)],
    ...(source && { eventTemplate: source }),
  };
  writeFileSync(join(directory, '.local', 'last-run.json'), JSON.stringify(lastRun));
  return {
    query(...args: string[]) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [cliPath, 'query', ...args], {
        encoding: 'utf8',
        cwd: directory,
      });
      return { stdout, stderr, status };
    },
  };
}

describe('npm run query', () => {
  it('lists the named queries with examples', async () => {
    // Act
    const { stdout, stderr, status } = (await makeProject()).query();

    // Assess
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'events-per-hour',
      'duplicates',
      'lines-that-do-not-fit',
      'landed',
      'newest',
      '',
      'npm',
      'npm',
      '',
    ]);
  });

  it('prints a table for a person, with special characters in the names of directories', async () => {
    // Act
    const { stdout, stderr, status } = (await makeProject()).query('--name', 'landed');

    // Assess
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^\| datehour {6}\| events \| bytes \|\n\| -{13} \| -{5}: \| -{4}: \|\n\| [\d-]{13} \| {4}100 \| {2}6800 \|\n$/,
    );
  });

  it('prints JSON for a program, with the types of the columns', async () => {
    // Prepare
    const source = readFileSync('docs/events/iot-sensor.json', 'utf8');
    const project = await makeProject({ source });

    // Act
    const { stdout, status } = project.query(
      '--json',
      "select count(*) as n, typeof(min(temperature)) as t, 1.5 as d, 12345678901234567890 as large, bool_and(state in ('OK','FAIL')) as fits, sum(sensor) as s from events",
    );

    // Assess
    const sensors = linesOf(templateOf(source)).map((line) => JSON.parse(line).sensor);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        n: 100,
        t: 'DOUBLE',
        d: 1.5,
        large: '12345678901234567890',
        fits: true,
        s: sensors.reduce((sum, sensor) => sum + sensor),
      },
    ]);
  });

  it('shows at most a hundred rows', async () => {
    // Act
    const { stdout } = (await makeProject()).query('select a.id from events a, events b limit 1234');

    // Assess
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2 + 100 + 1);
    expect(lines.at(-1)).toBe('and 1,134 rows more: --json prints all');
  });

  it.each([
    [['--name', 'landet'], 'error: --name is landet: expected one of events-per-hour, duplicates, '],
    [['select 1', '--name', 'landed'], 'error: a query and --name were given: leave one of them out'],
    [[' '], 'error: the query is empty: expected SQL, for example'],
    [['selec 1'], 'error: Parser Error: syntax error at or near "selec"'],
    [['select nothing from events'], 'error: Binder Error: Referenced column "nothing" not found'],
    [['select', '1'], 'error: too many arguments'],
    [['--nmae', 'landed'], "error: unknown option '--nmae'"],
  ])('refuses %j in one line, with status 2', async (args, message) => {
    // Act
    const { stdout, stderr, status } = (await makeProject()).query(...args);

    // Assess
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    const own = stderr.replace(/\n\(Did you mean .*\)|\nPut options after --.*/, '');
    expect(own.trimEnd().split('\n')).toHaveLength(1);
  });

  it.each([
    ['no gzip', Buffer.from('this is no gzip'), /^error: .*GZIP.*\n$/],
    ['no UTF-8', gzipSync(Buffer.from([0xff, 0xfe, 0x0a])), /^error: .*utf-8.*\n$/],
  ])('reports an object that is %s', async (_, bytes, message) => {
    const { stdout, stderr, status } = (await makeProject({ bytes })).query('--name', 'landed');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('reports a missing run and missing objects with a remedy', async () => {
    // Prepare
    const empty = await createDirectory({ 'nothing.txt': '' });
    const gone = await createDirectory({
      '.local/last-run.json': JSON.stringify({
        report: { runId: 'run-1', deliveryStreamName: 'my-stream', from: 0, to: 1 },
        output: { directory: '/nowhere' },
        objectPaths: ['/nowhere/a.gz'],
      }),
    });

    // Act
    const errors = [empty, gone].map(
      (cwd) => spawnSync(process.execPath, [cliPath, 'query', 'select 1'], { encoding: 'utf8', cwd }).stderr,
    );

    // Assess
    expect(errors).toEqual([
      'error: there is no local run yet: run npm start\n',
      'error: /nowhere/a.gz does not exist any more: run npm start\n',
    ]);
  });
});
