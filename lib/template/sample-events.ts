import { UuidRule } from '../../lambda/prover/comparison/uuid-rule.ts';
import type { EventTemplate } from '../../lambda/template/event-template.ts';

/** The run of sample events. */
export const sampleRun = { deliveryStreamName: 'my-stream', runId: 'my-run' };

/** Limits of samples: however large a template is, they take less than a second. */
const [maxEvents, maxPieces, maxBytes] = [1_000, 20_000, 500_000];

const sampledTimeMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

/** Times at the edges of their fields: each month, weekday and hour, and numbers with and without leading zeros. */
export const edgeTimes: readonly number[] = Array.from({ length: 48 }, (_, place) =>
  Date.UTC(
    2028,
    place % 12,
    [1, 9, 10, 22, 31][place % 5],
    place % 24,
    [0, 5, 10, 59][place % 4],
    [59, 0, 9, 30][place % 4],
    [0, 7, 45, 100, 999][place % 5],
  ),
);

/** Sample events of a template, each as the outputs of its parts: up to 1,000, fewer of large ones. */
export function* sampleEvents(
  template: EventTemplate,
  timesMs: readonly number[] = [sampledTimeMs],
  count = maxEvents,
): Generator<Buffer[], void> {
  const run = template.startRun(sampleRun.deliveryStreamName, sampleRun.runId);
  const rule = new UuidRule(sampleRun);
  let [pieces, bytes] = [0, 0];
  for (let index = 0; index < count && pieces < maxPieces && bytes < maxBytes; index += 1) {
    const event = run.pieces(index, rule.uuids(index, 1), timesMs[index % timesMs.length]!);
    pieces += event.length;
    bytes += event.reduce((sum, { length }) => sum + length, 0);
    yield event;
  }
}
