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
import { createPacer, settingsWith } from './producer.ts';
import { World } from './world.ts';

const mebibyte = 1_048_576;

/** A stream, and the producers that share it. */
export interface PacingOptions {
  /** Record data to send. The producers take it from one store, as from a work queue. */
  readonly bytes: number;
  /** Producers at the same time. @default 1 */
  readonly producers?: number;
  /** Quota in bytes a second, with a second of burst. @default - none */
  readonly quota?: number;
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
    quota,
    later,
    outage,
    refused: throttle = 0,
    latencyMs: [minLatencyMs, latencyMs] = [20, 40],
  }: PacingOptions,
): Promise<Pacing> {
  const startedMs = world.now();
  const sinceStartMs = () => world.now() - startedMs;
  const seen = { offered: 0, refused: 0, storedBytes: 0, storedLaterBytes: 0 };
  const change = later && { later: { bytesPerSecond: later.quota, afterMs: later.afterMs } };
  const faults = {
    ...{ throttle, minLatencyMs, latencyMs },
    ...(outage && { outage }),
    ...(quota !== undefined && { quota: { bytesPerSecond: quota, ...change } }),
  };
  const firehose = new SimulatedFirehose(
    world,
    faults,
    'ndjson',
    ({ stored, storedBytes, recordsRefused }) => {
      seen.offered += stored.length + recordsRefused;
      seen.refused += recordsRefused;
      seen.storedBytes += storedBytes;
      seen.storedLaterBytes += later && sinceStartMs() > later.afterMs + 10_000 ? storedBytes : 0;
    },
  );

  const slice = { from: 0, to: Math.ceil(bytes / eventBytes) };
  const settings = settingsWith();
  const { now, random, sleep } = world;
  // The content has no influence here, and would take most of the time.
  const packRecords = packLines(blankLines, recordFormatRows.ndjson.maxEventsPerRecord);
  const store = createRequestSource({ slice, maxRequestBytes: settings.maxRequestBytes, packRecords, now });
  let running = pacers.length;
  const deliveries = pacers.map((pacer) =>
    deliver(store, {
      putRecords: (batch, signal) => firehose.put(batch, signal, pacer),
      target: targets.firehose,
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
    bytesPerSecond,
    refusedShare: seen.refused / seen.offered,
  };
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

export async function formatPacing(): Promise<string> {
  const rows = [['stream', 'producers', 'used', 'target', 'refused', 'target']];
  for (const { quota, producers, used, refusedShare } of pacingTargets) {
    const pacing = await measurePacing({ quota, producers, bytes: 120 * quota });
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    rows.push([
      `${quota / mebibyte} MiB/s`,
      String(producers),
      percent(pacing.used),
      `≥ ${percent(used)}`,
      percent(pacing.refusedShare),
      `≤ ${percent(refusedShare)}`,
    ]);
  }
  return formatTable(rows);
}

/** The ends of events of equal size: more than one request has. */
const ends = Uint32Array.from({ length: 100_000 }, (_, place) => (place + 1) * eventBytes);

function blankLines(slice: Slice, maxBytes: number): EventLines {
  const count = Math.min(sliceLength(slice), Math.floor(maxBytes / eventBytes));
  return { data: Buffer.allocUnsafe(count * eventBytes), ends: ends.subarray(0, count) };
}
