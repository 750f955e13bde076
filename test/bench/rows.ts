import type { Benchmark } from './benchmark.ts';
import { rowNames } from './contenders.ts';
import { atLeast, atMost, type Section, show, type Table, type Target } from './section.ts';
import { dollarsOf, type Figures } from './statistics.ts';

const rawBytesPerMillion = 68e6;

export function rowSection(benchmark: Benchmark): Section {
  return { table: rowTable(benchmark), targets: rowTargets(benchmark) };
}

export function toJson({ node, cores, rows }: Benchmark): object {
  return {
    node,
    cores,
    rows: rowNames.map((name) => {
      const { repetitions: _r, eventsPerSecondSpread: _s, requests: _q, ...figures } = rows[name];
      return { name, ...figures };
    }),
  };
}

function rowTable({ rows, boto3 }: Benchmark): Table {
  const oneByOne = rows['one-by-one'].eventsPerSecond;
  const columns: Readonly<Record<string, (figures: Figures) => string>> = {
    'events/s': ({ eventsPerSecond }) => show(eventsPerSecond),
    spread: ({ eventsPerSecondSpread }) => `±${show(eventsPerSecondSpread * 50)} %`,
    '× one-by-one': ({ eventsPerSecond: speed }) => show(speed / oneByOne, speed < 10 * oneByOne ? 1 : 0),
    'CPU µs/event': ({ cpuMicrosPerEvent }) => show(cpuMicrosPerEvent, 2),
    'peak MiB': ({ peakRssMiB }) => show(peakRssMiB),
    requests: ({ requests }) => show(requests),
    'data bytes/event': ({ dataBytesPerEvent }) => show(dataBytesPerEvent, 1),
    'billed bytes/million': ({ billedBytesPerMillion }) => show(billedBytesPerMillion),
    'Firehose/million': ({ billedBytesPerMillion }) => `$${show(dollarsOf(billedBytesPerMillion), 5)}`,
  };
  const cells = (figures: Figures) => Object.values(columns).map((cellOf) => cellOf(figures));
  return [
    ['producer', ...Object.keys(columns)],
    ...rowNames.map((name) => [name, ...cells(rows[name])]),
    ...(boto3 ? [['one-by-one in boto3', ...cells(boto3)]] : []),
  ];
}

function rowTargets({ rows, oursTimes }: Benchmark): Target[] {
  const { 'one-by-one': oneByOne, 'ours-ndjson': ndjson, 'ours-gzip': gzip } = rows;
  const bill = (row: Figures) => dollarsOf(row.billedBytesPerMillion);
  const billed = ndjson.billedBytesPerMillion / rawBytesPerMillion;
  return [
    atLeast('ours / batch, events/s', 15, oursTimes.batch, 1),
    atLeast('ours / one-by-one, events/s', 1_000, oursTimes['one-by-one']),
    atMost('CPU, ndjson', 0.6, ndjson.cpuMicrosPerEvent, 2, 'µs/event'),
    atMost('CPU, gzip', 0.35, gzip.cpuMicrosPerEvent, 2, 'µs/event'),
    atLeast('gzip / ndjson, events/s', 1, gzip.eventsPerSecond / ndjson.eventsPerSecond, 2),
    atMost('record data, gzip', 20.6, gzip.dataBytesPerEvent, 2, 'bytes/event'),
    atMost('billed bytes / raw bytes, ndjson', 1.005, billed, 4),
    atLeast('one-by-one bill / ours, ndjson', 74, bill(oneByOne) / bill(ndjson), 1),
    atLeast('one-by-one bill / ours, gzip', 245, bill(oneByOne) / bill(gzip), 1),
  ];
}
