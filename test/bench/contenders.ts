import { producerSettings } from '../../lambda/contract/settings.ts';

/** The rows of the benchmark, in the order of the table. */
export const rowNames = [
  'lesson',
  'parallel',
  'batch',
  'ours-ndjson',
  'ours-single',
  'ours-gzip',
  'gzip-zlib',
  'limit',
] as const;

/** One of {@link rowNames}. */
export type RowName = (typeof rowNames)[number];

/** A producer that takes part, and how much it is given to do. */
export interface Contender {
  /** Module and export of its workload. */
  readonly module: string;
  /** See `module`. */
  readonly workload: string;
  /** Whether it is the bundle with zlib, and not the shipped one. */
  readonly usesZlib?: boolean;
  /** Environment variables of the function that differ from the template's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Events of a measured round: about a second or two of work. */
  readonly events: number;
  /** The same with `--quick`. */
  readonly quickEvents: number;
  /** What it is, for the table. */
  readonly description: string;
}

const { maxRequestBytes } = producerSettings;

const ours = { module: 'shipped', workload: 'ours' };

/** Who takes part. */
export const contenders: Readonly<Record<RowName, Contender>> = {
  lesson: {
    module: 'baselines',
    workload: 'lesson',
    events: 1_500,
    quickEvents: 300,
    description: 'one `PutRecord` an event, one after the other',
  },
  parallel: {
    module: 'baselines',
    workload: 'parallel',
    events: 3_000,
    quickEvents: 800,
    description: 'one `PutRecord` an event, 50 at once',
  },
  batch: {
    module: 'baselines',
    workload: 'batch',
    events: 120_000,
    quickEvents: 40_000,
    description: '`PutRecordBatch` of 500 one-event records, as many at once as ours',
  },
  'ours-ndjson': {
    ...ours,
    environment: { RECORD_FORMAT: 'ndjson' },
    events: 2_000_000,
    quickEvents: 800_000,
    description: 'the shipped bundle, packed records',
  },
  'ours-single': {
    ...ours,
    environment: { RECORD_FORMAT: 'single' },
    events: 200_000,
    quickEvents: 60_000,
    description: 'the shipped bundle, one event a record',
  },
  'ours-gzip': {
    ...ours,
    environment: { RECORD_FORMAT: 'gzip' },
    events: 2_000_000,
    quickEvents: 800_000,
    description: 'the shipped bundle, a gzip member a record',
  },
  'gzip-zlib': {
    ...ours,
    usesZlib: true,
    environment: {
      RECORD_FORMAT: 'gzip',
      // Fewer events a record, so that zlib's larger members are as long as ours.
      [maxRequestBytes.variable]: String((maxRequestBytes.default * 15) / 16),
    },
    events: 500_000,
    quickEvents: 200_000,
    description: '`ours-gzip` with zlib at level 1 in place of its own compression',
  },
  limit: {
    module: 'baselines',
    workload: 'limit',
    events: 3_000_000,
    quickEvents: 1_500_000,
    description: 'prepared bodies pushed by `node:http`, unsigned',
  },
};
