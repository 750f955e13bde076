import { createHash } from 'node:crypto';
import type { EventTemplate } from '../../lambda/template/event-template.ts';

/** Number of sample events of a template. */
export const sampledEvents = 1_000;

const uuidBytes = 16;

const sampledTimeMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

/** Sample events of a template, each as the outputs of its parts. */
export function* sampleEvents(template: EventTemplate): Generator<Buffer[], void> {
  const run = template.startRun('my-stream', 'my-run');
  for (let index = 0; index < sampledEvents; index += 1) {
    const uuid = createHash('sha256').update(`${index}`).digest().subarray(0, uuidBytes);
    yield run.pieces(index, uuid, sampledTimeMs);
  }
}
