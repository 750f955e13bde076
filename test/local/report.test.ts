import { describe, expect, it } from 'vitest';
import { combineReports, reportsInLog } from '../../lib/local/report.ts';
import { makeReport } from './factories.ts';

describe('the reports of a run', () => {
  it('are found in the log among other lines', () => {
    // Prepare
    const report = makeReport();
    const log = [
      '{"level":"INFO","message":"run started"}',
      'not JSON',
      JSON.stringify({ level: 'INFO', message: 'report', ...report }),
      '{"level":"INFO","message":"report","runId":"a line that was cut',
      '',
    ].join('\n');

    // Act
    const reports = reportsInLog(log);

    // Assess
    expect(reports).toEqual([{ level: 'INFO', message: 'report', ...report }]);
  });

  it('add up: what was queued is delivered, once the queue is empty', () => {
    // Prepare
    const first = makeReport({
      eventsDelivered: 40,
      eventsQueued: 60,
      recordsRefused: 1,
      recordsRetried: 2,
      eventsUncertain: 5,
    });
    const second = makeReport({
      from: 40,
      eventsRequested: 60,
      eventsDelivered: 60,
      requests: 3,
      eventsUncertain: 7,
    });

    // Act
    const report = combineReports(first, [first, second], [], 2_000);

    // Assess
    expect(report).toMatchObject({
      eventsRequested: 100,
      eventsDelivered: 100,
      eventsQueued: 0,
      eventsUndelivered: 0,
      eventsUncertain: 12,
      requests: 4,
      recordsRefused: 1,
      recordsRetried: 2,
      durationMs: 2_000,
      eventsPerSecond: 50,
      estimatedCostUsd: 0.000000686,
    });
  });

  it('count dead letters as undelivered, in order', () => {
    // Prepare
    const first = makeReport({ eventsDelivered: 40, eventsQueued: 60 });
    const deadLetters = ['{"runId":"run-1","from":90,"to":100}', '{"runId":"run-1","from":40,"to":60}'];

    // Act
    const report = combineReports(first, [first], deadLetters, 1_000);

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
});
