import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../../lambda/delivery.ts';
import { createReport } from '../../lambda/report.ts';

function outcomeOf(outcome: Partial<DeliveryOutcome> = {}): DeliveryOutcome {
  return {
    eventsDelivered: 90,
    undelivered: [
      { from: 25, to: 30 },
      { from: 20, to: 25 },
      { from: 100, to: 100 },
    ],
    recordsDelivered: 9,
    requests: 3,
    recordsRetried: 1,
    bytesDelivered: 6_120,
    billedBytes: 46_080,
    ...outcome,
  };
}

const slice = { runId: 'run-1', from: 0, to: 100 };

describe('the report', () => {
  it('accounts for every event, with what is undelivered as merged ranges', () => {
    expect(createReport(slice, 'my-stream', outcomeOf(), 250)).toEqual({
      runId: 'run-1',
      deliveryStreamName: 'my-stream',
      from: 0,
      to: 100,
      eventsRequested: 100,
      eventsDelivered: 90,
      eventsUndelivered: 10,
      undelivered: [[20, 30]],
      recordsDelivered: 9,
      requests: 3,
      recordsRetried: 1,
      bytesDelivered: 6_120,
      billedBytes: 46_080,
      durationMs: 250,
      eventsPerSecond: 360,
    });
  });

  it.each([
    ['an event is missing', { eventsDelivered: 89 }],
    ['an event is counted twice', { eventsDelivered: 91 }],
    ['a range overlaps what was delivered', { undelivered: [{ from: 20, to: 31 }] }],
  ])('is refused when %s', (_, outcome) => {
    expect(() => createReport(slice, 'my-stream', outcomeOf(outcome), 250)).toThrow('do not add up');
  });

  it('divides by no zero', () => {
    expect(createReport(slice, 'my-stream', outcomeOf(), 0).eventsPerSecond).toBe(90_000);
  });
});
