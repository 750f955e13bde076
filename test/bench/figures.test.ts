import { describe, expect, it } from 'vitest';
import { formatTable } from '../../lib/terminal/table.ts';
import { sharesOf } from './bundle.ts';
import { rowNames } from './contenders.ts';
import { benchmarkOf, observationOf } from './factories.ts';
import { hasToWait } from './limit-cpu.ts';
import { formatPage } from './page.ts';
import { barLength, plotBenchmark } from './plot.ts';
import { dollarsOf, figuresOf, median, ratioOf, spread } from './statistics.ts';
import { toJson } from './tables.ts';
import { assessTargets } from './targets.ts';

describe('the figures of the benchmark', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
  ])('have %j with the median %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('have no median of nothing', () => {
    expect(() => median([])).toThrow('no value');
  });

  it('are as far apart as the lowest and the highest, as a share of the median', () => {
    expect(spread([90, 100, 120])).toBeCloseTo(0.3);
  });

  it('are medians of the repetitions', () => {
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

  it('compare two contenders repetition by repetition', () => {
    // Prepare: the machine was half as fast in the second repetition.
    const ours = [1_000, 2_000, 1_000].map((durationMs) => observationOf({ durationMs }));
    const others = [5_000, 10_000, 5_000].map((durationMs) => observationOf({ durationMs }));

    // Assess
    expect(ratioOf(ours, others)).toBe(5);
  });

  it("have the bill of the lesson's million events at $0.138", () => {
    expect(dollarsOf(5_120e6)).toBeCloseTo(0.138, 3);
  });

  it('count the bundle by package, nested ones by their own name', () => {
    // Prepare
    const inputs = {
      'lambda/handler.ts': { bytesInOutput: 10 },
      'lambda/slice.ts': { bytesInOutput: 5 },
      'node_modules/valibot/dist/index.mjs': { bytesInOutput: 20 },
      'node_modules/a/node_modules/@smithy/core/index.js': { bytesInOutput: 30 },
    };

    // Act
    const shares = sharesOf({ inputs } as unknown as Parameters<typeof sharesOf>[0]);

    // Assess
    expect(shares).toEqual([
      { name: '@smithy/core', bytes: 30 },
      { name: 'valibot', bytes: 20 },
      { name: 'this project', bytes: 15 },
    ]);
  });

  it('let a throttled process run while it is under its share', () => {
    expect([hasToWait(29, 101, 0.29), hasToWait(30, 100, 0.29)]).toEqual([false, true]);
  });
});

describe('what the benchmark prints', () => {
  it('is, as JSON, exactly what was agreed', () => {
    // Act
    const document = toJson(benchmarkOf()) as { rows: { name: string }[] };

    // Assess
    expect(Object.keys(document)).toEqual(['node', 'cores', 'rows']);
    expect(document.rows.map(({ name }) => name)).toEqual([...rowNames]);
    expect(document.rows[0]).toEqual({
      name: 'lesson',
      eventsPerSecond: 500,
      cpuMicrosPerEvent: 0.5,
      peakRssMiB: 100,
      dataBytesPerEvent: 68,
      billedBytesPerMillion: 5.12e9,
    });
  });

  it('has tables whose columns stand in line', () => {
    expect(
      formatTable([
        ['name', 'n'],
        ['a', '1,000'],
      ]),
    ).toBe(['| name |     n |', '| ---- | ----: |', '| a    | 1,000 |'].join('\n'));
  });

  it('says of each target whether it is reached', () => {
    // Prepare
    const benchmark = benchmarkOf();
    const slow = { ...benchmark, oursTimes: { ...benchmark.oursTimes, batch: 14 } };

    // Assess
    expect(assessTargets(benchmark).filter(({ reached }) => !reached)).toEqual([]);
    expect(assessTargets(slow).filter(({ reached }) => !reached)).toEqual([
      { target: 'ours / batch, events/s ≥ 15', measured: '14', reached: false },
    ]);
  });

  it('leaves out what a quick run did not measure', () => {
    // Prepare
    const { details: _, ...quick } = benchmarkOf();

    // Assess
    expect(assessTargets(quick)).toHaveLength(9);
    expect(formatPage(quick)).not.toContain('Cold start');
    expect(formatPage(benchmarkOf())).toContain('Cold start');
  });

  it('plots a bar a row, on a scale of factors of ten', () => {
    // Act
    const svg = plotBenchmark(benchmarkOf());

    // Assess
    expect(svg.match(/<rect x=/g)).toHaveLength(rowNames.length);
    expect([barLength(1_000, 100, 100_000), barLength(100_000, 100, 100_000)]).toEqual([1 / 3, 1]);
  });
});
