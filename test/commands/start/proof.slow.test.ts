import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pairsLength } from '../../../lambda/contract/slice.ts';
import { isProven } from '../../../lib/commands/start/proof.ts';
import { type LocalRunOptions, runLocally } from '../../../lib/commands/start/run.ts';
import { summarize } from '../../../lib/commands/start/summary.ts';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import { producerLogBytes, proverLogBytes } from '../../../lib/cost/keeping.ts';
import { parseFaults } from '../../../lib/emulator/faults.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { temporaryDirectory } from './factories.ts';

const assemblyDirectory = assemblyOf();

function run(options: Partial<LocalRunOptions> & Pick<LocalRunOptions, 'payload'>) {
  return runLocally({
    assemblyDirectory,
    outputDirectory: temporaryDirectory(),
    onStep: () => {},
    onProgress: () => {},
    ...options,
  });
}

describe('the prover of a local run', () => {
  it('is read from the template, with its queue', async () => {
    // Act
    const { producer, prover, queues } = await readLocalStack(assemblyDirectory, defaultStackName);

    // Assess
    const { environment } = prover!.function;
    expect(producer.queueName).toMatch(/WorkQueue$/);
    expect(prover!.queueName).toMatch(/ProofQueue$/);
    expect(environment.PROOF_QUEUE_URL).toMatch(new RegExp(`/${prover!.queueName}$`));
    expect(environment.BUCKET_NAME).toMatch(/^[a-z-]+bucket$/);
    expect(producer.function.environment.PROOF_QUEUE_URL).toBe(environment.PROOF_QUEUE_URL);
    expect(prover!.lostAfterHours).toBe(25);
    expect(queues.map(({ queueName }) => queueName)).toContain(prover!.deadLetterQueueName);
    expect(queues.find(({ queueName }) => queueName === prover!.queueName)).toMatchObject({
      maxReceiveCount: 1_000,
      deadLetterQueueName: prover!.deadLetterQueueName,
    });
  });

  it('proves a run, soon', async () => {
    // Act
    const result = await run({ payload: { count: 100, runId: 'run-1' } });

    // Assess
    expect(result.proof).toMatchObject({ claims: 1, eventsProven: 100, eventsUnproven: 0, lost: [] });
    expect(result.proof!.sinceSentMs).toBeLessThan(10_000);
    expect(isProven(result.proof!)).toBe(true);
    expect(summarize(result).split('\n').at(-1)).toMatch(
      /^Proven: all 100 events are in the bucket, \d\.\d s after they were sent$/,
    );
    expect(summarize(result)).toMatch(
      / {2}proof {4}1 claim, .*; the prover's delays are 1\/60 of those in AWS; /,
    );
    // No more than `npm run cost` counts, with the three lines that Lambda adds.
    const lambdaBytes = 400;
    const log = readFileSync(result.logPath, 'utf8');
    const proverLog = readFileSync(result.proof!.logPath, 'utf8');
    const verdicts = proverLog.match(/"verdict"/g)!.length;
    expect(log.length + lambdaBytes).toBeLessThan(producerLogBytes);
    expect(proverLog.length / verdicts + lambdaBytes).toBeLessThan(proverLogBytes);
  });

  it('names exactly the lost events, which sent again are proven', async () => {
    // Prepare
    const outputDirectory = temporaryDirectory();
    const payload = { count: 200_000, runId: 'run-1' };

    // Act
    const lossy = await run({ payload, outputDirectory, faults: parseFaults('lose=0.01') });
    const { lost } = lossy.proof!;
    const again = await run({ payload: { runId: 'run-1' }, slices: lost, outputDirectory });

    // Assess: a record holds 451 events
    expect(lost.length).toBeGreaterThan(0);
    expect(pairsLength(lost) % 451).toBe(0);
    expect(lossy.report).toMatchObject({ eventsDelivered: 200_000, eventsUndelivered: 0 });
    expect(lossy.proof).toMatchObject({ eventsProven: 200_000 - pairsLength(lost), lostAfterHours: 25 });
    expect(isProven(lossy.proof!)).toBe(false);
    expect(again.report).toMatchObject({
      runId: 'run-1',
      from: lost[0]![0],
      to: lost.at(-1)![1],
      eventsRequested: pairsLength(lost),
      eventsDelivered: pairsLength(lost),
    });
    expect(again.proof).toMatchObject({ eventsProven: pairsLength(lost), lost: [], eventsUnproven: 0 });
  });

  it('waits for events that land late, and proves them in the end', async () => {
    // Act
    const result = await run({ payload: { count: 1_000 }, faults: parseFaults('s3=deny@0s-6s') });

    // Assess
    expect(result.proof).toMatchObject({ eventsProven: 1_000, lost: [], eventsUnproven: 0 });
    expect(result.proof!.looks).toBeGreaterThan(1);
    expect(readFileSync(result.proof!.logPath, 'utf8')).toContain('claim waiting');
  });

  it('stops waiting for a prover that fails', async () => {
    // Prepare
    const broken = join(temporaryDirectory(), 'assembly');
    cpSync(assemblyDirectory, broken, { recursive: true });
    const { prover } = await readLocalStack(broken, defaultStackName);
    writeFileSync(
      join(prover!.function.assetDirectory, 'index.mjs'),
      "export const handler = () => { throw new Error('no'); };",
    );

    // Act
    const result = await run({
      payload: { count: 10 },
      assemblyDirectory: broken,
      faults: parseFaults('lose=0.0000001'),
    });

    // Assess
    expect(result.proof).toMatchObject({ eventsProven: 0, eventsUnproven: 10, lost: [] });
    expect(summarize(result).split('\n').at(-1)).toMatch(
      /^NOT proven: the prover did not find 10 of 10 events; its log is .*prover\.log$/,
    );
  }, 60_000);
});

describe('the bundles of the default event', () => {
  it("have no words, and the producer's no compiler of templates", async () => {
    // Act
    const { producer, prover } = await readLocalStack(assemblyDirectory, defaultStackName);

    // Assess
    const rows = [
      {
        assetDirectory: producer.function.assetDirectory,
        unused: /FakerBot|weightedArrayElement|random\.uuid/,
      },
      { assetDirectory: prover!.function.assetDirectory, unused: /FakerBot/ },
    ];
    for (const { assetDirectory, unused } of rows) {
      expect(existsSync(join(assetDirectory, 'event-template.txt'))).toBe(false);
      expect(readFileSync(join(assetDirectory, 'index.mjs'), 'utf8')).not.toMatch(unused);
    }
  });
});
