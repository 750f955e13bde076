import { eventBytes, recordFormatRows } from '../../../lambda/contract/record-format.ts';
import { type Slice, sliceLength } from '../../../lambda/contract/slice.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import { Deadline } from '../../../lambda/producer/delivery/deadline.ts';
import { deliver } from '../../../lambda/producer/delivery/delivery.ts';
import type { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import { type EventLines, packLines } from '../../../lambda/producer/packing/packing.ts';
import { createRequestSource } from '../../../lambda/producer/packing/requests.ts';
import { formatTable } from '../../../lib/terminal/table.ts';
import { SimulatedFirehose } from '../aws/firehose.ts';
import type { ShardSettings } from '../aws/shards.ts';
import { createPacer, settingsWith } from './producer.ts';
import { World } from './world.ts';

const mebibyte = 1_048_576;

/** A stream, and the producers that share it. */
export interface PacingOptions {
  /** Record data to send. The producers take it from one store, as from a work queue. */
  readonly bytes: number;
  /** Producers at the same time. @default 1 */
  readonly producers?: number;
  /** Quota in bytes a second, with a second of burst. @default - none, or that of the shards */
  readonly quota?: number;
  /** The stream is one of Kinesis. @default - a delivery stream */
  readonly shards?: Pick<ShardSettings, 'count' | 'later'> & Partial<ShardSettings>;
  readonly later?: { readonly quota: number; readonly afterMs: number };
  /** Between these times nothing is stored. */
  readonly outage?: readonly [fromMs: number, toMs: number];
  /** Probability that a record is refused, whatever the rate. @default 0 */
  readonly refused?: number;
  /** Shortest and longest time to a response. @default [20, 40] */
  readonly latencyMs?: readonly [min: number, max: number];
  /** @default 1 */
  readonly seed?: number;
}

export interface Pacing {
  readonly seconds: number;
  readonly recordsDelivered: number;
  /** Stored share of what the quota allowed, from 0 to a little over 1 because of the burst; 0 without a quota. */
  readonly used: number;
  /** The same since 10 s after `later`. */
  readonly usedLater: number;
  /** The same in the first minute. */
  readonly usedAtFirst: number;
  readonly bytesPerSecond: number;
  readonly refusedShare: number;
}

export async function measurePacing(options: PacingOptions): Promise<Pacing> {
  const { producers = 1, seed = 1 } = options;
  const world = new World(seed);
  const pacers = Array.from({ length: producers }, () => createPacer({ settings: settingsWith() }, world));
  return measurePacingIn(world, pacers, options);
}

/** The same in a world and with pacers that may have a past. */
export async function measurePacingIn(
  world: World,
  pacers: readonly StreamPacer[],
  {
    bytes,
    shards: givenShards,
    quota = givenShards && quotaOf(shardsWith(givenShards)),
    later = givenShards?.later && {
      afterMs: givenShards.later.afterMs,
      quota: quotaOf(shardsWith({ ...givenShards, count: givenShards.later.count })),
    },
    outage,
    refused: throttle = 0,
    latencyMs: [minLatencyMs, latencyMs] = [20, 40],
  }: PacingOptions,
): Promise<Pacing> {
  const startedMs = world.now();
  const sinceStartMs = () => world.now() - startedMs;
  const seen = { offered: 0, refused: 0, storedBytes: 0, storedAtFirstBytes: 0, storedLaterBytes: 0 };
  const shards = givenShards && shardsWith(givenShards);
  const target = targets[shards?.target ?? 'firehose'];
  const change = later && { later: { bytesPerSecond: later.quota, afterMs: later.afterMs } };
  const faults = {
    ...{ throttle, minLatencyMs, latencyMs },
    ...(outage && { outage }),
    ...(shards ? { shards } : quota !== undefined && { quota: { bytesPerSecond: quota, ...change } }),
  };
  const firehose = new SimulatedFirehose(
    world,
    faults,
    'ndjson',
    ({ stored, storedBytes, recordsRefused }) => {
      seen.offered += stored.length + recordsRefused;
      seen.refused += recordsRefused;
      seen.storedBytes += storedBytes;
      seen.storedAtFirstBytes += sinceStartMs() < 60_000 ? storedBytes : 0;
      seen.storedLaterBytes += later && sinceStartMs() > later.afterMs + 10_000 ? storedBytes : 0;
    },
  );

  const slice = { from: 0, to: Math.ceil(bytes / eventBytes) };
  const settings = settingsWith();
  const { now, random, sleep } = world;
  // The content has no influence here, and would take most of the time.
  const packRecords = packLines(blankLines, recordFormatRows.ndjson.maxEventsPerRecord, 0, target);
  const store = createRequestSource({ slice, maxRequestBytes: settings.maxRequestBytes, packRecords, now });
  let running = pacers.length;
  const deliveries = pacers.map((pacer) =>
    deliver(store, {
      putRecords: (batch, signal) => firehose.put(batch, signal, pacer),
      target,
      pacer,
      deadline: new Deadline(startedMs, startedMs + 86_400_000),
      settings: { ...settings, maxAttempts: settings.maxAttempts * 10 },
      clock: { now, random, sleep },
    }).finally(() => {
      running -= 1;
    }),
  );
  await world.run(() => running === 0, 5_000_000);
  const outcomes = await Promise.all(deliveries);
  const seconds = sinceStartMs() / 1_000;
  const bytesPerSecond = seen.storedBytes / seconds;
  return {
    seconds,
    recordsDelivered: outcomes.reduce((sum, { recordsDelivered }) => sum + recordsDelivered, 0),
    used: quota ? bytesPerSecond / quota : 0,
    usedLater: later ? seen.storedLaterBytes / (seconds - later.afterMs / 1_000 - 10) / later.quota : 0,
    usedAtFirst: quota ? seen.storedAtFirstBytes / 60 / quota : 0,
    bytesPerSecond,
    refusedShare: seen.refused / seen.offered,
  };
}

function shardsWith(given: Partial<ShardSettings>): ShardSettings {
  return {
    ...{
      target: 'kinesis',
      count: 1,
      bytesPerSecond: 1_000_000,
      recordsPerSecond: 1_000,
      hot: 0,
      hotShare: 0,
    },
    ...given,
  };
}

function quotaOf({ count, bytesPerSecond, hot, hotShare }: ShardSettings): number {
  return (count - hot * hotShare) * bytesPerSecond;
}

/** A foreign writer takes half of a shard. */
const hot = { hot: 1, hotShare: 0.5 };

const later = { count: 8, afterMs: 30_000 };

/**
 * The same for a Kinesis stream. With a hot shard, `used` is that of the first minute: later only its records are left. After
 * resharding, it is that of the new shards.
 */
export const shardPacingTargets = [
  { shards: { count: 4 }, producers: 1, measure: 'used', used: 0.95, refusedShare: 0.03 },
  { shards: { count: 4 }, producers: 4, measure: 'used', used: 0.95, refusedShare: 0.04 },
  { shards: { count: 4 }, producers: 16, measure: 'used', used: 0.9, refusedShare: 0.08 },
  { shards: { count: 1 }, producers: 1, measure: 'used', used: 0.95, refusedShare: 0.03 },
  { shards: { count: 1 }, producers: 4, measure: 'used', used: 0.9, refusedShare: 0.08 },
  { shards: { count: 4, ...hot }, producers: 1, measure: 'usedAtFirst', used: 0.95, refusedShare: 0.03 },
  { shards: { count: 4, ...hot }, producers: 4, measure: 'usedAtFirst', used: 0.95, refusedShare: 0.04 },
  { shards: { count: 4, later }, producers: 1, measure: 'usedLater', used: 0.95, refusedShare: 0.03 },
  { shards: { count: 4, later }, producers: 4, measure: 'usedLater', used: 0.95, refusedShare: 0.04 },
  { shards: { count: 100 }, producers: 4, measure: 'used', used: 0.95, refusedShare: 0.04, seconds: 20 },
] as const;

export function measureShardPacing({
  shards,
  producers,
  seconds = 120,
}: (typeof shardPacingTargets)[number] & { readonly seconds?: number }): Promise<Pacing> {
  const { count = shards.count } = 'later' in shards ? shards.later : {};
  const bytes = seconds * quotaOf(shardsWith({ ...shards, count }));
  return measurePacing({ shards, producers, bytes });
}

/** Targets for two minutes of work at the quota, with more and more producers. */
export const pacingTargets = [
  { quota: 5 * mebibyte, producers: 1, used: 0.97, refusedShare: 0.02 },
  { quota: 5 * mebibyte, producers: 2, used: 0.97, refusedShare: 0.02 },
  { quota: 5 * mebibyte, producers: 4, used: 0.97, refusedShare: 0.02 },
  { quota: 5 * mebibyte, producers: 8, used: 0.97, refusedShare: 0.02 },
  { quota: 5 * mebibyte, producers: 16, used: 0.9, refusedShare: 0.05 },
  { quota: mebibyte, producers: 1, used: 0.97, refusedShare: 0.025 },
  { quota: mebibyte, producers: 2, used: 0.97, refusedShare: 0.025 },
  { quota: mebibyte, producers: 4, used: 0.95, refusedShare: 0.03 },
  { quota: mebibyte, producers: 8, used: 0.85, refusedShare: 0.08 },
  { quota: mebibyte, producers: 16, used: 0.85, refusedShare: 0.08 },
] as const;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export async function formatPacing(): Promise<string> {
  const rows = [['stream', 'producers', 'used', 'target', 'refused', 'target']];
  const addRow = (
    stream: string,
    target: { readonly producers: number; readonly used: number; readonly refusedShare: number },
    used: number,
    refusedShare: number,
  ) =>
    rows.push([
      stream,
      String(target.producers),
      percent(used),
      `≥ ${percent(target.used)}`,
      percent(refusedShare),
      `≤ ${percent(target.refusedShare)}`,
    ]);
  for (const target of pacingTargets) {
    const { quota, producers } = target;
    const { used, refusedShare } = await measurePacing({ quota, producers, bytes: 120 * quota });
    addRow(`${quota / mebibyte} MiB/s`, target, used, refusedShare);
  }
  for (const target of shardPacingTargets) {
    const { shards, measure } = target;
    const { [measure]: used, refusedShare } = await measureShardPacing(target);
    const kind = 'hot' in shards ? ', one of them hot' : 'later' in shards ? ', then 8' : '';
    addRow(`${shards.count} shard${shards.count === 1 ? '' : 's'}${kind}`, target, used, refusedShare);
  }
  return formatTable(rows);
}

/** The ends of events of equal size: more than one request has. */
const ends = Uint32Array.from({ length: 100_000 }, (_, place) => (place + 1) * eventBytes);

function blankLines(slice: Slice, maxBytes: number): EventLines {
  const count = Math.min(sliceLength(slice), Math.floor(maxBytes / eventBytes));
  return { data: Buffer.allocUnsafe(count * eventBytes), ends: ends.subarray(0, count) };
}
