import { gzipSync } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/record-format.ts';
import { createEventWriter } from '../../lambda/producer/events/events.ts';
import type { StoredObject } from '../../lambda/prover/comparison/comparison.ts';
import type { StreamSlice } from '../../lambda/prover/comparison/uuid-rule.ts';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';
import type { Evidence, Proof } from '../../lib/proof/proof.ts';
import { ProofBuilder } from '../../lib/proof/proof-builder.ts';

/** When the events of these tests were generated. */
export const eventTimeMs = Date.parse('2026-11-22T10:00:00Z');

/** A run of 100 events by default. */
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

/** An object that landed 30 s after its events. */
export function createStoredObject(overrides: Partial<StoredObject> = {}): StoredObject {
  return { key: 'events/object-1', landedAtMs: eventTimeMs + 30_000, bytes: 1_000, ...overrides };
}

/** The proof on one object that is read in these pieces. */
export function proveObject(
  pieces: readonly Buffer[],
  { runs = [createRun()], createReader = createDefaultReader, isShared = false } = {},
): Proof {
  const builder = new ProofBuilder(runs, createReader, isShared);
  const reading = builder.comparison.startObject(createStoredObject());
  for (const piece of pieces) {
    reading.push(piece);
  }
  reading.end();
  return builder.evidence('here', 0, false).proof;
}

/** The pieces of some bytes, which end at `cuts`. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, order) => bytes.subarray(ends[order - 1] ?? 0, end));
}

/** The evidence on runs in these objects. */
export function compare(
  runs: readonly StreamSlice[],
  objects: readonly { object: StoredObject; lines: readonly string[]; reason?: string }[],
  exactlyOnce = false,
): Evidence {
  const builder = new ProofBuilder(runs, createDefaultReader);
  for (const { object, lines, reason } of objects) {
    const reading = builder.comparison.startObject(object);
    reading.push(Buffer.from(lines.join(''), 'latin1'));
    if (reason === undefined) {
      reading.end();
    } else {
      reading.abandon(reason);
    }
  }
  return builder.evidence('here', eventTimeMs + 60_000, exactlyOnce);
}
