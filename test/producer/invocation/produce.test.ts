import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import { Deadline } from '../../../lambda/producer/delivery/deadline.ts';
import type { DeliveryOutcome } from '../../../lambda/producer/delivery/delivery.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { produce } from '../../../lambda/producer/invocation/produce.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';
import { createPacer, environmentWith } from '../../simulation/worlds/producer.ts';
import { World } from '../../simulation/worlds/world.ts';

/** Produces a slice for a stream that takes everything at once, and returns what was sent and how long it took. */
async function produceSlice(
  slice: Omit<RunSlice, 'runId'>,
  { timeMs = 300_000, ...settings }: { timeMs?: number } & Partial<ProducerSettings> = {},
) {
  const world = new World(1);
  const startedMs = world.now();
  const environment = environmentWith('my-stream', 'ndjson', settings);
  const batches: RecordBatch[] = [];
  let outcome: DeliveryOutcome | undefined;
  produce({ runId: 'run-1', ...slice }, new Deadline(startedMs, startedMs + timeMs), {
    environment,
    createPacker: createDefaultPacker,
    stream: {
      putRecords: async (batch) => {
        batches.push(batch);
        return { kind: 'decided', refused: [], throttled: [] };
      },
      pacer: createPacer(environment, world),
    },
    clock: world,
  }).then((result) => {
    outcome = result;
  });
  await world.run(() => outcome !== undefined, 10_000);
  return { outcome: outcome!, batches, seconds: (world.now() - startedMs) / 1_000, startedMs };
}

describe('producing a slice', () => {
  it('sends exactly its events, and says so', async () => {
    // Prepare
    const slice = { from: 1_000, to: 6_000 };

    // Act
    const { outcome, batches, startedMs } = await produceSlice(slice);

    // Assess
    const expected = Buffer.alloc(5_000 * eventBytes);
    createEventWriter('my-stream', 'run-1', 1_000)(expected, startedMs);
    const records = batches.flat().sort((a, b) => a.from - b.from);
    expect(Buffer.concat(records.map(({ data }) => data))).toEqual(expected);
    expect(outcome).toMatchObject({ eventsDelivered: 5_000, requests: batches.length });
    expect(outcome.stopReason).toBeUndefined();
  });

  it('keeps to the steady rate of the slice', async () => {
    const { outcome, seconds } = await produceSlice({ from: 0, to: 5_000, eventsPerSecond: 1_000 });
    // The last of fifty requests starts a tenth of a second before the fifth is over
    expect(outcome.eventsDelivered).toBe(5_000);
    expect(seconds).toBeCloseTo(4.9, 3);
  });

  it('sends a slice without a rate as fast as it can, even if the function has a rate', async () => {
    const { outcome, seconds } = await produceSlice({ from: 0, to: 5_000 }, { eventsPerSecond: 10 });
    expect(outcome.eventsDelivered).toBe(5_000);
    expect(seconds).toBe(0);
  });
});

describe('the pacer of a container', () => {
  it('allows as much record data in flight as full requests carry, which is less than they have in base64', () => {
    // Prepare
    const environment = environmentWith('my-stream', 'ndjson', {
      concurrency: 4,
      maxRequestBytes: 1_000_000,
    });
    const pacer = createPacer(environment, new World(1));

    const batch = [{ from: 0, to: 1, data: Buffer.alloc(1_000) }];

    // Act
    for (let response = 0; response < 1_000; response += 1) {
      pacer.learn({ startedMs: 0, batch, response: { throttled: [] } });
    }

    // Assess
    expect(pacer.windowBytes).toBe(4 * 750_000);
  });
});
