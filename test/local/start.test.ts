import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesIn, temporaryDirectory, uuidOf, uuidsOf } from './factories.ts';

function start(...options: string[]) {
  return spawnSync('npm', ['run', '--silent', 'start', '--', ...options], { encoding: 'utf8' });
}

describe('npm start', () => {
  it('prints one JSON document with --json, and everything else elsewhere', () => {
    // Prepare
    const output = temporaryDirectory();

    // Act
    const { stdout, stderr, status } = start(
      ...['--count', '5000', '--run-id', 'run-1', '--output', output, '--json'],
    );

    // Assess
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    expect(Object.keys(document)).toEqual(['report', 'output']);
    expect(document.report).toMatchObject({ runId: 'run-1', eventsDelivered: 5_000 });
    expect(document.output).toEqual({
      directory: expect.stringContaining(output),
      objects: 1,
      bytes: expect.any(Number),
    });
    const uuids = linesIn(document.output.directory).map(uuidOf);
    expect(uuids).toEqual(uuidsOf(document.report.deliveryStreamName, 'run-1', 5_000));
    expect(stderr).toContain('Synthesizing');
    const lastRun = JSON.parse(readFileSync('.local/last-run.json', 'utf8'));
    expect(lastRun.report).toEqual(document.report);
    expect(lastRun.objectPaths).toHaveLength(1);
    expect(existsSync(lastRun.objectPaths[0])).toBe(true);
    expect(relative(document.output.directory, lastRun.objectPaths[0])).toMatch(
      /^events\/year=\d{4}\/month=\d\d\/day=\d\d\/hour=\d\d\/FirehoseEventProducer-ProducerStreamDeliveryStream-1-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[\da-f-]{36}\.gz$/,
    );
  });

  it('tells a stranger what was sent, where it landed and what to type next', () => {
    // Act
    const { stdout, status } = start('--output', temporaryDirectory());

    // Assess
    expect(status).toBe(0);
    expect(stdout).toContain('100 events delivered, every one acknowledged');
    expect(stdout).toMatch(/landed {3}1 object, [\d,]+ bytes, in /);
    expect(stdout).toContain('npm start -- --count 1000000');
  });

  it.each([
    [['--cuont', '5'], "error: unknown option '--cuont'\n(Did you mean --count?)"],
    [['--count', 'x'], "error: option '--count <number>' argument 'x' is invalid. Expected a whole number"],
    [['--count', '10000001'], 'Expected a whole number from 1 to 10000000, for example 5000.'],
    [['--record-format', 'zip'], 'Allowed choices are ndjson, single, gzip.'],
    [['--count'], "error: option '--count <number>' argument missing"],
    [['5'], 'error: too many arguments'],
  ])('refuses %j with one clear line and status 2', (options, message) => {
    // Act
    const { stdout, stderr, status } = start(...options);

    // Assess
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('explains its options', () => {
    // Act
    const { stdout, status } = start('--help');

    // Assess
    expect(status).toBe(0);
    for (const option of ['--count', '--run-id', '--record-format', '--output', '--json']) {
      expect(stdout).toContain(option);
    }
  });
});
