import type { Benchmark } from './benchmark.ts';
import { rowNames } from './contenders.ts';
import type { Observation } from './harness.ts';
import { atMost } from './section.ts';
import { recordOf } from './statistics.ts';

/** One repetition: a million events per second. */
export function observationOf(options: Partial<Observation> = {}): Observation {
  const sent = { events: 1_000_000, checksum: 0 };
  const records = { dataBytes: 68e6, billedBytes: 68.1e6, records: 2_218, recordsRefused: 0 };
  const received = { ...sent, ...records, requests: 10 };
  return { ...sent, durationMs: 1_000, cpuMicros: 500_000, peakRssMiB: 100, received, ...options };
}

/** A benchmark that reaches every target. */
export function benchmarkOf(): Benchmark {
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
    lesson: { ...single, eventsPerSecond: 500 },
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
