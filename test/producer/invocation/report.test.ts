import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Report, reportSchema } from '../../../lambda/contract/report.ts';
import type { DeliveryOutcome } from '../../../lambda/producer/delivery/delivery.ts';
import { createReport, type ReportOptions } from '../../../lambda/producer/invocation/report.ts';

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
    requestsFailed: 1,
    recordsRefused: 1,
    recordsRetried: 1,
    bytesDelivered: 6_120,
    billedBytes: 46_080,
    ...outcome,
  };
}

const slice = { runId: 'run-1', from: 0, to: 100 };

function makeOptions(options: Partial<ReportOptions>): ReportOptions {
  const { outcome = outcomeOf() } = options;
  return {
    slice,
    deliveryStreamName: 'my-stream',
    outcome,
    leftOver: outcome.undelivered,
    queued: [],
    durationMs: 250,
    costFactors: { usdPerGb: 0.029, lambdaUsdPerGbSecond: 0.0000133334, memorySizeMiB: 512 },
    ...options,
  };
}

function reportOf(options: Partial<ReportOptions>): Report {
  return createReport(makeOptions(options));
}

describe('the report', () => {
  it('accounts for every event, with what is undelivered as merged slices', () => {
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
      queued: [],
      undelivered: [[20, 30]],
      recordsDelivered: 9,
      requests: 3,
      requestsFailed: 1,
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
    ['a slice overlaps what was delivered', { undelivered: [{ from: 20, to: 31 }] }],
  ])('is refused when %s', (_, outcome) => {
    expect(() => reportOf({ outcome: outcomeOf(outcome) })).toThrow('do not add up');
  });

  it('counts what the work queue has taken as queued', () => {
    expect(reportOf({ queued: [{ from: 20, to: 30 }] })).toMatchObject({
      eventsDelivered: 90,
      eventsQueued: 10,
      eventsUndelivered: 0,
      queued: [[20, 30]],
      undelivered: [],
    });
  });

  it('counts what the work queue has not taken as undelivered, apart from what it has', () => {
    // Prepare
    const part = (from: number, to: number) => ({ runId: 'run-1', from, to });
    const leftOver = [part(60, 80), part(0, 20), part(20, 40), part(40, 60), part(80, 100)];
    const { outcome: _, ...options } = makeOptions({
      leftOver,
      queued: [leftOver[2]!, leftOver[1]!, leftOver[4]!],
    });

    // Act
    const report = createReport(options);

    // Assess
    expect(report).toMatchObject({
      eventsQueued: 60,
      eventsUndelivered: 40,
      queued: [
        [0, 40],
        [80, 100],
      ],
      undelivered: [[40, 80]],
    });
  });

  it('says why the delivery stopped, and what had failed last', () => {
    const outcome = outcomeOf({ stopReason: 'attempts', lastFailure: new Error('Slow down.') });
    const report = reportOf({ outcome });
    expect(report).toMatchObject({ stopReason: 'attempts', lastFailure: 'Slow down.' });
  });

  it('says that nothing was sent when there is no outcome', () => {
    // Act
    const { outcome: _, ...options } = makeOptions({ leftOver: [slice], queued: [slice] });

    // Assess
    expect(createReport(options)).toMatchObject({
      eventsRequested: 100,
      eventsDelivered: 0,
      eventsQueued: 100,
      eventsUndelivered: 0,
      requests: 0,
      eventsPerSecond: 0,
    });
  });

  it.each([
    ['delivered in part', {}],
    ['queued', { queued: [{ from: 20, to: 30 }] }],
    ['stopped', { outcome: outcomeOf({ stopReason: 'fatal', lastFailure: new Error('no such stream') }) }],
  ])('is what its schema says, of a slice that was %s', (_, options) => {
    const report = reportOf(options);
    expect(v.parse(v.strictObject(reportSchema.entries), report)).toEqual(report);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('divides by no zero', () => {
    expect(reportOf({ durationMs: 0 }).eventsPerSecond).toBe(90_000);
  });
});
