import { gzipSync } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/event.ts';
import { createEventWriter } from '../../lambda/producer/events/events.ts';
import { Comparison, type ObjectFacts } from '../../lambda/prover/comparison/comparison.ts';
import type { Evidence } from '../../lambda/prover/comparison/proof.ts';
import type { StreamSlice } from '../../lambda/prover/comparison/uuid-rule.ts';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';

/** When the events of these tests were generated. */
export const eventTimeMs = Date.parse('2026-11-22T10:00:00Z');

/** A run of 100 events, unless told otherwise. */
export function createRun(overrides: Partial<StreamSlice> = {}): StreamSlice {
  return { runId: 'run-1', deliveryStreamName: 'my-stream', from: 0, to: 100, ...overrides };
}

/** The lines of events `[from, to)` of a run, as the producer itself writes them. */
export function createLines(
  { deliveryStreamName, runId, from, to }: StreamSlice = createRun(),
  timeMs = eventTimeMs,
): string[] {
  const bytes = Buffer.alloc((to - from) * eventBytes);
  createEventWriter(deliveryStreamName, runId, from)(bytes, timeMs);
  return bytes.toString('latin1').match(/[^\n]*\n/g) ?? [];
}

/** An object of gzipped lines. */
export function createGzip(lines: readonly string[]): Buffer {
  return gzipSync(lines.join(''));
}

/** Facts of an object that landed 30 s after its events. */
export function createFacts(overrides: Partial<ObjectFacts> = {}): ObjectFacts {
  return { object: 'events/object-1', landedAtMs: eventTimeMs + 30_000, bytes: 1_000, ...overrides };
}

/** The evidence on runs of which these objects are all that there is. */
export function compare(
  runs: readonly StreamSlice[],
  objects: readonly { facts: ObjectFacts; lines: readonly string[]; reason?: string }[],
  exactlyOnce = false,
): Evidence {
  const comparison = new Comparison(runs, createDefaultReader);
  for (const { facts, lines, reason } of objects) {
    const reading = comparison.startObject(facts);
    reading.push(Buffer.from(lines.join(''), 'latin1'));
    if (reason === undefined) {
      reading.end();
    } else {
      reading.abandon(reason);
    }
  }
  return comparison.evidence({ source: 'here', checkedAtMs: eventTimeMs + 60_000, exactlyOnce });
}
