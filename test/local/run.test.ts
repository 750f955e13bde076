import { describe, expect, it } from 'vitest';
import { type LocalRun, type LocalRunOptions, runLocally } from '../../lib/local/run.ts';
import { linesIn, objectsIn, temporaryDirectory, uuidOf, uuidsOf } from './factories.ts';

function run(options: Partial<LocalRunOptions> & Pick<LocalRunOptions, 'payload'>): Promise<LocalRun> {
  return runLocally({
    context: {},
    outputDirectory: temporaryDirectory(),
    assemblyDirectory: temporaryDirectory(),
    onProgress: () => {},
    ...options,
  });
}

/** Every event of the run is in the bucket once, and nothing else is. */
function expectWhole({ report, output }: LocalRun): void {
  const missing = new Set(uuidsOf(report.deliveryStreamName, report.runId, report.eventsRequested));
  // Deleting says whether it was there: a duplicate, or an event of no such run, is unexpected.
  const unexpected = linesIn(output.directory).filter((line) => !missing.delete(uuidOf(line)));
  expect({ missing: missing.size, unexpected }).toEqual({ missing: 0, unexpected: [] });
}

describe('a run on this machine', () => {
  it.each([
    ['ndjson', 1_000_000, 68],
    ['gzip', 1_000_000, 22],
    ['single', 20_000, 68],
  ])('as %s leaves exactly the %i events that the rule gives', async (recordFormat, count, bytesPerEvent) => {
    // Act
    const result = await run({ payload: { count, runId: 'run-1' }, context: { recordFormat } });

    // Assess
    expectWhole(result);
    expect(result.report).toMatchObject({ eventsDelivered: count, eventsUndelivered: 0, recordsRetried: 0 });
    expect(result.report.bytesDelivered / count).toBeCloseTo(bytesPerEvent, 0);
    expect(result.output.objects).toBe(objectsIn(result.output.directory).length);
    expect(result.maxMemoryUsedMiB).toBeLessThan(256);
  });

  it('loses nothing and doubles nothing when Firehose refuses 30 % of the records', async () => {
    // Prepare
    let refused = 0;
    const admit = () => {
      if (Math.random() < 0.3) {
        refused += 1;
        return 'ServiceUnavailableException' as const;
      }
      return undefined;
    };

    // Act
    const result = await run({ payload: { count: 300_000 }, admit });

    // Assess
    expectWhole(result);
    expect(refused).toBeGreaterThan(100);
    expect(result.report.recordsRetried).toBe(refused);
  });

  it('says which stage failed when the stack cannot be synthesized', async () => {
    await expect(run({ payload: {}, context: { count: 'x' } })).rejects.toThrow(
      'cdk synth failed: context count is "x"',
    );
  });
});
