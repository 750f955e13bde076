import { describe, expect, it } from 'vitest';
import { backoffOf, callFor } from '../../lambda/runtime/clock.ts';
import { World } from '../simulation/worlds/world.ts';

/** Makes a call in a world of its own, and returns what it came to, and when. */
async function makeCall<Result>(
  durationMs: number,
  call: (world: World, signal: AbortSignal) => Promise<Result>,
  abortedAfterMs?: number,
) {
  const world = new World(1);
  const startedMs = world.now();
  const outer = new AbortController();
  if (abortedAfterMs === 0) {
    outer.abort();
  } else if (abortedAfterMs !== undefined) {
    world.after(abortedAfterMs, () => outer.abort());
  }
  let settled = false;
  const made = callFor(durationMs, world, (signal) => call(world, signal), outer.signal).finally(() => {
    settled = true;
  });
  await Promise.all([world.run(() => settled, 1_000), made.catch(() => {})]);
  return { made, tookMs: world.now() - startedMs };
}

/** Never ends, unless its signal is aborted. */
async function hang(world: World, signal: AbortSignal): Promise<string> {
  await world.sleep(Number.MAX_SAFE_INTEGER, signal);
  return 'ended';
}

describe('a call with a timeout', () => {
  it('is over when it is over', async () => {
    // Act
    const { made, tookMs } = await makeCall(1_000, async (world) => {
      await world.sleep(300);
      return 'done';
    });

    // Assess
    await expect(made).resolves.toBe('done');
    expect(tookMs).toBe(300);
  });

  it('is aborted when its time is over', async () => {
    const { made, tookMs } = await makeCall(1_000, hang);
    await expect(made).resolves.toBe('ended');
    expect(tookMs).toBe(1_000);
  });

  it.each([400, 0])('is aborted together with what it is part of, after %i ms', async (abortedAfterMs) => {
    const { made, tookMs } = await makeCall(1_000, hang, abortedAfterMs);
    await expect(made).resolves.toBe('ended');
    expect(tookMs).toBe(abortedAfterMs);
  });

  it('fails as the call does', async () => {
    // Act
    const { made } = await makeCall(1_000, async () => {
      throw new Error('no');
    });

    // Assess
    await expect(made).rejects.toThrow('no');
  });
});

describe('backoff', () => {
  it('doubles from 100 ms up to 5 s', () => {
    const clock = { ...new World(1), random: () => 1 };
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((attempt) => backoffOf(attempt, clock));
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it.each([0, 0.25, 0.5])(
    'has full jitter, so that failed requests are not repeated together: %d',
    (chance) => {
      const clock = { ...new World(1), random: () => chance };
      expect(backoffOf(3, clock)).toBe(400 * chance);
    },
  );
});
