import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runLocally } from '../../../lib/commands/start/run.ts';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import { parseFaults } from '../../../lib/emulator/faults.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { UsageError } from '../../../lib/terminal/command.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { makeReport, temporaryDirectory } from './factories.ts';
import { assemblyDirectory, extraCopies, run, withoutProof } from './local-run.ts';

describe('a run on this machine', () => {
  it('of more events than a slice has goes through the work queue, and lands whole', async () => {
    // Act
    const result = await run({
      payload: { count: 220_000 },
      assemblyDirectory: assemblyOf({ eventsPerSlice: '100000', ...withoutProof }),
    });

    // Assess
    expect(extraCopies(result)).toBe(0);
    expect(result.slicesQueued).toBeGreaterThanOrEqual(3);
    expect(result.invocations).toBeGreaterThan(1);
    expect(result.report).toMatchObject({
      eventsRequested: 220_000,
      eventsDelivered: 220_000,
      eventsQueued: 0,
      undelivered: [],
    });
    expect(result.maxMemoryUsedMiB).toBeLessThan(256);
  });

  it('loses nothing and doubles nothing when Firehose refuses 30 % of the records', async () => {
    // Act
    const result = await run({
      payload: { count: 100_000 },
      faults: parseFaults('throttle=0.3'),
      faultSeed: 7,
    });

    // Assess
    expect(extraCopies(result)).toBe(0);
    expect(result.report.eventsUncertain).toBe(0);
    expect(result.recordsRefused).toBeGreaterThan(50);
    expect(result.report.recordsRetried).toBe(result.recordsRefused);
  });

  it('loses nothing, and doubles no more than it says, when responses get lost too', async () => {
    // Act
    const result = await run({
      payload: { count: 40_000 },
      faults: parseFaults('throttle=0.1,error=0.1,reset=0.2,latency=20'),
      faultSeed: 7,
    });

    // Assess
    expect(extraCopies(result)).toBeLessThanOrEqual(result.report.eventsUncertain);
    expect(result.report).toMatchObject({ eventsDelivered: 40_000, eventsUndelivered: 0 });
  });

  it('outlives an outage that is longer than its invocations', async () => {
    // Act
    const result = await run({
      payload: { count: 100_000 },
      assemblyDirectory: assemblyOf({ timeout: '3', ...withoutProof }),
      faults: parseFaults('outage=6s@0s'),
    });

    // Assess
    expect(extraCopies(result)).toBeLessThanOrEqual(result.report.eventsUncertain);
    expect(result.report).toMatchObject({ eventsDelivered: 100_000, eventsUndelivered: 0 });
    expect(result.invocations).toBeGreaterThan(1);
    expect(result.slicesQueued).toBeGreaterThan(0);
  });

  it('names the failed stage when the stack cannot be synthesized', async () => {
    const options = { payload: {}, context: { count: 'x' }, onStep: () => {}, onProgress: () => {} };
    const failed = runLocally({ ...options, outputDirectory: temporaryDirectory() });
    await expect(failed).rejects.toThrow('synthesizing the stack failed: context count is "x"');
  });

  it("fails with the function's own error, even if no object could be written either", async () => {
    // Prepare: a file where the bucket's directory has to be
    const outputDirectory = temporaryDirectory();
    writeFileSync(join(outputDirectory, 'firehoseeventproducer-producerstreambucket'), '');

    // Act
    const refused = run({ payload: { count: 0 }, outputDirectory });

    // Assess
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      'The payload was refused, nothing was sent:\n- count: 0 - expected',
    );
  });

  it("names the function's log when an object could not be written", async () => {
    // Prepare
    const outputDirectory = temporaryDirectory();
    writeFileSync(join(outputDirectory, 'firehoseeventproducer-producerstreambucket'), '');

    // Act
    const failed = run({ payload: { count: 10 }, outputDirectory });

    // Assess
    await expect(failed).rejects.toThrow(
      /could not write an object .*; the function's log is .*function\.log/,
    );
  });

  it('fails when the reports of its invocations do not account for every event', async () => {
    // Prepare: a function that reports queued events, and queues nothing
    const directory = join(temporaryDirectory(), 'assembly');
    cpSync(assemblyDirectory, directory, { recursive: true });
    const { assetDirectory } = (await readLocalStack(directory, defaultStackName)).producer.function;
    const report = makeReport({ eventsDelivered: 40, eventsQueued: 60, queued: [[40, 100]] });
    writeFileSync(
      join(assetDirectory, 'index.mjs'),
      `const report = ${JSON.stringify(report)};
       export const handler = async () => {
         console.log(JSON.stringify({ report }));
         return report;
       };`,
    );

    // Act
    const unaccounted = run({ payload: {}, assemblyDirectory: directory });

    // Assess
    await expect(unaccounted).rejects.toThrow(
      '60 of 100 events are in no report, the first of them 40 to 99',
    );
  });

  it('reports in one line that the stack needs its own stream', async () => {
    // Prepare
    const directory = join(temporaryDirectory(), 'assembly');
    mkdirSync(directory);
    const queue = { Value: { Ref: 'Queue' } };
    const outputs = { FunctionName: queue, DeliveryStreamName: { Value: 'my-stream' }, WorkQueueUrl: queue };
    const path = join(directory, 'FirehoseEventProducer.template.json');
    writeFileSync(path, JSON.stringify({ Outputs: outputs, Resources: {} }));

    // Act
    const refused = run({ payload: {}, assemblyDirectory: directory });

    // Assess
    await expect(refused).rejects.toThrow(
      /^A local run needs the stack's own delivery stream, .* its template lacks Outputs\.\w+.*deliveryStreamName.*$/,
    );
  });
});
