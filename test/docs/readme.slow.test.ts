import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../commands/start/factories.ts';
import { cliPath } from '../terminal/built-cli.ts';

it('the demo of README.md loses the events that it shows, sends them again, and is complete', () => {
  // Prepare
  const readme = readFileSync('README.md', 'utf8');
  const cwd = temporaryDirectory();
  const run = (line: string) => {
    const [, command, options] = /npm (?:run )?(start|verify)(?: -- (.*))?/.exec(line)!;
    const cli = `'${process.execPath}' '${cliPath}' ${command} ${options ?? ''}`;
    return spawnSync('sh', ['-c', cli], { cwd, encoding: 'utf8', timeout: 150_000 });
  };
  const [demo] = /^npm start -- .*lose=.*$/m.exec(readme)!;
  const [shown] = /^NOT proven: .*\n {2}events .*$/m.exec(readme)!;
  const [complete] = /^COMPLETE: .*$/m.exec(readme)!;

  // Act
  const lossy = run(demo);
  const resend = lossy.stdout.trimEnd().split('\n').at(-1)!;
  const again = run(resend);
  const verified = run('npm run verify');

  // Assess
  expect(lossy.stdout).toContain(shown);
  expect(resend.startsWith(/^ {2}npm start -- --run-id .*(?=,…$)/m.exec(readme)![0])).toBe(true);
  expect([lossy.status, again.status, verified.status]).toEqual([1, 0, 0]);
  expect(verified.stdout).toContain(complete);
});
