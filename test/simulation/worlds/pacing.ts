import { eventBytes } from '../../../lambda/contract/event.ts';
import { type Slice, sliceLength } from '../../../lambda/contract/slice.ts';
import type { PutRecords } from '../../../lambda/producer/delivery/aws/firehose.ts';
import { Deadline } from '../../../lambda/producer/delivery/deadline.ts';
import { deliver } from '../../../lambda/producer/delivery/delivery.ts';
import { Pacer } from '../../../lambda/producer/delivery/pacer.ts';
import { type EventLines, packLines } from '../../../lambda/producer/packing/packing.ts';
import {
  createRequestSource,
  maxDataBytes,
  type RequestSource,
} from '../../../lambda/producer/packing/requests.ts';
import { TokenBucket } from '../../../lib/emulator/quota.ts';
import { formatTable } from '../../../lib/terminal/table.ts';
import { settingsWith } from './producer.ts';
import { World } from './world.ts';

const mebibyte = 1_048_576;

/** A stream, and how much is sent to it by whom. */
export interface PacingOptions {
  /** Record data to send, which the producers take from one store, as from a work queue. */
  readonly bytes: number;
  /** Producers at the same time. @default 1 */
  readonly producers?: number;
  /** Quota in bytes a second, with a second of burst. @default - none */
  readonly quota?: number;
  /** What the quota becomes, and when. */
  readonly later?: { readonly quota: number; readonly afterMs: number };
  /** Nothing is stored from and to these times. */
  readonly outage?: readonly [fromMs: number, toMs: number];
  /** Probability that a record is refused, whatever the rate. @default 0 */
  readonly refused?: number;
  /** Time to a response, at least and at most. @default [20, 40] */
  readonly latencyMs?: readonly [least: number, most: number];
  /** Randomness. @default 1 */
  readonly seed?: number;
}

/** How it went. */
export interface Pacing {
  /** How long it took. */
  readonly seconds: number;
  /** Records that were stored. */
  readonly recordsDelivered: number;
  /** What was stored of what the quota allowed, from 0 to a little over 1 because of the burst; 0 without a quota. */
  readonly used: number;
  /** The same since 10 s after `later`. */
  readonly usedLater: number;
  /** Bytes stored a second. */
  readonly bytesPerSecond: number;
  /** Share of the offered records that were refused. */
  readonly refusedShare: number;
}

/** Lets producers send to one stream, in a world of its own. */
export async function measurePacing(options: PacingOptions): Promise<Pacing> {
  const { producers = 1, seed = 1 } = options;
  const world = new World(seed);
  const pacers = Array.from({ length: producers }, () => createPacer(world));
  return measurePacingIn(world, pacers, options);
}

/** A pacer as a container with the default settings has it. */
export function createPacer(world: World): Pacer {
  const { concurrency, maxRequestBytes } = settingsWith();
  return new Pacer(concurrency * maxDataBytes(maxRequestBytes), world.now);
}

/** The same in a world and with pacers that may have a past. */
export async function measurePacingIn(
  world: World,
  pacers: readonly Pacer[],
  { bytes, quota, later, outage, refused: refusedShare = 0, latencyMs = [20, 40] }: PacingOptions,
): Promise<Pacing> {
  const startedMs = world.now();
  const sinceStartMs = () => world.now() - startedMs;
  let bucket = quota === undefined ? undefined : new TokenBucket(quota, world.now);
  if (later) {
    world.after(later.afterMs, () => {
      bucket = new TokenBucket(later.quota, world.now);
    });
  }
  const seen = { offered: 0, refused: 0, storedBytes: 0, storedLaterBytes: 0 };
  const responseMs = () => latencyMs[0] + world.random() * (latencyMs[1] - latencyMs[0]);

  const putRecords: PutRecords = async (batch) => {
    const durationMs = responseMs();
    await world.sleep(durationMs / 2);
    if (outage && sinceStartMs() >= outage[0] && sinceStartMs() < outage[1]) {
      await world.sleep(durationMs / 2);
      return { kind: 'rejected', refused: [...batch.keys()], throttled: [], cause: new Error('outage') };
    }
    const refused: number[] = [];
    for (const [place, { data }] of batch.entries()) {
      seen.offered += 1;
      if (world.chance(refusedShare) || bucket?.has(data.length) === false) {
        seen.refused += 1;
        refused.push(place);
        continue;
      }
      bucket?.take(data.length);
      seen.storedBytes += data.length;
      seen.storedLaterBytes += later && sinceStartMs() > later.afterMs + 10_000 ? data.length : 0;
    }
    await world.sleep(durationMs / 2);
    return {
      kind: 'decided',
      refused,
      throttled: refused,
      ...(refused.length > 0 && { cause: new Error('ServiceUnavailableException: Slow down.') }),
    };
  };

  const slice = { from: 0, to: Math.ceil(bytes / eventBytes) };
  const { concurrency, maxRequestBytes, maxAttempts } = settingsWith();
  // The content doesn't matter here, and would take most of the time.
  const store: RequestSource = createRequestSource({
    slice,
    maxRequestBytes,
    packRecords: packLines(blankLines, 'ndjson'),
    now: world.now,
  });
  let running = pacers.length;
  const deliveries = pacers.map((pacer) =>
    deliver(store, {
      putRecords,
      pacer,
      deadline: new Deadline(startedMs, startedMs + 86_400_000),
      concurrency,
      maxAttempts: maxAttempts * 10,
      clock: { now: world.now, random: world.random, sleep: world.sleep },
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

/** Two minutes of work at the quota, for more and more producers: what each row has to reach. */
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

/** What each row of {@link pacingTargets} reaches, in Markdown. */
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

/** Where events of the same size end: more of them than one request has. */
const ends = Uint32Array.from({ length: 100_000 }, (_, place) => (place + 1) * eventBytes);

function blankLines(slice: Slice, maxBytes: number): EventLines {
  const count = Math.min(sliceLength(slice), Math.floor(maxBytes / eventBytes));
  return { data: Buffer.allocUnsafe(count * eventBytes), ends: ends.subarray(0, count) };
}
