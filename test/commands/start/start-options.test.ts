import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addStartOptions,
  repeatCommand,
  type StartOptions,
  toLocalRun,
} from '../../../lib/commands/start/start-options.ts';

/** The local run of `npm start -- …`. */
function localRunOf(...options: string[]): ReturnType<typeof toLocalRun> {
  const command = addStartOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return toLocalRun(command.parse(options, { from: 'user' }).opts<StartOptions>());
}

const defaults: StartOptions = { recordFormat: 'ndjson', output: '.local', quota: 'none', faultSeed: 1 };

describe('the options of npm start', () => {
  it.each([
    [['--count', 'x'], "error: option '--count <number>' argument 'x' is invalid. Expected a whole number"],
    [['--count', '1000000000001'], 'Expected a whole number from 1 to 1000000000000, for example 5000.'],
    [['--record-format', 'zip'], 'Allowed choices are ndjson, single, gzip.'],
    [['--count'], "error: option '--count <number>' argument missing"],
    [['--slices', '0:100'], '--slices are of a run: give --run-id too'],
    [
      ['--slices', '100:0'],
      'Expected slices FROM:TO, which end before event TO, for example 0:451,902:1353.',
    ],
    [['--slices', '0:100', '--count', '5'], "option '--slices <list>' cannot be used with option '--count"],
    [
      ['--slices', '0:1000000001', '--run-id', 'run-1'],
      '--slices ends at 1000000001: expected at most --max-count, 1000000000',
    ],
    [
      ['--count', '2000000000'],
      '--count is 2000000000: expected at most --max-count, 1000000000. Raise it, for example --max-count 2000000000',
    ],
    [
      ['--count', '11', '--max-count', '10'],
      '--count is 11: expected at most --max-count, 10. Raise it, for example --max-count 11',
    ],
    [['--count', '1e6'], 'Expected a whole number from 1 to 1000000000000, for example 1000000.'],
    [
      ['--faults', 'outage=8s'],
      '"outage=8s": expected the length and the start of the outage, in seconds, for example outage=8s@0s',
    ],
    [['--run-id', ''], 'Expected 1 to 256 characters without control characters, for example run-1.'],
    [['--run-id', 'a'.repeat(257)], 'Expected 1 to 256 characters'],
    [['--run-id', 'a\nb'], 'Expected 1 to 256 characters'],
    [['--faults', 'thortle=1'], '"thortle=1": expected throttle, error, reset, truncate, garble,'],
    [['--source', 'kafka'], 'Allowed choices are kinesis.'],
    [['--quota', 'eu'], 'Allowed choices are us-east-1, default, none.'],
    [['--timeout', '1'], 'Expected a whole number from 3 to 900'],
    [['--event', 'no-such-file'], 'no-such-file: there is no such file, expected a file with a template'],
  ])('refuse %j with what was expected', (options, message) => {
    expect(() => localRunOf(...options)).toThrow(message);
  });

  it('lower the count of the schedule to a lower maximum: the stack would refuse it', () => {
    expect(localRunOf('--count', '20', '--max-count', '50')).toMatchObject({
      payload: { count: 20 },
      context: { maxCount: '50', count: '50' },
    });
  });

  it('put a Kinesis stream in front, also in the command that repeats the run', () => {
    const { source } = localRunOf('--source', 'kinesis').context ?? {};
    const repeated = repeatCommand({ ...defaults, source: 'kinesis' });
    expect([source, localRunOf().context?.source]).toEqual(['kinesis', undefined]);
    expect([repeated, repeatCommand(defaults)]).toEqual(['npm start -- --source kinesis', 'npm start --']);
  });

  it('reach the stack as its context, and the function as its payload', () => {
    const options = '--count 7 --run-id run-1 --events-per-second 3 --timeout 10';
    const event = ['--event', 'docs/events/iot-sensor.json'];
    expect(localRunOf(...options.split(' '), ...event)).toMatchObject({
      payload: { count: 7, runId: 'run-1', eventsPerSecond: 3 },
      context: { recordFormat: 'ndjson', timeout: '10', event: expect.stringContaining('iot-sensor.json') },
    });
  });
});
