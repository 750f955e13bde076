import { describe, expect, it } from 'vitest';
import type { LocalProof } from '../../../lib/commands/start/proof.ts';
import type { LocalRun } from '../../../lib/commands/start/run.ts';
import { summarize } from '../../../lib/commands/start/summary.ts';
import { makeReport } from './factories.ts';

const run: LocalRun = {
  report: makeReport({
    to: 1,
    eventsRequested: 1,
    eventsDelivered: 1,
    bytesDelivered: 68,
    billedBytes: 5_120,
    durationMs: 1_000,
    eventsPerSecond: 1,
    estimatedCostUsd: 0.000006805,
  }),
  target: 'Firehose',
  output: { directory: 'out/bucket', objects: 2, bytes: 1_234 },
  objectPaths: ['out/bucket/first.gz', "out/bucket/it's the newest.gz"],
  logPath: 'out/function.log',
  invocations: 1,
  slicesQueued: 0,
  recordsOffered: 1,
  recordsRefused: 0,
  maxMemoryUsedMiB: 0,
};

describe('the summary', () => {
  it.each([
    ['Firehose', '  npx cdk deploy\n'],
    ['Kinesis', '  npx cdk deploy -c source=kinesis\n'],
  ] as const)('of a run to %s ends with how to deploy that', (target, command) => {
    expect(summarize({ ...run, target })).toContain(command);
  });

  it('counts one as one', () => {
    // Act
    const summary = summarize(run);

    // Assess
    expect(summary).toContain('1 event delivered, every one acknowledged, in 1.00 s: 1 event a second.');
    expect(summary).toContain('1 record in 1 request,');
    expect(summary).toContain(
      '1 invocation, 0 slices through the work queue; Firehose refused 0 of 1 record\n',
    );
    expect(summary).not.toMatch(/\b1 \w+s\b/);
  });

  it('shows the newest object, quoted for a shell', () => {
    expect(summarize(run)).toContain("gunzip -c 'out/bucket/it'\\''s the newest.gz' | tail -3");
  });

  it('of a partial run names the first missing events and the log with the reason', () => {
    // Prepare
    const report = {
      ...run.report,
      eventsRequested: 100,
      eventsDelivered: 70,
      eventsUndelivered: 30,
      undelivered: [[40, 60] as [number, number], [90, 100] as [number, number]],
    };

    // Act
    const summary = summarize({ ...run, report });

    // Assess
    expect(summary).toContain('70 of 100 events delivered, 30 NOT');
    expect(summary).toContain(
      "First missing: events 40 to 59. For the reason: grep '\"ERROR\"' 'out/function.log'",
    );
  });

  it('counts failed requests and gives the reason of the last one', () => {
    // Prepare
    const lastFailure = '502 Bad Gateway from 127.0.0.1:4573: text/html, "<html>"';
    const report = { ...run.report, requests: 1_200, requestsFailed: 3, lastFailure };

    // Act
    const summary = summarize({ ...run, report });

    // Assess
    expect(summary).toContain(
      `Firehose refused 0 of 1 record; 3 of 1,200 requests failed, last failure: ${lastFailure}\n`,
    );
    expect(summarize(run)).not.toContain('failed');
  });

  const proof: LocalProof = {
    claims: 1,
    looks: 2,
    eventsProven: 1,
    lost: [],
    eventsUnproven: 0,
    sinceSentMs: 1_234,
    mostReads: 1,
    timeFactor: 60,
    maxMemoryUsedMiB: 60,
    logPath: 'out/prover.log',
  };

  it('ends with the verdict of the prover', () => {
    // Act
    const summary = summarize({ ...run, proof });

    // Assess
    expect(summary).toContain(
      '  proof    1 claim, 2 verdicts, no object read more than 1 time; ' +
        "the prover's delays are 1/60 of those in AWS; 60 MiB at most; log out/prover.log\n",
    );
    expect(summary.split('\n').at(-1)).toBe('Proven: the event is in the bucket, 1.2 s after it was sent');
  });

  it('names ten ranges of lost events, and the command that sends all of them again', () => {
    // Prepare
    const lost = Array.from({ length: 12 }, (_, index): [number, number] => [
      index * 1_000,
      index * 1_000 + 10,
    ]);
    const report = { ...run.report, runId: "it's", eventsDelivered: 20_000 };

    // Act
    const summary = summarize(
      { ...run, report, proof: { ...proof, lost, lostAfterHours: 25 } },
      'npm start -- --output here',
    );

    // Assess
    expect(summary).toContain('of those in AWS, and 25 hours passed at once; ');
    expect(summary).toContain('NOT proven: 120 of 20,000 events are lost. ');
    expect(summary).toContain('\n  events 9,000 to 9,009\n  and 2 more ranges\n');
    expect(summary.split('\n').at(-1)).toMatch(
      /^ {2}npm start -- --output here --run-id 'it'\\''s' --slices 0:10,1000:1010,.*,11000:11010$/,
    );
  });

  it('says 1 hour, not 1 hours', () => {
    // Act
    const summary = summarize({ ...run, proof: { ...proof, lost: [[0, 1]], lostAfterHours: 1 } });

    // Assess
    expect(summary).toContain(', and 1 hour passed at once');
  });

  it('names single events, and as many ranges in a command as a shell takes', () => {
    // Prepare
    const lost = Array.from({ length: 10_000 }, (_, index): [number, number] => [
      999_000_000_000 + 2 * index,
      999_000_000_001 + 2 * index,
    ]);

    // Act
    const lines = summarize({ ...run, proof: { ...proof, lost, lostAfterHours: 25 } }).split('\n');

    // Assess
    expect(lines).toContain('  event 999,000,000,018');
    expect(lines).toContain('  and 9,990 more ranges');
    expect(lines.at(-2)).toBe(
      'Send the first 4,000 ranges again; then npm run verify -- --all names the others:',
    );
    expect(lines.at(-1)!.length).toBeLessThan(128 * 1_024);
    expect(lines.at(-1)).toMatch(/ --slices 999000000000:999000000001,/);
  });

  it('leaves out memory that was not measured', () => {
    expect(summarize(run)).not.toContain('memory');
    expect(summarize({ ...run, maxMemoryUsedMiB: 80 })).toContain('memory   80 MiB at most');
  });
});
