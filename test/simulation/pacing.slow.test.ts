import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../lambda/contract/record-format.ts';
import { quotas } from '../../lib/aws/quotas.ts';
import {
  measurePacing,
  measurePacingIn,
  measureShardPacing,
  pacingTargets,
  shardPacingTargets,
} from './worlds/pacing.ts';
import { createPacer, settingsWith } from './worlds/producer.ts';
import { World } from './worlds/world.ts';

const mebibyte = 1_048_576;

const byteQuotas = Object.values(quotas).map(({ bytes }) => bytes);

/** Number of ndjson records for this much record data: 451 events each, the last one fewer. */
function recordsOf(bytes: number): number {
  return Math.ceil(Math.ceil(bytes / eventBytes) / 451);
}

describe('pacing to the quota of a stream', () => {
  it.each(pacingTargets)(
    '$producers side by side on $quota bytes a second use $used of it, and at most $refusedShare is refused',
    async ({ quota, producers, used, refusedShare }) => {
      // Act
      const pacing = await measurePacing({ bytes: 120 * quota, quota, producers, seed: 1 });

      // Assess
      expect(pacing.recordsDelivered).toBe(recordsOf(120 * quota));
      expect(pacing.used).toBeGreaterThan(used);
      expect(pacing.refusedShare).toBeLessThan(refusedShare);
    },
  );

  it.each(byteQuotas)(
    'uses 95 % of %i bytes a second from far away, and at most 3 % is refused',
    async (quota) => {
      // Act
      const { recordsDelivered, seconds, used, refusedShare } = await measurePacing({
        bytes: 120 * quota,
        quota,
        latencyMs: [30, 60],
      });

      // Assess
      expect(recordsDelivered).toBe(recordsOf(120 * quota));
      expect(seconds).toBeGreaterThan(115);
      expect(used).toBeGreaterThan(0.95);
      expect(refusedShare).toBeLessThan(0.03);
    },
  );

  it.each(byteQuotas)(
    'keeps to %i bytes a second in run after run, with pauses in which the stream recovers',
    async (quota) => {
      // Prepare
      const world = new World(1);
      const pacers = [createPacer({ settings: settingsWith() }, world)];
      const shares: number[] = [];

      // Act
      for (let run = 0; run < 12; run += 1) {
        const options = { bytes: 12 * quota, quota, latencyMs: [25, 50] } as const;
        const { refusedShare } = await measurePacingIn(world, pacers, options);
        shares.push(refusedShare);
        let isOver = false;
        world.after(300_000, () => {
          isOver = true;
        });
        await world.run(() => isOver, 1_000);
      }

      // Assess: the first one, which has to find the quota, too
      expect(Math.max(...shares)).toBeLessThan(0.05);
    },
  );

  it('finds a quota that doubles in mid-run', async () => {
    // Act
    const { usedLater } = await measurePacing({
      bytes: 240 * mebibyte,
      quota: 5 * mebibyte,
      later: { quota: 10 * mebibyte, afterMs: 10_000 },
    });

    // Assess
    expect(usedLater).toBeGreaterThan(0.9);
  });

  it('finds a quota that grows from 5 to 100 MiB a second in mid-run, with few refused records', async () => {
    // Act
    const { usedLater, refusedShare } = await measurePacing({
      bytes: 3_072 * mebibyte,
      quota: 5 * mebibyte,
      later: { quota: 100 * mebibyte, afterMs: 10_000 },
    });

    // Assess
    expect(usedLater).toBeGreaterThan(0.8);
    expect(refusedShare).toBeLessThan(0.1);
  });

  it('goes on after an outage of 30 s as before', async () => {
    // Act
    const { recordsDelivered, seconds, refusedShare } = await measurePacing({
      bytes: 300 * mebibyte,
      quota: 5 * mebibyte,
      outage: [20_000, 50_000],
    });

    // Assess
    expect(recordsDelivered).toBe(recordsOf(300 * mebibyte));
    expect(seconds).toBeLessThan(95);
    expect(refusedShare).toBeLessThan(0.03);
  });

  it('is not slowed down much by refusals that do not depend on the rate', async () => {
    // Act
    const { recordsDelivered, seconds } = await measurePacing({ bytes: 300 * mebibyte, refused: 0.3 });

    // Assess
    expect(recordsDelivered).toBe(recordsOf(300 * mebibyte));
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('goes as fast as the responses come when nothing is refused', async () => {
    // Act
    const { bytesPerSecond } = await measurePacing({ bytes: 300 * mebibyte, latencyMs: [2.5, 5] });

    // Assess
    expect(bytesPerSecond).toBeGreaterThan(200 * mebibyte);
  });
});

describe('pacing to the shards of a Kinesis stream', () => {
  it.each(shardPacingTargets)(
    '$producers side by side on $shards use $used ($measure), and at most $refusedShare is refused',
    async (target) => {
      // Act
      const pacing = await measureShardPacing(target);

      // Assess
      expect(pacing[target.measure]).toBeGreaterThan(target.used);
      expect(pacing.refusedShare).toBeLessThan(target.refusedShare);
    },
    120_000,
  );

  it('takes no longer than the hot shard needs for its own records', async () => {
    // Act
    const { seconds } = await measureShardPacing(shardPacingTargets[5]);

    // Assess: a quarter of 420 MB, at half of the quota of a shard
    expect(seconds).toBeLessThan(1.05 * 210);
  });
});
