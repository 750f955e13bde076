import { describe, expect, it } from 'vitest';
import { Deadline } from '../../../lambda/producer/delivery/deadline.ts';

describe('the deadline of an invocation', () => {
  it.each([
    [60_000, 58_000, 59_500],
    [8_000, 6_000, 7_500],
    [6_000, 4_000, 5_500],
    [3_000, 2_000, 2_625],
  ])(
    'of %i ms delivers until %i and queues until %i, which leaves time for the report',
    (timeMs, deliverMs, queueMs) => {
      const { deliverUntilMs, queueUntilMs } = new Deadline(1_000, 1_000 + timeMs);
      expect([deliverUntilMs, queueUntilMs]).toEqual([1_000 + deliverMs, 1_000 + queueMs]);
    },
  );

  it('lets requests start up to half a second before that, when responses are fast', () => {
    const deadline = new Deadline(0, 60_000);
    deadline.responded(20);
    expect(deadline.lastStartMs).toBe(57_500);
  });

  it('gives a request half as long again as the slowest response took', () => {
    const deadline = new Deadline(0, 60_000);
    deadline.responded(4_000);
    expect(deadline.lastStartMs).toBe(52_000);
  });

  it('forgets a slow response after many that were fast', () => {
    // Prepare
    const deadline = new Deadline(0, 60_000);
    deadline.responded(4_000);

    // Act
    for (let response = 0; response < 100; response += 1) {
      deadline.responded(20);
    }

    // Assess
    expect(deadline.lastStartMs).toBe(57_500);
    expect(deadline.responseTimeoutMs(0)).toBe(1_000);
  });
});

describe('the timeout of a response', () => {
  it('is 2 s before the first one came', () => {
    expect(new Deadline(0, 60_000).responseTimeoutMs(0)).toBe(2_000);
  });

  it.each([
    ['1 s at least', [20], 1_000],
    ['five times the slowest one', [20, 900, 20], 0.95 * 4_500],
    ['30 s at most', [7_000], 30_000],
  ])('is %s, after responses in %j ms', (_, responsesMs, expectedMs) => {
    // Prepare
    const deadline = new Deadline(0, 300_000);

    // Act
    for (const durationMs of responsesMs) {
      deadline.responded(durationMs);
    }

    // Assess
    expect(deadline.responseTimeoutMs(0)).toBe(expectedMs);
  });

  it('doubles each time that none came, up to 30 s', () => {
    // Prepare
    const deadline = new Deadline(0, 300_000);
    const timeoutsMs: number[] = [];

    // Act
    for (let request = 0; request < 6; request += 1) {
      const timeoutMs = deadline.responseTimeoutMs(0);
      timeoutsMs.push(timeoutMs);
      deadline.timedOut(timeoutMs);
    }

    // Assess
    expect(timeoutsMs).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('is short again when responses are fast again', () => {
    // Prepare
    const deadline = new Deadline(0, 300_000);
    deadline.timedOut(2_000);

    // Act
    for (let response = 0; response < 100; response += 1) {
      deadline.responded(20);
    }

    // Assess
    expect(deadline.responseTimeoutMs(0)).toBe(1_000);
  });

  it('is five times the slowest one, however little time is left', () => {
    const deadline = new Deadline(0, 60_000);
    deadline.responded(3_000);
    expect(deadline.responseTimeoutMs(55_000)).toBe(15_000);
  });

  it.each([
    [3_000, 1_000],
    [8_000, 2_000],
  ])(
    'leaves time for a second request when the first of an invocation of %i ms hangs',
    (timeMs, expectedMs) => {
      // Prepare
      const deadline = new Deadline(0, timeMs);

      // Act
      const firstMs = deadline.responseTimeoutMs(0);
      deadline.timedOut(firstMs);

      // Assess
      expect(firstMs).toBe(expectedMs);
      expect(firstMs).toBeLessThan(deadline.lastStartMs);
    },
  );
});
