import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { isProven } from '../../../lib/commands/start/proof.ts';
import { type LocalRun, runLocally } from '../../../lib/commands/start/run.ts';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { runCommand } from '../../proof/command.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { temporaryDirectory } from './factories.ts';

const events = 20_000;

describe.each([
  ['of native functions', 'docs/events/iot-sensor.json', false],
  ['that needs word lists', 'docs/events/apache-access.txt', true],
])('events of a template %s', (_, template, needsWords) => {
  const assemblyDirectory = assemblyOf({ event: template });
  let run: LocalRun;

  beforeAll(async () => {
    run = await runLocally({
      assemblyDirectory,
      outputDirectory: temporaryDirectory(),
      onStep: () => {},
      onProgress: () => {},
      payload: { count: events, runId: 'run-1' },
    });
  });

  function verify(...options: string[]) {
    const { deliveryStreamName } = run.report;
    const question = ['--stream', deliveryStreamName, '--run-id', 'run-1', '--count', `${events}`];
    return runCommand('verify', [
      '--source',
      run.output.directory,
      ...question,
      '--event',
      template,
      ...options,
    ]);
  }

  it('are sent, and proven by the deployed prover', () => {
    expect(run.report).toMatchObject({ eventsDelivered: events, eventsUndelivered: 0 });
    expect(run.proof).toMatchObject({ eventsProven: events, lost: [] });
    expect(isProven(run.proof!)).toBe(true);
    expect(run.eventTemplate).toBe(readFileSync(template, 'utf8'));
  });

  it('travel in the bundles, with no more than they need', async () => {
    // Act
    const { producer, prover } = await readLocalStack(assemblyDirectory, defaultStackName);

    // Assess
    for (const { assetDirectory } of [producer.function, prover!.function]) {
      expect(readFileSync(join(assetDirectory, 'event-template.txt'), 'utf8')).toBe(
        readFileSync(template, 'utf8'),
      );
      const bundle = readFileSync(join(assetDirectory, 'index.mjs'), 'utf8');
      expect(bundle.includes('FakerBot')).toBe(needsWords);
    }
  });

  it('are verified to the byte: one that was changed is named, and what differs', async () => {
    // Prepare
    const [path] = readdirSync(run.output.directory, { recursive: true, encoding: 'utf8' })
      .map((name) => join(run.output.directory, name))
      .filter((name) => name.endsWith('.gz'));
    const lines = gunzipSync(readFileSync(path!)).toString();
    const [before] = /(?:"sensor":|HTTP\/1\.1" )\d/.exec(lines)!;
    const after = before.replace(/\d$/, (digit) => `${(Number(digit) + 1) % 10}`);

    // Act
    const whole = await verify();
    writeFileSync(path!, gzipSync(lines.replace(before, after)));
    const changed = await verify();

    // Assess
    expect(whole).toMatchObject({ status: 0, stdout: expect.stringContaining('\nCOMPLETE: ') });
    expect(changed).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('\nINCOMPLETE: 1 of 20,000 events is missing, and 1 line is corrupt'),
    });
    expect(changed.stdout).toMatch(/\.gz:1: \{\{random\.(number|weighted).*\}\} is "\d+", expected "\d+"\n/);
  });
});
