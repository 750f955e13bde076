import { describe, expect, it } from 'vitest';
import { formatTable } from '../../lib/terminal/table.ts';
import type { Benchmark } from './benchmark.ts';
import { sharesOf } from './bundle.ts';
import { rowNames } from './contenders.ts';
import type { Observation } from './harness.ts';
import { formatPage } from './page.ts';
import { barLength, plotBenchmark } from './plot.ts';
import { mustWait } from './process-usage.ts';
import { rowSection, toJson } from './rows.ts';
import { atLeast, atMost } from './section.ts';
import { dollarsOf, figuresOf, median, ratioOf, recordOf, spread } from './statistics.ts';

/** One repetition: a million events per second. */
function observationOf(options: Partial<Observation> = {}): Observation {
  const sent = { events: 1_000_000, checksum: 0 };
  const records = { dataBytes: 68e6, billedBytes: 68.1e6, records: 2_218, recordsRefused: 0 };
  const received = { ...sent, ...records, requests: 10 };
  return { ...sent, durationMs: 1_000, cpuMicros: 500_000, peakRssMiB: 100, received, ...options };
}

/** A benchmark that reaches every target. */
function benchmarkOf(): Benchmark {
  const figures = {
    repetitions: 3,
    eventsPerSecond: 1_000_000,
    eventsPerSecondSpread: 0.1,
    cpuMicrosPerEvent: 0.5,
    peakRssMiB: 100,
    requests: 10,
    dataBytesPerEvent: 68,
    billedBytesPerMillion: 68.1e6,
  };
  const single = { ...figures, billedBytesPerMillion: 5.12e9 };
  const gzip = { ...figures, cpuMicrosPerEvent: 0.3, dataBytesPerEvent: 20.4, billedBytesPerMillion: 20.5e6 };
  const rows = {
    'one-by-one': { ...single, eventsPerSecond: 500 },
    parallel: { ...single, eventsPerSecond: 1_000 },
    batch: { ...single, eventsPerSecond: 50_000 },
    'ours-ndjson': figures,
    'ours-single': { ...single, eventsPerSecond: 100_000 },
    'ours-gzip': gzip,
    'gzip-zlib': { ...gzip, dataBytesPerEvent: 21.9 },
    limit: figures,
  };
  return {
    node: 'v24.0.0',
    cores: 2,
    rows,
    oursTimes: recordOf(rowNames, (name) => figures.eventsPerSecond / rows[name].eventsPerSecond),
    details: [{ title: 'Cold start', table: [['ms'], ['400']], targets: [atMost('cold start', 500, 400)] }],
  };
}

describe('the figures of the benchmark', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
  ])('%j have the median %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('there is no median without values', () => {
    expect(() => median([])).toThrow('at least one value');
  });

  it('the spread is the range as a share of the median', () => {
    expect(spread([90, 100, 120])).toBeCloseTo(0.3);
  });

  it('figures are medians of the repetitions', () => {
    // Act
    const figures = figuresOf([1_000, 2_000, 4_000].map((durationMs) => observationOf({ durationMs })));

    // Assess
    expect(figures).toMatchObject({
      repetitions: 3,
      eventsPerSecond: 500_000,
      cpuMicrosPerEvent: 0.5,
      dataBytesPerEvent: 68,
      billedBytesPerMillion: 68.1e6,
    });
  });

  it('ratios compare two rows repetition by repetition', () => {
    // Prepare: the machine was half as fast in the second repetition.
    const ours = [1_000, 2_000, 1_000].map((durationMs) => observationOf({ durationMs }));
    const others = [5_000, 10_000, 5_000].map((durationMs) => observationOf({ durationMs }));

    // Assess
    expect(ratioOf(ours, others)).toBe(5);
  });

  it('the bill for a million events is $0.138', () => {
    expect(dollarsOf(5_120e6)).toBeCloseTo(0.138, 3);
  });

  it('the bundle is counted by package, nested packages by their own name', () => {
    // Prepare
    const inputs = {
      'lambda/handler.ts': { bytesInOutput: 10 },
      'lambda/slice.ts': { bytesInOutput: 5 },
      'node_modules/valibot/dist/index.mjs': { bytesInOutput: 20 },
      'node_modules/a/node_modules/@smithy/core/index.js': { bytesInOutput: 30 },
    };

    // Act
    const shares = sharesOf({ inputs });

    // Assess
    expect(shares).toEqual([
      { name: '@smithy/core', bytes: 30 },
      { name: 'valibot', bytes: 20 },
      { name: 'this project', bytes: 15 },
    ]);
  });

  it('a limited process runs while it is below its share', () => {
    expect([mustWait(29, 101, 0.29), mustWait(30, 100, 0.29)]).toEqual([false, true]);
  });
});

describe('the output of the benchmark', () => {
  it('has the documented JSON format', () => {
    // Act
    const document = toJson(benchmarkOf()) as { rows: { name: string }[] };

    // Assess
    expect(Object.keys(document)).toEqual(['node', 'cores', 'rows']);
    expect(document.rows.map(({ name }) => name)).toEqual([...rowNames]);
    expect(document.rows[0]).toEqual({
      name: 'one-by-one',
      eventsPerSecond: 500,
      cpuMicrosPerEvent: 0.5,
      peakRssMiB: 100,
      dataBytesPerEvent: 68,
      billedBytesPerMillion: 5.12e9,
    });
  });

  it('aligns the columns of tables', () => {
    const table = formatTable([
      ['name', 'n'],
      ['a', '1,000'],
    ]);
    expect(table).toBe(['| name |     n |', '| ---- | ----: |', '| a    | 1,000 |'].join('\n'));
  });

  it('shows for each target whether it is reached', () => {
    // Prepare
    const benchmark = benchmarkOf();
    const slow = { ...benchmark, oursTimes: { ...benchmark.oursTimes, batch: 14 } };
    const missed = rowSection(slow).targets.filter(({ reached }) => !reached);

    // Assess
    expect(rowSection(benchmark).targets.every(({ reached }) => reached)).toBe(true);
    expect(missed).toEqual([{ target: 'ours / batch, events/s ≥ 15', measured: '14', reached: false }]);
  });

  it.each([
    [atLeast('a', 2, 2), { target: 'a ≥ 2', measured: '2', reached: true }],
    [atLeast('a', 2, 1.9, 1), { target: 'a ≥ 2', measured: '1.9', reached: false }],
    [atMost('a', 2, 2), { target: 'a ≤ 2', measured: '2', reached: true }],
    [atMost('a', 2, 2.1, 1, 'ms'), { target: 'a ≤ 2 ms', measured: '2.1 ms', reached: false }],
  ])('compares a figure with its bound: %j', (target, expected) => {
    expect(target).toEqual(expected);
  });

  it('omits the details after a quick run', () => {
    // Prepare
    const { details: _, ...quick } = benchmarkOf();

    // Assess
    expect(rowSection(quick).targets).toHaveLength(9);
    expect(formatPage(quick)).not.toContain('Cold start');
    expect(formatPage(benchmarkOf())).toContain('## Cold start');
    expect(formatPage(benchmarkOf())).toContain('cold start ≤ 500');
  });

  it('plots one bar per row and for boto3, on a logarithmic axis', () => {
    // Act
    const { rows } = benchmarkOf();
    const svg = plotBenchmark({ ...benchmarkOf(), boto3: rows['one-by-one'] });

    // Assess
    expect(svg.match(/<rect x=/g)).toHaveLength(rowNames.length + 1);
    expect(svg).toContain('text-anchor="middle">100<');
    expect(svg).toContain('prefers-color-scheme:dark');
    expect([barLength(1_000, 100, 100_000), barLength(100_000, 100, 100_000)]).toEqual([1 / 3, 1]);
  });
});
