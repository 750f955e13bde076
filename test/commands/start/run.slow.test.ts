import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runLocally } from '../../../lib/commands/start/run.ts';
import { synthesize } from '../../../lib/commands/start/synth.ts';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import { parseFaults } from '../../../lib/emulator/faults.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { UsageError } from '../../../lib/terminal/command.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { makeReport, temporaryDirectory } from './factories.ts';
import { assemblyDirectory, extraCopies, run, withoutProof } from './local-run.ts';

/** A file system of 20 MB; `undefined` if this user may not mount one. */
function smallDisk(): string | undefined {
  const directory = temporaryDirectory();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', directory]);
  onTestFinished(() => void (status === 0 && spawnSync('umount', ['--lazy', directory])));
  return status === 0 ? directory : undefined;
}

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

  it("leaves nothing running when the prover's log cannot be written", async () => {
    // Prepare
    const outputDirectory = temporaryDirectory();
    mkdirSync(join(outputDirectory, 'prover.log'));
    const servers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
    const before = servers();

    // Act
    const started = run({ payload: { count: 1 }, outputDirectory, assemblyDirectory: assemblyOf({}) });

    // Assess
    await expect(started).rejects.toThrow('EISDIR');
    expect(servers()).toBe(before);
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

  it('ends when an object could not be written, not when its minutes are over', async () => {
    // Prepare
    const outputDirectory = temporaryDirectory();
    writeFileSync(join(outputDirectory, 'firehoseeventproducer-producerstreambucket'), '');
    const counted: number[] = [];

    // Act
    const failed = run({
      payload: { count: 1_000_000, eventsPerSecond: 50_000 },
      outputDirectory,
      assemblyDirectory: assemblyOf({ bufferingSize: '1', ...withoutProof }),
      onProgress: ({ events }) => counted.push(events),
    });

    // Assess
    await expect(failed).rejects.toThrow(
      /could not write an object to .*\. Firehose took [\d,]+ events in .*; 0 objects/,
    );
    expect(Math.max(...counted)).toBeLessThan(300_000);
  });

  it('ends with one line on a full disk, and says what was delivered', async () => {
    // Prepare
    const disk = smallDisk();
    const counted: number[] = [];

    // Act
    const failed =
      disk &&
      run({
        payload: { count: 1_000_000 },
        outputDirectory: disk,
        onProgress: ({ events }) => counted.push(events),
      });

    // Assess
    await (failed &&
      expect(failed).rejects.toThrow(
        /^.* could not write an object .*\. Firehose took [\d,]+ events? in .*; 0 objects written: .*function\.log$/,
      ));
    expect(Math.max(0, ...counted)).toBeLessThan(310_000);
  });

  it('names the directory when there is no room for the assembly', async () => {
    // Prepare
    const disk = smallDisk();
    const directory = join(disk ?? '', 'assembly');

    // Act
    if (disk) {
      writeFileSync(join(disk, 'rest'), Buffer.alloc(19.9 * 1024 * 1024));
      const failed = synthesize(directory, {});

      // Assess
      await expect(failed).rejects.toThrow(
        `synthesizing the stack failed: no space left in ${disk}: free some`,
      );
    }
  });

  it('removes what earlier runs left, and nothing else, if it has to', async () => {
    // Prepare
    const outputDirectory = temporaryDirectory();
    const before = await run({ payload: { count: 100, runId: 'before' }, outputDirectory });
    mkdirSync(join(outputDirectory, '.uploads', '999999999-1-abcdef'), { recursive: true });
    writeFileSync(join(outputDirectory, 'mine.txt'), '');

    // Act
    const result = await run({ payload: { count: 100 }, outputDirectory, clean: true });

    // Assess
    expect(extraCopies(result)).toBe(0);
    expect(existsSync(before.objectPaths[0]!)).toBe(false);
    expect(readdirSync(outputDirectory).sort()).toEqual(
      [basename(result.output.directory), 'function.log', 'mine.txt'].sort(),
    );
  });

  it.each([
    ['exits', 'process.exit()', 'The function exited before it responded'],
    [
      'never responds',
      'await new Promise((resolve) => setInterval(resolve, 1e9))',
      'Task timed out after 3.00 s',
    ],
  ])('ends when the function %s, and names its log', async (_how, body, message) => {
    // Prepare
    const directory = join(temporaryDirectory(), 'assembly');
    cpSync(assemblyOf({ timeout: '3', ...withoutProof }), directory, { recursive: true });
    const { assetDirectory } = (await readLocalStack(directory, defaultStackName)).producer.function;
    writeFileSync(join(assetDirectory, 'index.mjs'), `export const handler = async () => { ${body} };`);

    // Act: directly, and through the queue, where it is tried again
    const [direct, queued] = [
      run({ payload: { count: 10 }, assemblyDirectory: directory }),
      run({ payload: { runId: 'r' }, slices: [[0, 10]], assemblyDirectory: directory }),
    ];

    // Assess
    await expect(direct).rejects.toThrow(new RegExp(`^${message}.*; the function's log is .*function.log$`));
    await expect(queued).rejects.toThrow(/the function's log is .*function.log$/);
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
