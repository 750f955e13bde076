import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { type LocalRun, type LocalRunOptions, runLocally } from '../../../lib/commands/start/run.ts';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import { parseFaults } from '../../../lib/emulator/faults.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { UsageError } from '../../../lib/terminal/command.ts';
import type { Progress } from '../../../lib/terminal/progress.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { makeReport, objectsIn, temporaryDirectory } from './factories.ts';

/** Proofs have tests of their own, and take time. */
const withoutProof = { proof: 'off' };

const assemblyDirectory = assemblyOf(withoutProof);

function run(options: Partial<LocalRunOptions> & Pick<LocalRunOptions, 'payload'>): Promise<LocalRun> {
  return runLocally({
    assemblyDirectory,
    outputDirectory: temporaryDirectory(),
    onStep: () => {},
    onProgress: () => {},
    ...options,
  });
}

/** The first 48 bits of each event's UUID, sorted: as good as the whole, and millions of them take little time. */
function sortedKeys(events: Buffer): Float64Array {
  const keys = new Float64Array(events.length / eventBytes);
  for (let index = 0; index < keys.length; index += 1) {
    const at = index * eventBytes;
    keys[index] = Number.parseInt(
      events.toString('latin1', at + 2, at + 10) + events.toString('latin1', at + 11, at + 15),
      16,
    );
  }
  return keys.sort();
}

/** Every event of the run is in the bucket, and no event of another run is. @returns how many copies are too many. */
function extraCopies({ report, output }: LocalRun): number {
  const events = Buffer.alloc(report.eventsRequested * eventBytes);
  createEventWriter(report.deliveryStreamName, report.runId, 0)(events, 0);
  const landed = Buffer.concat(objectsIn(output.directory).map((path) => gunzipSync(readFileSync(path))));
  const expected = sortedKeys(events);
  const found = sortedKeys(landed);
  let at = 0;
  let missing = 0;
  for (const key of expected) {
    missing += found[at] === key ? 0 : 1;
    while (found[at] === key) {
      at += 1;
    }
  }
  expect({ missing, unknown: found.length - at }).toEqual({ missing: 0, unknown: 0 });
  return found.length - expected.length;
}

describe('a run on this machine', () => {
  it.each([
    ['ndjson', 200_000, 68, {}],
    ['gzip', 200_000, 20.43, { recordFormat: 'gzip' }],
    ['single', 20_000, 68, { recordFormat: 'single' }],
  ])(
    'as %s leaves exactly the %i events that the rule gives',
    async (_format, count, bytesPerEvent, context) => {
      // Prepare
      const progress: Progress[] = [];

      // Act
      const result = await run({
        payload: { count, runId: 'run-1' },
        onProgress: (now) => progress.push(now),
        assemblyDirectory: assemblyOf({ ...context, ...withoutProof }),
      });

      // Assess
      expect(extraCopies(result)).toBe(0);
      expect(result.report).toMatchObject({
        eventsDelivered: count,
        eventsUndelivered: 0,
        recordsRetried: 0,
      });
      expect(result.report.bytesDelivered / count).toBeCloseTo(bytesPerEvent, 0);
      expect(result.output.objects).toBe(objectsIn(result.output.directory).length);
      expect(result.maxMemoryUsedMiB).toBeLessThan(256);
      expect(progress.at(-1)).toMatchObject({ events: count, totalEvents: count });
    },
  );

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
    // Prepare
    const options = { payload: {}, context: { count: 'x' }, onStep: () => {}, onProgress: () => {} };

    // Act
    const failed = runLocally({ ...options, outputDirectory: temporaryDirectory() });

    // Assess
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
