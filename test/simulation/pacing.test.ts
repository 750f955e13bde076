import { describe, expect, it } from 'vitest';
import { Deadline } from '../../lambda/producer/deadline.ts';
import { deliver } from '../../lambda/producer/delivery.ts';
import { Pacer } from '../../lambda/producer/pacer.ts';
import type { EventRecord } from '../../lambda/producer/records.ts';
import { batchRequests } from '../../lambda/producer/requests.ts';
import { TokenBucket } from '../../lib/emulator/quota.ts';
import { World } from '../../lib/simulation/world.ts';

const mebibyte = 1_048_576;
const maxRequestBytes = mebibyte;
/** A full ndjson record. */
const [recordBytes, recordEvents] = [30_668, 451];

interface Stream {
  /** Quota in bytes a second. */
  readonly quota?: number;
  /** What it becomes, and when. */
  readonly later?: { readonly quota: number; readonly afterMs: number };
  /** Probability that a record is refused, whatever the rate. */
  readonly throttle?: number;
  /** Longest time to an answer. */
  readonly latencyMs?: number;
}

/** Sends so many full records to a stream, in a world of its own, and says how it went. */
async function send(records: number, stream: Stream) {
  const world = new World(1);
  return sendIn(world, new Pacer(8 * maxRequestBytes, world.now), records, stream);
}

async function sendIn(
  world: World,
  pacer: Pacer,
  records: number,
  { quota, later, throttle = 0, latencyMs = 5 }: Stream,
) {
  const startedMs = world.now();
  let bucket = quota === undefined ? undefined : new TokenBucket(quota, world.now);
  if (later) {
    world.after(later.afterMs, () => {
      bucket = new TokenBucket(later.quota, world.now);
    });
  }
  const seen = { offered: 0, refused: 0, acceptedLater: 0 };
  const limits = () => ({
    bytes: Math.min(pacer.requestBytes, (maxRequestBytes * 3) / 4),
    events: Number.POSITIVE_INFINITY,
  });
  const data = Buffer.alloc(recordBytes);
  const all = Array.from(
    { length: records },
    (_, place): EventRecord => ({ from: place * recordEvents, to: (place + 1) * recordEvents, data }),
  );
  let settled = false;
  const delivery = deliver(
    { from: 0, to: records * recordEvents },
    batchRequests(all, { maxRequestBytes, limits }),
    {
      pacer,
      deadline: new Deadline(startedMs, startedMs + 900_000),
      concurrency: 8,
      maxAttempts: 20,
      now: world.now,
      random: world.random,
      sleep: world.sleep,
      putRecords: async (batch) => {
        await world.sleep((latencyMs / 2) * (1 + world.random()));
        const refused: number[] = [];
        for (const place of batch.keys()) {
          seen.offered += 1;
          if (world.chance(throttle) || bucket?.has(recordBytes) === false) {
            seen.refused += 1;
            refused.push(place);
            continue;
          }
          bucket?.take(recordBytes);
          if (later && world.now() - startedMs > later.afterMs + 10_000) {
            seen.acceptedLater += recordBytes;
          }
        }
        return { kind: 'answered', refused, ...(refused.length > 0 && { cause: new Error('Slow down.') }) };
      },
    },
  ).finally(() => {
    settled = true;
  });
  await world.run(() => settled, 2_000_000);
  const seconds = (world.now() - startedMs) / 1_000;
  return {
    outcome: await delivery,
    seconds,
    bytesPerSecond: (records * recordBytes) / seconds,
    laterBytesPerSecond: later ? seen.acceptedLater / (seconds - later.afterMs / 1_000 - 10) : 0,
    refusedShare: seen.refused / seen.offered,
  };
}

describe('pacing to the quota of a stream', () => {
  it.each([
    ['us-east-1', 5 * mebibyte, 5],
    ['us-east-1, far away', 5 * mebibyte, 60],
    ['default', mebibyte, 5],
    ['default, far away', mebibyte, 60],
  ])(
    'takes at least 95 % of it, and at most 3 % of the records are refused: %s',
    async (_, quota, latencyMs) => {
      // Prepare
      const records = Math.ceil((25 * quota) / recordBytes);

      // Act
      const { outcome, seconds, bytesPerSecond, refusedShare } = await send(records, { quota, latencyMs });

      // Assess
      expect(seconds).toBeGreaterThan(20);
      expect(outcome.recordsDelivered).toBe(records);
      expect(bytesPerSecond / quota).toBeGreaterThan(0.95);
      expect(refusedShare).toBeLessThan(0.03);
    },
  );

  it.each([5 * mebibyte, mebibyte])(
    'keeps to %i bytes a second in run after run, with pauses in which the stream recovers',
    async (quota) => {
      // Prepare
      const world = new World(1);
      const pacer = new Pacer(8 * maxRequestBytes, world.now);
      const shares: number[] = [];

      // Act
      for (let run = 0; run < 12; run += 1) {
        const { refusedShare } = await sendIn(world, pacer, Math.ceil((12 * quota) / recordBytes), {
          quota,
          latencyMs: 50,
        });
        shares.push(refusedShare);
        const nextMs = world.now() + 300_000;
        world.after(300_000, () => {});
        await world.run(() => world.now() >= nextMs, 1_000);
      }

      // Assess
      expect(Math.max(...shares)).toBeLessThan(0.05);
    },
  );

  it('finds a quota that doubles in mid-run', async () => {
    // Act
    const { laterBytesPerSecond } = await send(8_000, {
      quota: 5 * mebibyte,
      later: { quota: 10 * mebibyte, afterMs: 10_000 },
    });

    // Assess
    expect(laterBytesPerSecond / (10 * mebibyte)).toBeGreaterThan(0.9);
  });

  it('is not slowed down by refusals that are no matter of the rate', async () => {
    // Act
    const { outcome, bytesPerSecond } = await send(10_000, { throttle: 0.3 });

    // Assess
    expect(outcome.recordsDelivered).toBe(10_000);
    expect(bytesPerSecond).toBeGreaterThan(mebibyte);
  });

  it('goes as fast as the answers come when nothing is refused', async () => {
    // Act
    const { bytesPerSecond } = await send(10_000, {});

    // Assess
    expect(bytesPerSecond).toBeGreaterThan(200 * mebibyte);
  });
});
