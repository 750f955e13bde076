import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import type { Report } from '../../../lambda/contract/report.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';

/** A new directory outside the project. */
export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'firehose-event-producer-'));
}

/** The paths of the objects in a bucket. */
export function objectsIn(bucketDirectory: string): string[] {
  return readdirSync(bucketDirectory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every line of every object in a bucket, which are all gzip. */
export function linesIn(bucketDirectory: string): string[] {
  return objectsIn(bucketDirectory).flatMap((path) => {
    const lines = gunzipSync(readFileSync(path)).toString().split('\n');
    if (lines.pop() !== '') {
      throw new Error(`${path} does not end with a whole line`);
    }
    return lines;
  });
}

/** The UUID of an event, or an error if the line is not one. */
export function uuidOf(line: string): string {
  const [, uuid] =
    /^\{"([\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12})":"test-\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"\}$/.exec(
      line,
    ) ?? [];
  if (!uuid) {
    throw new Error(`not an event: ${line}`);
  }
  return uuid;
}

/** The UUIDs that the rule gives to the events `[0, count)` of a run. */
export function uuidsOf(deliveryStreamName: string, runId: string, count: number): string[] {
  const events = Buffer.alloc(count * eventBytes);
  createEventWriter(deliveryStreamName, runId, 0)(events, 0);
  return events.toString().trimEnd().split('\n').map(uuidOf);
}

/** A report on a run of 100 events, all delivered. */
export function makeReport(overrides: Partial<Report> = {}): Report {
  return {
    runId: 'run-1',
    deliveryStreamName: 'my-stream',
    from: 0,
    to: 100,
    eventsRequested: 100,
    eventsDelivered: 100,
    eventsQueued: 0,
    eventsUndelivered: 0,
    eventsUncertain: 0,
    queued: [],
    undelivered: [],
    recordsDelivered: 1,
    requests: 1,
    requestsFailed: 0,
    recordsRefused: 0,
    recordsRetried: 0,
    bytesDelivered: 6_800,
    billedBytes: 10_240,
    durationMs: 10,
    eventsPerSecond: 10_000,
    estimatedCostUsd: 0.000000343,
    ...overrides,
  };
}
