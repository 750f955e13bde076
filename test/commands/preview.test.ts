import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createTemplatePacker } from '../../lambda/producer/events/template-events.ts';
import { previewEvents } from '../../lib/commands/preview.ts';
import { localDeliveryStreamName } from '../../lib/stack/outputs.ts';
import { readTemplateFile } from '../../lib/template/template-file.ts';
import { recordsOf, textOf, timeMs } from '../producer/factories.ts';
import { cliPath } from '../terminal/built-cli.ts';
import { uuidOf, uuidsOf } from './start/factories.ts';

const iotSensor = 'docs/events/iot-sensor.json';

function preview(...options: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [cliPath, 'preview', ...options], {
    encoding: 'utf8',
  });
  return { lines: stdout.split('\n').slice(0, -1), stderr, status };
}

describe('npm run preview', () => {
  it('prints the events of the same run of npm start, and their size and cost on stderr', () => {
    // Act
    const { lines, stderr, status } = preview('--event', iotSensor, '--run-id', 'run-1', '--count', '3');

    // Assess
    expect(status).toBe(0);
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(uuidsOf(localDeliveryStreamName, 'run-1', 3));
    expect(stderr).toMatch(/127 bytes an event on average, at most 129 bytes/);
    expect(stderr).toMatch(/ndjson \$0\.0036, gzip \$0\.00083, single \$0\.14\n/);
    expect(stderr).toContain(`npm start -- --event '${iotSensor}' --count 1000000\n`);
  });

  it('prints the default event, of any part of a run, without a template', () => {
    const { lines } = preview('--run-id', 'run-1', '--from', '2', '--count', '1');
    expect(lines.map(uuidOf)).toEqual(uuidsOf(localDeliveryStreamName, 'run-1', 3).slice(2));
  });

  it.each([
    [
      ['--event', 'no-such-file'],
      'error: no-such-file: there is no such file, expected a file with a template',
    ],
    [['--event', 'package.json'], 'error: package.json:1:1 '],
    [['--count', '0'], 'Expected a whole number from 1 to 1000000, for example 5.'],
  ])('refuses %j with one clear line and status 2', (options, message) => {
    // Act
    const { lines, stderr, status } = preview(...options);

    // Assess
    expect([status, lines]).toEqual([2, []]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('the events of a preview', () => {
  it("are the producer's own, to the byte, however many", () => {
    // Prepare
    const { template } = readTemplateFile(iotSensor);
    const slice = { from: 7, to: 2_007 };

    // Act
    const events = [
      ...previewEvents(template, { deliveryStreamName: 'my-stream', runId: 'run-1', ...slice }, () => timeMs),
    ];

    // Assess
    const records = recordsOf({ slice, createPacker: createTemplatePacker(template) });
    expect(events).toHaveLength(2_000);
    expect(Buffer.concat(events).toString()).toBe(records.map((record) => textOf(record, 'ndjson')).join(''));
  });
});
