import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runBenchmark } from './benchmark.ts';
import { rowNames } from './contenders.ts';

describe('the benchmark', () => {
  it('measures every row, and the endpoint receives exactly the events sent', async () => {
    // Act: a hundredth of a quick run; a missing or extra event would fail it.
    const { rows } = await runBenchmark({ quick: true, divisor: 100, onProgress: () => {} });

    // Assess
    expect(Object.keys(rows)).toEqual([...rowNames]);
    for (const name of rowNames) {
      expect(rows[name].eventsPerSecond).toBeGreaterThan(0);
      expect(rows[name].cpuMicrosPerEvent).toBeGreaterThan(0);
      expect(rows[name].peakRssMiB).toBeGreaterThan(20);
      expect(rows[name].requests).toBeGreaterThan(0);
    }
    expect(rows['one-by-one']).toMatchObject({ dataBytesPerEvent: 68, billedBytesPerMillion: 5.12e9 });
    expect(rows['ours-single']).toMatchObject({ dataBytesPerEvent: 68, billedBytesPerMillion: 5.12e9 });
    expect(rows['ours-ndjson'].dataBytesPerEvent).toBe(68);
    expect(rows['ours-gzip'].dataBytesPerEvent).toBeLessThan(20.6);
    expect(rows['gzip-zlib'].dataBytesPerEvent).toBeGreaterThan(21);
  }, 120_000);

  it.each([
    [['--qiuck'], "error: unknown option '--qiuck'\n(Did you mean --quick?)\n"],
    [
      ['5'],
      'error: too many arguments. Expected 0 arguments but got 1.\nPut options after --, for example: npm run bench -- --quick\n',
    ],
  ])('refuses %j with one error message and status 2', (options, message) => {
    // Act
    const command = ['run', '--silent', 'bench', '--', ...options];
    const { stdout, stderr, status } = spawnSync('npm', command, { encoding: 'utf8' });

    // Assess
    expect([status, stdout, stderr]).toEqual([2, '', message]);
  });
});
