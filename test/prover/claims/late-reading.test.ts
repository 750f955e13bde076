import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { claimRetentionDays } from '../../../lambda/contract/claim.ts';
import { Comparison } from '../../../lambda/prover/comparison/comparison.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import type { Bucket } from '../../../lambda/prover/objects/bucket.ts';
import { readObjects } from '../../../lambda/prover/objects/read-objects.ts';
import { eventTimeMs } from '../../proof/factories.ts';
import { createClaim, ProverWorld } from '../factories.ts';

const hourMs = 3_600_000;

/** A prover behind a Kinesis stream that keeps its records for a time. */
function createWorld({ ageHours = 0, retentionHours = 24, target = 'kinesis' as const } = {}) {
  const world = new ProverWorld({ target, lostAfterHours: retentionHours + 1 });
  world.nowMs = eventTimeMs + ageHours * hourMs;
  return world;
}

/** When Firehose reads the records of the claim. */
const readHours = 20;
const landedAtMs = eventTimeMs + readHours * hourMs + 60_000;

describe('a claim on events that Firehose reads late from a Kinesis stream', () => {
  it.each([
    ['the arrival in Kinesis', eventTimeMs],
    ['the reading by Firehose', eventTimeMs + readHours * hourMs],
    ['the arrival of an older record, of a shard that Firehose reads later', eventTimeMs - 19 * hourMs],
  ])('is proven in an object whose prefix has the time of %s', async (_, arrivedMs) => {
    // Prepare
    const world = createWorld({ ageHours: 19 });
    const early = await world.check([createClaim()]);
    world.landEvents(0, 100, 'run-1', { landedAtMs, arrivedMs });
    world.nowMs = landedAtMs + 60_000;

    // Act
    const late = await world.check([createClaim()]);

    // Assess
    expect([early, late, world.verdicts]).toEqual([[0], [], ['waiting', 'proven']]);
  });

  it('waits until the retention is over, and is lost after it, with the reason that people meet', async () => {
    for (const retentionHours of [24, 100]) {
      // Prepare
      const world = createWorld({ ageHours: retentionHours, retentionHours });

      // Act
      const before = await world.check([createClaim()]);
      world.nowMs += hourMs + 1_000;
      const after = await world.check([createClaim()]);

      // Assess
      expect([before, after, world.verdicts]).toEqual([[0], [], ['waiting', 'lost']]);
      expect(world.lines.at(-1)!.text).toContain('only from its own creation on (DeliveryStartTimestamp)');
    }
  });

  it('is unproven if the retention is longer than the queue keeps claims, and says so', async () => {
    // Prepare
    const world = createWorld({ ageHours: (claimRetentionDays - 1) * 24 - 1, retentionHours: 168 });
    const before = await world.check([createClaim()]);
    world.nowMs += hourMs;

    // Act
    const after = await world.check([createClaim()]);

    // Assess
    expect([before, after, world.verdicts]).toEqual([[0], [], ['waiting', 'unproven']]);
    expect(world.deadLetters).toEqual(['{"runId":"run-1","from":0,"to":100}']);
    const { text, fields } = world.lines.at(-1)!;
    expect(text).toContain('the proof queue does not keep the claim that long');
    expect(fields.lostAfterHours).toBe(169);
  });
});

it('hours are listed several at a time, and each gives an object in turn', async () => {
  // Prepare
  let [atOnce, mostAtOnce] = [0, 0];
  const opened: string[] = [];
  const bucket: Bucket = {
    async *list(prefix) {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      await setImmediate();
      atOnce -= 1;
      for (const name of ['first', 'second']) {
        yield { key: `${prefix}${name}`, landedAtMs: eventTimeMs, bytes: 0 };
      }
    },
    open: async ({ key }) => {
      opened.push(key);
      return Readable.from([]);
    },
  };
  const prefixes = Array.from({ length: 20 }, (_, hour) => `hour-${String(hour).padStart(2, '0')}/`);

  // Act
  const reading = await readObjects(
    prefixes.map((prefix) => ({ prefix, landedSinceMs: 0 })),
    new Comparison([], createDefaultReader, {}),
    { bucket, errorPrefix: '', signal: new AbortController().signal, now: Date.now, untilMs: Infinity },
  );

  // Assess
  expect([reading.objects, reading.isAllRead, mostAtOnce]).toEqual([40, true, 8]);
  expect(opened.slice(0, 20)).toEqual(prefixes.map((prefix) => `${prefix}first`));
});

it('a lost claim of a Firehose stream does not mention Kinesis', async () => {
  const world = new ProverWorld();
  world.nowMs = eventTimeMs + 26 * hourMs;
  await world.check([createClaim()]);
  expect(world.lines.at(-1)!.text).toBe(
    'claim lost: payloads in the dead-letter queue resend the missing events',
  );
});
