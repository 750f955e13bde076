import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { billedBytes, type Target, targets } from '../../lambda/contract/targets.ts';
import { createDefaultPacker } from '../../lambda/producer/events/default-events.ts';
import { createTemplatePacker } from '../../lambda/producer/events/template-events.ts';
import { prices } from '../../lib/aws/prices.ts';
import {
  billedBytesOf,
  defaultEventSizes,
  eventSizesOf,
  formatFiguresOf,
} from '../../lib/cost/format-figures.ts';
import { readTemplateFile } from '../../lib/template/template-file.ts';
import { recordsOf } from '../producer/factories.ts';
import { costsOf, estimateOf } from './factories.ts';
import { simulateCosts } from './simulated-costs.ts';

/** Billed bytes of the producer's records, with requests as large as the quota of us-east-1 allows. */
function packedBytes(
  to: number,
  recordFormat: RecordFormat,
  createPacker = createDefaultPacker,
  target: Target = 'firehose',
  biller: Target = target,
): number {
  const records = recordsOf(
    {
      slice: { from: 0, to },
      packRecords: createPacker(recordFormat, 'my-stream', 'run-1', 'after', targets[target]),
    },
    { bytes: 524_288, events: Number.POSITIVE_INFINITY },
  );
  return records.reduce((sum, { data }) => sum + billedBytes(data.length, targets[biller]), 0);
}

const formatFigures = formatFiguresOf(defaultEventSizes);

const counts = [1, 75, 76, 150, 151, 450, 451, 452, 902, 903, 4_987, 4_988, 25_567, 1_000_000];

describe('the billed bytes of a run', () => {
  it.each(counts)("of %i events are those of the producer's own records, as ndjson and single", (count) => {
    for (const recordFormat of ['ndjson', 'single'] as const) {
      expect(billedBytesOf(count, formatFigures[recordFormat])).toBe(packedBytes(count, recordFormat));
    }
  });

  it.each(counts)(
    "of %i events are within half a percent of the producer's own records, as gzip",
    (count) => {
      const ratio = billedBytesOf(count, formatFigures.gzip) / packedBytes(count, 'gzip');
      expect(Math.abs(ratio - 1)).toBeLessThan(0.005);
    },
  );

  it.each(readdirSync('docs/events'))(
    "of the template %s are within 3 % of the producer's own records",
    (file) => {
      // Prepare
      const checked = readTemplateFile(`docs/events/${file}`);
      const figures = formatFiguresOf(eventSizesOf(checked));
      const createPacker = checked.isDefault ? createDefaultPacker : createTemplatePacker(checked.template);

      for (const recordFormat of ['ndjson', 'gzip', 'single'] as const) {
        // Act
        const ratio =
          billedBytesOf(25_000, figures[recordFormat]) / packedBytes(25_000, recordFormat, createPacker);

        // Assess
        expect(Math.abs(ratio - 1), recordFormat).toBeLessThan(0.03);
      }
    },
  );

  it.each(['kinesis', 'kinesis-on-demand'] as const)(
    "of %s are those of the producer's own records: of Kinesis, and of Firehose behind it",
    (target) => {
      for (const biller of [target, 'firehose'] as const) {
        for (const [recordFormat, accuracy] of [
          ['ndjson', 0],
          ['single', 0],
          ['gzip', 0.01],
        ] as const) {
          for (const count of [1, 376, 377, 100_000]) {
            // Act
            const figures = formatFiguresOf(defaultEventSizes, targets[target])[recordFormat];
            const estimated = billedBytesOf(count, figures, targets[biller]);

            // Assess
            const packed = packedBytes(count, recordFormat, createDefaultPacker, target, biller);
            expect(
              Math.abs(estimated / packed - 1),
              `${count} ${recordFormat} ${biller}`,
            ).toBeLessThanOrEqual(accuracy);
          }
        }
      }
    },
  );

  it('of a run that is cut are those of its slices', () => {
    const count = 2_000_100;
    const { billedBytes } = costsOf('ndjson', { count });
    expect(billedBytes).toBe(2 * packedBytes(1_000_000, 'ndjson') + packedBytes(100, 'ndjson'));
  });
});

describe('the costs of a run', () => {
  it.each([1_000_000, 3_000_000])('of %i events are those of the simulated producer', async (count) => {
    // Prepare
    const { dollars, messages } = await simulateCosts(count);

    // Act
    const { usdPerRun, invocations } = costsOf('ndjson', { count });

    // Assess
    expect(usdPerRun.firehose).toBeCloseTo(dollars.firehose, 12);
    expect(Math.abs(usdPerRun.lambda / dollars.lambda - 1)).toBeLessThan(0.1);
    expect(usdPerRun.sqs).toBeCloseTo(dollars.sqs, 12);
    expect(invocations).toBe(messages + 1);
  });

  it('of events of a template are those of the simulated producer', async () => {
    // Prepare
    const checked = readTemplateFile('docs/events/iot-sensor.json');
    const { dollars } = await simulateCosts(200_000, createTemplatePacker(checked.template));

    // Act
    const { usdPerRun } = costsOf('ndjson', { count: 200_000, sizes: checked });

    // Assess
    expect(Math.abs(usdPerRun.firehose / dollars.firehose - 1)).toBeLessThan(0.03);
    expect(Math.abs(usdPerRun.lambda / dollars.lambda - 1)).toBeLessThan(0.2);
  });

  it('depend on the processor where that is slower than the stream', () => {
    expect(costsOf('single', { count: 1_000_000 }).lambdaSeconds).toBeCloseTo(6 / (512 / 1_769) + 0.04, 6);
  });

  it('are a 72nd of those with one event per record, for a million events', () => {
    expect(1 / costsOf('ndjson', { count: 1_000_000 }).partOfSingle!).toBeCloseTo(71.85, 1);
    expect(costsOf('single', { count: 1_000_000 }).partOfSingle).toBe(1);
  });

  it('follow the prices', () => {
    const dear = costsOf('gzip', { prices: { ...prices, firehoseUsdPerGb: 0.058 } });
    expect(dear.usdPerRun.firehose).toBeCloseTo(2 * costsOf('gzip').usdPerRun.firehose, 15);
    expect(dear.usdPerRun.lambda).toBe(costsOf('gzip').usdPerRun.lambda);
  });

  it('are no part of anything when all is free', () => {
    // Prepare
    const free = Object.fromEntries(Object.keys(prices).map((key) => [key, 0])) as unknown as typeof prices;

    // Act
    const { partOfSingle, usdPerMonth } = costsOf('ndjson', { prices: free });

    // Assess
    expect(partOfSingle).toBeNull();
    expect(usdPerMonth.total).toBe(0);
  });

  it.each(Object.entries(formatFigures))(
    'take the CPU time of the benchmark, as %s',
    (recordFormat, { cpuMicrosPerEvent }) => {
      // Prepare
      const page = readFileSync('docs/benchmarks.md', 'utf8');
      const row = page.split('\n').find((line) => line.startsWith(`| ours-${recordFormat} `))!;

      // Act
      const measured = Number(row.split('|')[5]);

      // Assess: rounded, and no two machines are alike
      expect(cpuMicrosPerEvent / measured).toBeGreaterThan(0.6);
      expect(cpuMicrosPerEvent / measured).toBeLessThan(1.6);
    },
  );
});

describe('the costs of a month', () => {
  it('are those of all runs, and of what is there whether it runs or not', () => {
    // Act
    const { usdPerRun, usdPerMonth } = costsOf('single', { count: 1_000_000, schedule: 'rate(1 hour)' });

    // Assess
    const { total, ...parts } = usdPerMonth;
    expect(parts.firehose).toBeCloseTo(730 * usdPerRun.firehose, 9);
    expect(total).toBeCloseTo(
      Object.values(parts).reduce((sum, part) => sum + part),
      9,
    );
    expect(parts).toMatchObject({ sqs: 657_000 * 0.0000004, scheduler: 730 * 0.000001, dashboards: 0 });
    expect(parts.s3).toBeCloseTo(730 * (2 * 0.000005 + (20_450_000 / 2 ** 30) * (720 / 730) * 0.023), 6);
    expect(parts.logs).toBeCloseTo(730 * (5_000 / 2 ** 30) * 0.5, 9);
  });

  it('count metrics by the hour in which there is a run', () => {
    const { metrics } = costsOf('ndjson', { schedule: 'cron(0/5 8,20 * * ? *)' }).usdPerMonth;
    expect(metrics).toBeCloseTo(costsOf('ndjson').usdPerMonth.metrics / 12, 2);
  });

  it('without a schedule are those of what watches the producer', () => {
    // Act
    const { firehose, lambda, metrics, alarms, dashboards } = costsOf('ndjson', {
      ...{ schedule: 'off', monitoring: 'full' },
    }).usdPerMonth;

    // Assess
    expect([firehose, lambda, metrics]).toEqual([0, 0, 0]);
    expect(alarms + dashboards).toBeGreaterThan(0);
  });

  it('include the hours of a Kinesis stream, its records, and their reading if it is billed on demand', () => {
    // Act
    const usdOf = (question: Parameters<typeof estimateOf>[0]) =>
      costsOf('ndjson', { count: 1_000_000, schedule: 'rate(1 hour)', ...question }).usdPerMonth.kinesis;

    // Assess: 2,659 records of 376 events, and one of 216
    expect(usdOf({ target: 'kinesis', shards: 3 })).toBeCloseTo(
      3 * 0.015 * 730 + 730 * 2_660 * 0.000000014,
      9,
    );
    const gigabytes = (2_659 * 25_600 + 15 * 1_024) / 2 ** 30;
    expect(usdOf({ target: 'kinesis-on-demand' })).toBeCloseTo(0.04 * 730 + 730 * gigabytes * 0.12, 9);
    expect(usdOf({})).toBe(0);
  });

  it('of one event per record take as long as the record quota of the shards asks for', () => {
    const { lambdaSeconds } = costsOf('single', { target: 'kinesis', shards: 2, count: 1_000_000 });
    expect(lambdaSeconds).toBeCloseTo(500.04, 6);
  });

  it("include the ratio to a stream's quota", () => {
    // Act
    const { formats } = estimateOf({ count: 10_000_000, schedule: 'rate(1 minute)' });

    // Assess: 680 MB a minute against 5 MiB a second
    expect(formats.map(({ quotaShare }) => Number(quotaShare.toFixed(2)))).toEqual([2.16, 0.65, 2.16]);
  });

  it('stay under a dollar for proof, without monitoring', () => {
    // Act
    const { proof, metrics, alarms, dashboards, total } = costsOf('ndjson', {
      monitoring: 'off',
    }).usdPerMonth;

    // Assess
    expect([metrics, alarms, dashboards]).toEqual([0, 0, 0]);
    expect(proof).toBeGreaterThan(0.25);
    expect(total).toBeLessThan(1);
  });

  it('have no part for proof without it', () => {
    expect(costsOf('ndjson', { proof: false }).usdPerMonth.proof).toBe(0);
  });

  it('count a claim a slice, and what Lambda pays to ask for claims', () => {
    // Act
    const proof = (schedule: string, count: number) =>
      costsOf('ndjson', { schedule, count }).usdPerMonth.proof;

    // Assess
    const polls = 657_000 * 0.0000004;
    expect(proof('off', 100)).toBeCloseTo(polls, 12);
    const claim = (proof('rate(1 hour)', 100) - polls) / 730;
    const claims = (proof('rate(1 hour)', 3_000_000) - polls) / 730;
    expect(claims / claim).toBeGreaterThan(3);
  });

  it('need a schedule that repeats', () => {
    expect(() => estimateOf({ schedule: 'at(2026-11-22T08:00:00)' })).toThrow('schedule is "at(');
  });
});
