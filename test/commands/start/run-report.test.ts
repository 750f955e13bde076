import { describe, expect, it } from 'vitest';
import { combineReports, reportsInLog } from '../../../lib/commands/start/run-report.ts';
import { makeReport } from './factories.ts';

describe('the reports of a run', () => {
  it('are found in the log by their field, among other lines', () => {
    // Prepare
    const report = makeReport();
    const log = [
      '{"level":"INFO","message":"slice started","slice":{"from":0,"to":100}}',
      'not JSON',
      JSON.stringify({ level: 'INFO', message: 'any text', report }),
      JSON.stringify({ level: 'INFO', message: 'slice finished', ...report }),
      '{"level":"INFO","message":"slice finished","report":{"runId":"a line that was cut',
      '',
    ].join('\n');

    // Act
    const reports = reportsInLog(log);

    // Assess
    expect(reports).toEqual([report]);
  });

  it('account for dead letters of one slice and of several', () => {
    const report = makeReport({
      from: 0,
      to: 10,
      eventsRequested: 10,
      eventsDelivered: 0,
      queued: [[0, 10]],
    });
    const letters = ['{"runId":"run-1","slices":[[0,2],[5,10]]}', '{"runId":"run-1","from":2,"to":5}'];
    expect(combineReports(report, [report], letters, 2_000)).toMatchObject({ undelivered: [[0, 10]] });
    expect(() => combineReports(report, [report], letters.slice(0, 1), 2_000)).toThrow('3 of 10 events');
  });

  it('of slices count the events of these slices only', () => {
    // Prepare
    const reports = [
      makeReport({ from: 10, to: 20, eventsRequested: 10, eventsDelivered: 10 }),
      makeReport({ from: 50, to: 60, eventsRequested: 10, eventsDelivered: 7, undelivered: [[57, 60]] }),
    ];

    // Act
    const report = combineReports(reports[0]!, reports, [], 2_000, [
      [10, 20],
      [50, 60],
    ]);

    // Assess
    expect(report).toMatchObject({
      from: 10,
      to: 60,
      eventsRequested: 20,
      eventsDelivered: 17,
      eventsUndelivered: 3,
      undelivered: [[57, 60]],
    });
  });

  it('add up: what was queued is delivered, once the queue is empty', () => {
    // Prepare
    const first = makeReport({
      eventsDelivered: 40,
      eventsQueued: 60,
      queued: [[40, 100]],
      stopReason: 'deadline',
      requestsFailed: 1,
      lastFailure: 'no response in time from my-host',
      recordsRefused: 1,
      recordsRetried: 2,
      eventsUncertain: 5,
    });
    const second = makeReport({
      from: 40,
      eventsRequested: 60,
      eventsDelivered: 60,
      requests: 3,
      requestsFailed: 2,
      eventsUncertain: 7,
    });

    // Act
    const report = combineReports(first, [first, second], [], 2_000);

    // Assess
    expect(report).not.toHaveProperty('stopReason');
    expect(report).toMatchObject({
      eventsRequested: 100,
      eventsDelivered: 100,
      queued: [],
      eventsQueued: 0,
      eventsUndelivered: 0,
      eventsUncertain: 12,
      requests: 4,
      requestsFailed: 3,
      lastFailure: 'no response in time from my-host',
      recordsRefused: 1,
      recordsRetried: 2,
      durationMs: 2_000,
      eventsPerSecond: 50,
      estimatedCostUsd: 0.000000686,
    });
  });

  it('count dead letters as undelivered, in order', () => {
    // Prepare
    const first = makeReport({ eventsDelivered: 40, eventsQueued: 60, queued: [[40, 100]] });
    const second = makeReport({ from: 60, to: 90, eventsRequested: 30, eventsDelivered: 30 });
    const deadLetters = ['{"runId":"run-1","from":90,"to":100}', '{"runId":"run-1","from":40,"to":60}'];

    // Act
    const report = combineReports(first, [first, second], deadLetters, 1_000);

    // Assess
    expect(report).toMatchObject({
      eventsDelivered: 70,
      eventsUndelivered: 30,
      undelivered: [
        [40, 60],
        [90, 100],
      ],
    });
  });

  it('count an event once that was delivered twice', () => {
    const reports = [makeReport(), makeReport({ from: 50, eventsRequested: 50, eventsDelivered: 50 })];
    const report = combineReports(reports[0]!, reports, [], 1_000);
    expect(report).toMatchObject({ eventsDelivered: 100, eventsUndelivered: 0 });
  });

  it('give the reason why events were not delivered', () => {
    // Prepare
    const first = makeReport({
      eventsDelivered: 40,
      eventsUndelivered: 60,
      undelivered: [[40, 100]],
      stopReason: 'fatal',
      lastFailure: 'AccessDeniedException: no',
    });

    const later = makeReport({ requestsFailed: 1, lastFailure: 'no response in time from my-host' });
    const slice = { from: 0, to: 40, eventsRequested: 40, eventsDelivered: 40 };

    // Act
    const report = combineReports(first, [first, { ...later, ...slice }], [], 1_000);

    // Assess
    expect(report).toMatchObject({ stopReason: 'fatal', lastFailure: 'AccessDeniedException: no' });
  });

  it('are refused when they do not account for every event', () => {
    // Prepare: 40 delivered, 60 queued, and no report of those
    const first = makeReport({ eventsDelivered: 40, eventsQueued: 60, queued: [[40, 100]] });

    // Act and assess
    expect(() => combineReports(first, [first], [], 1_000)).toThrow(
      '60 of 100 events are in no report, the first of them 40 to 99',
    );
  });
});
