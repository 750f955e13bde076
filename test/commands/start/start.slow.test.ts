import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliPath } from '../../terminal/built-cli.ts';
import { linesIn, temporaryDirectory, uuidOf, uuidsOf } from './factories.ts';

function start(...options: string[]) {
  return spawnSync(process.execPath, [cliPath, 'start', ...options], { encoding: 'utf8', timeout: 50_000 });
}

describe('npm start', () => {
  it('prints one JSON document with --json, and everything else elsewhere', () => {
    // Prepare
    const output = temporaryDirectory();

    // Act
    const options = ['--count', '5000', '--run-id', 'run-1', '--output', output, '--json'];
    const { stdout, stderr, status } = spawnSync(process.execPath, [cliPath, 'start', ...options], {
      encoding: 'utf8',
      cwd: output,
    });

    // Assess
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    // Without a prover there is no proof.
    expect(Object.keys(document).filter((key) => key !== 'proof')).toEqual(['report', 'output']);
    expect(document.report).toMatchObject({ runId: 'run-1', eventsDelivered: 5_000 });
    expect(document.output).toEqual({
      directory: expect.stringContaining(output),
      objects: 1,
      bytes: expect.any(Number),
    });
    const uuids = linesIn(document.output.directory).map(uuidOf);
    expect(uuids.sort()).toEqual(uuidsOf(document.report.deliveryStreamName, 'run-1', 5_000).sort());
    expect(stderr).toContain('Synthesizing');
    const lastRun = JSON.parse(readFileSync(join(output, '.local', 'last-run.json'), 'utf8'));
    expect(lastRun.report).toEqual(document.report);
    expect(lastRun.objectPaths).toHaveLength(1);
    expect(existsSync(lastRun.objectPaths[0])).toBe(true);
    expect(relative(document.output.directory, lastRun.objectPaths[0])).toMatch(
      /^events\/datehour=\d{4}-\d\d-\d\d-\d\d\/FirehoseEventProducer-ProducerStreamDeliveryStream-1-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[\da-f-]{36}\.gz$/,
    );
  });

  it.each([
    [['--cuont', '5'], "error: unknown option '--cuont'\n(Did you mean --count?)\n"],
    [['--slices', '0:100'], 'error: --slices are of a run: give --run-id too\n'],
    // Node's own recursive mkdir would never return.
    [['--output', '/proc/x'], 'error: --output is /proc/x: expected a writable directory, for example'],
  ])('refuses %j at once, with one clear line and status 2', (options, message) => {
    // Act
    const { stdout, stderr, status } = start(...options);

    // Assess
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    const withoutSuggestion = stderr.replace(/\n\(Did you mean .*\)/, '');
    expect(withoutSuggestion.replace(options.at(-1)!, '').trimEnd().split('\n')).toHaveLength(1);
  });

  it('says how options are given when something else was', () => {
    // Act
    const { stdout, stderr, status } = start('5');

    // Assess
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Put options after --, for example: npm start -- --count 5');
    expect(stderr).not.toContain('Synthesizing');
  });

  it('explains its options', () => {
    // Act
    const { stdout, status } = start('--help');

    // Assess
    expect(status).toBe(0);
    for (const option of ['count', 'run-id', 'record-format', 'output', 'faults', 'quota', 'json']) {
      expect(stdout).toContain(`--${option}`);
    }
  });

  it.skipIf(!existsSync('/proc/self')).each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves whole objects and no process behind when it gets %s', async (signal, status) => {
    // Prepare: slow enough to be under way for minutes
    const [output, directory] = [temporaryDirectory(), temporaryDirectory()];
    const options = ['--count', '1000000', '--events-per-second', '5000', '--output', output];
    const child = spawn(process.execPath, [cliPath, 'start', ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: directory,
    });
    let stderr = '';
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
        if (/Firehose took [1-9]/.test(stderr)) {
          resolve();
        }
      });
    });
    const children = childrenOf(child.pid!);

    // Act
    child.kill(signal);
    const [exitCode] = await once(child, 'close');
    const [, runId = ''] =
      /invoking the function with \{"count":1000000,"runId":"([^"]+)"/.exec(stderr) ?? [];
    const verify = (...args: string[]) =>
      spawnSync(process.execPath, [cliPath, 'verify', ...args], { cwd: directory, encoding: 'utf8' });
    const verified = verify();
    const again = verify('--run-id', runId);

    // Assess
    expect(exitCode).toBe(status);
    expect(children.length).toBeGreaterThan(0);
    expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(
        `^error: stopped: Firehose took [\\d,]+ events? in .*\\. What landed: npm run verify\\. ` +
          `The same command with --run-id '${runId}' sends the same UUIDs again$`,
      ),
    );
    expect(verified).toMatchObject({ status: 1, stdout: expect.stringContaining(`run         ${runId}, `) });
    expect(again.stdout).toBe(verified.stdout);
    expect(verified.stdout).toMatch(
      /\nINCOMPLETE: [\d,]+ of 1,000,000 events are missing: the run was stopped, or has not ended yet\.\n$/,
    );
    const [bucket, ...others] = readdirSync(output).filter((name) => !name.endsWith('.log'));
    expect(others).toEqual([]);
    expect(linesIn(join(output, bucket!)).map(uuidOf).length).toBeGreaterThan(0);
  });
});

describe('a command whose output is on a full disk', () => {
  it.skipIf(!existsSync('/dev/full'))('ends with one line, status 2', () => {
    // Act
    const { status, stderr } = spawnSync(process.execPath, [cliPath, 'cost'], {
      encoding: 'utf8',
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });

    // Assess
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: the output could not be written: ENOSPC.*\n$/);
  });
});

/** Process ids of the functions that a process runs. */
function childrenOf(pid: number): string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('--eval'));
}
