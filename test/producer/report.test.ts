import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../../lambda/producer/delivery.ts';
import { createReport, type Report, type ReportOptions } from '../../lambda/producer/report.ts';

function outcomeOf(outcome: Partial<DeliveryOutcome> = {}): DeliveryOutcome {
  return {
    eventsDelivered: 90,
    eventsUncertain: 7,
    undelivered: [
      { from: 25, to: 30 },
      { from: 20, to: 25 },
      { from: 100, to: 100 },
    ],
    recordsDelivered: 9,
    requests: 3,
    recordsRefused: 1,
    recordsRetried: 1,
    bytesDelivered: 6_120,
    billedBytes: 46_080,
    ...outcome,
  };
}

const slice = { runId: 'run-1', from: 0, to: 100 };

function reportOf(options: Partial<ReportOptions>): Report {
  return createReport({
    slice,
    deliveryStreamName: 'my-stream',
    outcome: outcomeOf(),
    queued: [],
    durationMs: 250,
    costFactors: { firehoseUsdPerGb: 0.029, lambdaUsdPerGbSecond: 0.0000133334, memorySizeMiB: 512 },
    ...options,
  });
}

describe('the report', () => {
  it('accounts for every event, with what is undelivered as merged ranges', () => {
    expect(reportOf({})).toEqual({
      runId: 'run-1',
      deliveryStreamName: 'my-stream',
      from: 0,
      to: 100,
      eventsRequested: 100,
      eventsDelivered: 90,
      eventsQueued: 0,
      eventsUndelivered: 10,
      eventsUncertain: 7,
      undelivered: [[20, 30]],
      recordsDelivered: 9,
      requests: 3,
      recordsRefused: 1,
      recordsRetried: 1,
      bytesDelivered: 6_120,
      billedBytes: 46_080,
      durationMs: 250,
      eventsPerSecond: 360,
      // 46,080 / 2^30 x $0.029 + 0.25 s x 0.5 GB x $0.0000133334
      estimatedCostUsd: 0.000002911,
    });
  });

  it.each([
    ['an event is missing', { eventsDelivered: 89 }],
    ['an event is counted twice', { eventsDelivered: 91 }],
    ['a range overlaps what was delivered', { undelivered: [{ from: 20, to: 31 }] }],
  ])('is refused when %s', (_, outcome) => {
    expect(() => reportOf({ outcome: outcomeOf(outcome) })).toThrow('do not add up');
  });

  it('counts what the work queue has taken as queued', () => {
    expect(reportOf({ queued: [{ from: 20, to: 30 }] })).toMatchObject({
      eventsDelivered: 90,
      eventsQueued: 10,
      eventsUndelivered: 0,
      undelivered: [],
    });
  });

  it('divides by no zero', () => {
    expect(reportOf({ durationMs: 0 }).eventsPerSecond).toBe(90_000);
  });
});
