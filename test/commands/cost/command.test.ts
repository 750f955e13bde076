import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { configure } from '../../../lib/commands/cost/command.ts';
import { estimateOf } from '../../cost/factories.ts';
import { cliPath } from '../../terminal/built-cli.ts';

function cost(...options: string[]) {
  return spawnSync(process.execPath, [cliPath, 'cost', ...options], { encoding: 'utf8' });
}

describe('npm run cost', () => {
  it('prints one JSON document with --json: the estimate, and where the prices are from', () => {
    // Act
    const { stdout, stderr, status } = cost('--json', '--count', '5000', '--schedule', 'rate(1 hour)');

    // Assess
    expect([status, stderr]).toEqual([0, '']);
    const { pricesSource, ...estimate } = JSON.parse(stdout);
    expect(estimate).toEqual(estimateOf({ count: 5_000, schedule: 'rate(1 hour)' }));
    expect(pricesSource).toMatchObject({ region: 'us-east-1', date: expect.stringMatching(/^\d{4}-\d\d$/) });
  });

  it('ends well when nobody reads what it prints', () => {
    // Act
    const { status, stderr } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', `'${process.execPath}' '${cliPath}' cost | true`],
      { encoding: 'utf8' },
    );

    // Assess
    expect([status, stderr]).toEqual([0, '']);
  });

  it('counts with the defaults of the stack, and the prices of -c', () => {
    // Act
    const context = ['-c', 'firehoseUsdPerGb=0.031', '--context', 'sqsUsdPerRequest=2e-7'];
    const { stdout, status } = cost(...context, '--json');

    // Assess
    expect(status).toBe(0);
    const { prices } = estimateOf();
    expect(JSON.parse(stdout)).toMatchObject(
      estimateOf({ prices: { ...prices, firehoseUsdPerGb: 0.031, sqsUsdPerRequest: 0.0000002 } }),
    );
  });

  it.each([
    [['--source', 'kinesis'], 'kinesis', 1],
    [['--shards', '4'], 'kinesis', 4],
    [['--on-demand'], 'kinesis-on-demand', 1],
  ] as const)('counts with a Kinesis stream: %j', (options, target, shards) => {
    const { stdout } = cost('--json', ...options);
    expect(JSON.parse(stdout)).toMatchObject(estimateOf({ target, shards }));
  });

  it.each([
    [['--on-demand', '--shards', '2'], "option '--on-demand' cannot be used with option '--shards <number>'"],
    [['--shards', '0'], "'0' is invalid. Expected a whole number from 1 to 10000"],
    [['--source', 'msk'], "argument 'msk' is invalid. Allowed choices are kinesis."],
    [['--count', '0'], "'0' is invalid. Expected a whole number from 1 to 1000000000000, for example 5000."],
    [['--count', '1e6'], "'1e6' is invalid. Expected a whole number"],
    [['--schedule', 'weekly'], "'weekly' is invalid. Expected rate(NUMBER minutes|hours|days) or cron("],
    [
      ['--schedule', 'cron(61 8 * * ? *)'],
      "or off, for example 'rate(1 minute)' or 'cron(0 8 ? * MON-FRI *)'.",
    ],
    [
      ['-c', 'firehoseUsdPerGB=1'],
      "'firehoseUsdPerGB=1' is invalid. Expected PRICE=VALUE, where PRICE is one of fire",
    ],
    [['-c', 'toString=1'], "'toString=1' is invalid. Expected PRICE=VALUE"],
    [
      ['-c', 'firehoseUsdPerGb=abc'],
      'context firehoseUsdPerGb is "abc": expected a price in US dollars: a number from 0 to 1000, for example 0.029',
    ],
    [['--coutn', '5'], "error: unknown option '--coutn'"],
  ])('refuses %j', (options, message) => {
    // Prepare
    const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    configure(command);

    // Act and assess
    expect(() => command.parse(options, { from: 'user' })).toThrow(message);
  });

  it('shows how to give options, with status 2, for another argument', () => {
    // Act
    const { stdout, stderr, status } = cost('5');

    // Assess
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      "Put options after --, for example: npm run cost -- --count 5 --schedule 'rate(1 minute)'",
    );
  });
});
