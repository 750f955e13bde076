import { describe, expect, it } from 'vitest';
import { pairsLength } from '../../../lambda/contract/slice.ts';
import { quotas } from '../../../lib/aws/quotas.ts';
import type { LocalRunOptions } from '../../../lib/commands/start/run.ts';
import { summarize } from '../../../lib/commands/start/summary.ts';
import { parseFaults } from '../../../lib/emulator/faults.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { temporaryDirectory } from './factories.ts';
import { extraCopies, run } from './local-run.ts';

/** Runs the stack with a Kinesis stream in front, and its proof. */
function runKinesis(options: Partial<LocalRunOptions> & Pick<LocalRunOptions, 'payload'>) {
  return run({ assemblyDirectory: assemblyOf({ source: 'kinesis' }), ...options });
}

describe('a local run through a Kinesis stream', () => {
  it.each([
    ['nothing goes wrong', 200_000, {}],
    [
      'records are refused and requests fail',
      100_000,
      { faults: parseFaults('throttle=0.3,error=0.05,miscount=0.02') },
    ],
    ['the shard is full', 100_000, { quota: quotas.default }],
  ])('is proven when %s', async (_what, count, options) => {
    // Act
    const result = await runKinesis({ payload: { count, runId: 'run-1' }, ...options });

    // Assess: the UUIDs are those of the Kinesis stream's name
    expect(result.report).toMatchObject({
      deliveryStreamName: expect.stringMatching(/KinesisStream$/),
      eventsDelivered: count,
      eventsUndelivered: 0,
    });
    expect(result.proof).toMatchObject({ eventsProven: count, eventsUnproven: 0, lost: [] });
    expect(extraCopies(result)).toBeLessThanOrEqual(result.report.eventsUncertain);
    expect(summarize(result)).toMatch(/; Kinesis refused \d/);
  });

  it('names what was lost, and sending that again completes it', async () => {
    // Prepare
    const outputDirectory = temporaryDirectory();
    const payload = { count: 100_000, runId: 'run-1' };

    // Act
    const first = await runKinesis({ payload, outputDirectory, faults: parseFaults('lose=0.05') });
    const { lost } = first.proof!;
    const second = await runKinesis({ payload: { runId: 'run-1' }, slices: lost, outputDirectory });

    // Assess
    expect(first.report.eventsDelivered).toBe(100_000);
    expect(lost.length).toBeGreaterThan(0);
    expect(first.proof?.eventsUnproven).toBe(0);
    expect(summarize(first)).toContain('Kinesis acknowledged them, and they are not in the bucket');
    expect(second.proof).toMatchObject({ eventsProven: pairsLength(lost), lost: [] });
    expect(extraCopies(first)).toBe(0);
  });
});
