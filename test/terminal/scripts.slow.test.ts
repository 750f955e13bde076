import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cliPath } from './built-cli.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

function run(file: string, ...args: string[]) {
  return promisify(execFile)(file, args).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

const cli = (...args: string[]) => run(process.execPath, cliPath, ...args);

describe('the commands as people type them', () => {
  it.each(['verify', 'query'])('npm run %s explains its options', async (name) => {
    const { stdout } = await run('npm', 'run', '--silent', name, '--', '--help');
    expect(stdout).toContain(`Usage: npm run ${name} -- [options]`);
  });
});

describe('the program', () => {
  const names = ['start', 'preview', 'send', 'verify', 'prove', 'watch', 'cost', 'query', 'firehose'];

  it.each([[[]], [['--help']], [['-h']], [['help']]])('lists its commands with %j', async (args) => {
    // Act
    const { stdout, stderr } = await cli(...args);

    // Assess
    expect(stdout).toContain('Usage: npm run <command> -- [options]');
    expect(stdout.match(/^ {2}\w+/gm)?.map((line) => line.trim())).toEqual(names);
    expect(stderr).toBe('');
  });

  it.each(names)('explains the options of %s', async (name) => {
    // Act
    const outputs = await Promise.all([cli(name, '--help'), cli('help', name)]);

    // Assess
    const usage = name === 'start' ? 'npm start --' : `npm run ${name} --`;
    expect(outputs[0].stdout).toContain(`Usage: ${usage} [options]`);
    expect(outputs[0].stdout.match(/^ {2}-/gm)!.length).toBeGreaterThan(2);
    expect(outputs[1]).toEqual(outputs[0]);
  });

  it('prints its version', async () => {
    expect(await cli('--version')).toEqual({ stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [['verfy'], "error: unknown command 'verfy'\n(Did you mean verify?)\n"],
    [['--wait', 'verify'], "error: unknown option '--wait'\n"],
    [['cost', '--coutn', '5'], "error: unknown option '--coutn'\n(Did you mean --count?)\n"],
    [
      ['firehose', '5'],
      "error: too many arguments for 'firehose'. Expected 0 arguments but got 1.\nPut options after --, for example: npm run firehose -- --port 0\n",
    ],
  ])('refuses %j with status 2', async (args, message) => {
    expect(await cli(...args)).toMatchObject({ code: 2, stdout: '', stderr: message });
  });
});
