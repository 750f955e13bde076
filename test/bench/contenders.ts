import { producerSettings } from '../../lambda/contract/settings.ts';
import type { Experiment } from './harness.ts';

export interface Contender extends Pick<Experiment, 'module' | 'workload' | 'environment'> {
  readonly usesZlib?: boolean;
  /** Events of a measured round: about one or two seconds of work. */
  readonly events: { readonly full: number; readonly quick: number };
  readonly description: string;
}

const { maxRequestBytes } = producerSettings;

export const contenders = {
  'one-by-one': baseline('oneByOne', 1_500, 300, 'one `PutRecord` per event, one after the other'),
  parallel: baseline('parallel', 3_000, 800, 'one `PutRecord` per event, 50 at once'),
  batch: baseline(
    'batch',
    120_000,
    40_000,
    '`PutRecordBatch` of 500 one-event records, as many at once as ours',
  ),
  'ours-ndjson': ours('ndjson', 2_000_000, 800_000, 'the shipped bundle, packed records'),
  'ours-single': ours('single', 200_000, 60_000, 'the shipped bundle, one event per record'),
  'ours-gzip': ours('gzip', 2_000_000, 800_000, 'the shipped bundle, one gzip member per record'),
  'gzip-zlib': withZlib(
    ours('gzip', 500_000, 200_000, '`ours-gzip` with zlib at level 1 instead of its own compression'),
  ),
  limit: baseline('limit', 3_000_000, 1_500_000, 'prepared bodies sent by `node:http`, unsigned'),
};

export type RowName = keyof typeof contenders;

export const rowNames = Object.keys(contenders) as readonly RowName[];

function baseline(workload: string, full: number, quick: number, description: string): Contender {
  return { module: 'baselines', workload, events: { full, quick }, description };
}

function ours(format: string, full: number, quick: number, description: string): Contender {
  const environment = { RECORD_FORMAT: format };
  return { module: 'functions', workload: 'ours', environment, events: { full, quick }, description };
}

/** With smaller records, so that zlib's larger members have the length of ours. */
function withZlib(contender: Contender): Contender {
  const size = { [maxRequestBytes.variable]: String((maxRequestBytes.default * 15) / 16) };
  return { ...contender, usesZlib: true, environment: { ...contender.environment, ...size } };
}
