import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadline } from '../../lambda/producer/deadline.ts';
import {
  backoffMs,
  type DeliveryOptions,
  type DeliveryOutcome,
  deliver,
  type PutRecords,
} from '../../lambda/producer/delivery.ts';
import { Pacer } from '../../lambda/producer/pacer.ts';
import { billedBytes, type EventRecord } from '../../lambda/producer/records.ts';
import type { RecordBatch } from '../../lambda/producer/requests.ts';
import { mergeSlices } from '../../lambda/producer/slice.ts';
import { World } from '../../lib/simulation/world.ts';

const eventsPerTestRecord = 3;

/** Records of three events and as many bytes each, in requests of `perRequest` records. */
function* requestsOf(records: number, perRequest: number): Generator<RecordBatch, void> {
  for (let first = 0; first < records; first += perRequest) {
    const count = Math.min(perRequest, records - first);
    yield Array.from({ length: count }, (_, place): EventRecord => {
      const from = (first + place) * eventsPerTestRecord;
      return { from, to: from + eventsPerTestRecord, data: Buffer.alloc(eventsPerTestRecord) };
    });
  }
}

function sliceOf(records: number) {
  return { from: 0, to: records * eventsPerTestRecord };
}

/** Delivers in a world of its own, whose clock jumps, and returns the outcome when it has come to rest. */
async function deliverIn(
  world: World,
  records: number,
  requests: Iterator<RecordBatch, void>,
  options: Partial<DeliveryOptions> & Pick<DeliveryOptions, 'putRecords'>,
): Promise<DeliveryOutcome> {
  let settled = false;
  const delivery = deliver(sliceOf(records), requests, {
    pacer: new Pacer(1e9, world.now),
    deadline: new Deadline(world.now(), world.now() + 300_000),
    concurrency: 4,
    maxAttempts: 20,
    now: world.now,
    random: world.random,
    sleep: world.sleep,
    ...options,
  }).finally(() => {
    settled = true;
  });
  await Promise.all([world.run(() => settled, 100_000), delivery.catch(() => {})]);
  return delivery;
}

/** A Firehose that answers each request as it is told, a moment later, and remembers what it took. */
function firehoseThat(answer: (batch: RecordBatch) => readonly number[] | Error) {
  const taken: EventRecord[] = [];
  const seen = { requests: 0, inFlight: 0, mostInFlight: 0 };
  const putRecords: PutRecords = async (batch) => {
    seen.requests += 1;
    seen.inFlight += 1;
    seen.mostInFlight = Math.max(seen.mostInFlight, seen.inFlight);
    await Promise.resolve();
    seen.inFlight -= 1;
    const refused = answer(batch);
    if (refused instanceof Error) {
      throw refused;
    }
    taken.push(...batch.filter((_, place) => !refused.includes(place)));
    return { kind: 'answered', refused, ...(refused.length > 0 && { cause: new Error('Slow down.') }) };
  };
  return { putRecords, taken, seen };
}

describe('delivering requests', () => {
  it('accounts for every event, whatever Firehose refuses and whenever it stops working', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          records: fc.nat(80),
          perRequest: fc.integer({ min: 1, max: 7 }),
          concurrency: fc.integer({ min: 1, max: 6 }),
          maxAttempts: fc.integer({ min: 1, max: 4 }),
          refusal: fc.double({ min: 0, max: 0.9, noNaN: true }),
          breaksAfter: fc.option(fc.nat(30)),
        }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async ({ records, perRequest, concurrency, maxAttempts, refusal, breaksAfter }, dice) => {
          // Prepare
          const firehose = firehoseThat((batch) => {
            if (breaksAfter !== null && firehose.seen.requests > breaksAfter) {
              return new Error('AccessDeniedException: no');
            }
            return [...batch.keys()].filter(() => dice.next().value! < refusal);
          });
          const options = { putRecords: firehose.putRecords, concurrency, maxAttempts };

          // Act
          const outcome = await deliverIn(new World(1), records, requestsOf(records, perRequest), options);

          // Assess
          const taken = firehose.taken.map(({ from, to }) => ({ from, to }));
          expect(outcome.recordsDelivered).toBe(taken.length);
          expect(outcome.eventsDelivered).toBe(taken.length * eventsPerTestRecord);
          expect(outcome.bytesDelivered).toBe(taken.length * eventsPerTestRecord);
          expect(outcome.billedBytes).toBe(taken.length * billedBytes(eventsPerTestRecord));
          expect(outcome.requests).toBe(firehose.seen.requests);
          expect(firehose.seen.mostInFlight).toBeLessThanOrEqual(concurrency);
          const undelivered = mergeSlices(outcome.undelivered).map(([from, to]) => ({ from, to }));
          expect(mergeSlices([...taken, ...undelivered])).toEqual(mergeSlices([sliceOf(records)]));
          const lengths = [...taken, ...undelivered].reduce((sum, { from, to }) => sum + to - from, 0);
          expect(lengths).toBe(records * eventsPerTestRecord);
          expect(outcome.stop === undefined).toBe(undelivered.length === 0);
        },
      ),
    );
  });

  it('sends only the refused records again', async () => {
    // Prepare
    const sent: number[][] = [];
    const firehose = firehoseThat((batch) => {
      sent.push(batch.map(({ from }) => from / eventsPerTestRecord));
      return sent.length === 1 ? [1, 3] : [];
    });

    // Act
    const outcome = await deliverIn(new World(1), 5, requestsOf(5, 5), firehose);

    // Assess
    expect(sent).toEqual([
      [0, 1, 2, 3, 4],
      [1, 3],
    ]);
    expect(outcome).toMatchObject({
      requests: 2,
      recordsRefused: 2,
      recordsRetried: 2,
      recordsDelivered: 5,
    });
  });

  it('gives up after so many attempts, says why, and leaves the rest of the run alone', async () => {
    // Prepare
    const firehose = firehoseThat((batch) => [...batch.keys()]);
    const options = { ...firehose, concurrency: 1, maxAttempts: 3 };

    // Act
    const outcome = await deliverIn(new World(1), 100, requestsOf(100, 10), options);

    // Assess
    expect(firehose.seen.requests).toBe(3);
    expect(outcome.stop).toMatchObject({
      cause: { message: 'gave up after 3 attempts: Slow down.' },
      mayPass: true,
    });
    expect(mergeSlices(outcome.undelivered)).toEqual([[0, 300]]);
    // The last refusal too, after which nothing is sent again.
    expect(outcome).toMatchObject({ recordsRefused: 30, recordsRetried: 20 });
  });

  it('stops at once after an error that no retry can mend, ending the waits of other requests', async () => {
    // Prepare
    const world = new World(1);
    const startedMs = world.now();
    const firehose = firehoseThat(({ 0: first }) =>
      first!.from === 0 ? [0] : new Error('ResourceNotFoundException: no such stream'),
    );

    // Act
    const outcome = await deliverIn(world, 100, requestsOf(100, 1), { ...firehose, concurrency: 2 });

    // Assess
    expect(firehose.seen.requests).toBe(2);
    expect(world.now()).toBe(startedMs);
    expect(outcome.stop).toMatchObject({
      cause: { message: expect.stringContaining('no such stream') },
      mayPass: false,
    });
    expect(mergeSlices(outcome.undelivered)).toEqual([[0, 300]]);
  });

  it('counts the events of a lost answer as uncertain, each time, and sends them again', async () => {
    // Prepare
    let requests = 0;
    const putRecords: PutRecords = async (batch) => {
      requests += 1;
      return requests <= 2
        ? { kind: 'unanswered', refused: [...batch.keys()], cause: new Error('lost') }
        : { kind: 'answered', refused: [] };
    };

    // Act
    const outcome = await deliverIn(new World(1), 2, requestsOf(2, 2), { putRecords });

    // Assess
    expect(outcome).toMatchObject({
      eventsDelivered: 6,
      eventsUncertain: 12,
      requests: 3,
      recordsRefused: 0,
      recordsRetried: 4,
    });
  });

  it.each([
    ['in 3 s', 3_000, 8],
    ['never', Number.POSITIVE_INFINITY, 0],
  ])(
    'returns within 10 s, and says what is left, when Firehose answers %s',
    async (_, answerMs, delivered) => {
      // Prepare
      const world = new World(1);
      const startedMs = world.now();
      const putRecords: PutRecords = (batch, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () =>
            resolve({ kind: 'unanswered', refused: [...batch.keys()], cause: new Error('aborted') }),
          );
          if (Number.isFinite(answerMs)) {
            world.after(answerMs, () => resolve({ kind: 'answered', refused: [] }));
          }
        });
      const deadline = new Deadline(startedMs, startedMs + 10_000);

      // Act
      const outcome = await deliverIn(world, 100, requestsOf(100, 1), { putRecords, deadline });

      // Assess
      expect(world.now() - startedMs).toBeLessThanOrEqual(8_000);
      expect(outcome.recordsDelivered).toBe(delivered);
      expect(outcome.eventsUncertain).toBe(delivered === 0 ? 4 * eventsPerTestRecord : 0);
      expect(outcome.stop).toMatchObject({ mayPass: true });
      expect(mergeSlices(outcome.undelivered)).toEqual([[delivered * eventsPerTestRecord, 300]]);
    },
  );

  it('keeps a steady rate to 2 % over ten seconds, whatever the answers take', async () => {
    // Prepare
    const world = new World(1);
    const startedMs = world.now();
    const sentInTenSeconds = { events: 0 };
    const putRecords: PutRecords = async (batch) => {
      if (world.now() - startedMs < 10_000) {
        sentInTenSeconds.events += batch.length * eventsPerTestRecord;
      }
      await world.sleep(world.random() * 300);
      return { kind: 'answered', refused: [] };
    };

    // Act
    await deliverIn(world, 20_000, requestsOf(20_000, 30), { putRecords, eventsPerSecond: 900 });

    // Assess
    expect(Math.abs(sentInTenSeconds.events / 9_000 - 1)).toBeLessThan(0.02);
  });

  it('holds no more requests in memory than it has in flight', async () => {
    // Prepare
    let pulled = 0;
    let answered = 0;
    let mostHeld = 0;
    const firehose = firehoseThat(() => {
      mostHeld = Math.max(mostHeld, pulled - answered);
      answered += 1;
      return [];
    });
    function* counted() {
      for (const batch of requestsOf(500, 1)) {
        pulled += 1;
        yield batch;
      }
    }

    // Act
    await deliverIn(new World(1), 500, counted(), { ...firehose, concurrency: 8 });

    // Assess
    expect(pulled).toBe(500);
    expect(mostHeld).toBe(8);
  });

  it('waits longer from attempt to attempt, up to a bound, and by chance', async () => {
    // Prepare
    const world = new World(1);
    const sentMs: number[] = [];
    const firehose = firehoseThat((batch) => {
      sentMs.push(world.now());
      return [...batch.keys()];
    });
    const options = { ...firehose, concurrency: 1, maxAttempts: 10, random: () => 0.999999 };

    // Act
    await deliverIn(world, 1, requestsOf(1, 1), options);
    const waits = sentMs.slice(1).map((atMs, place) => Math.round(atMs - sentMs[place]!));

    // Assess
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(backoffMs(3, () => 0)).toBe(0);
    expect(backoffMs(3, () => 0.5)).toBe(200);
  });

  it('tells of every request: its attempt, its records and why they were refused', async () => {
    // Prepare
    const traces: unknown[] = [];
    let requests = 0;
    const firehose = firehoseThat(() => {
      requests += 1;
      return requests === 1 ? [0] : [];
    });

    // Act
    await deliverIn(new World(1), 2, requestsOf(2, 2), {
      ...firehose,
      onRequest: (trace) => traces.push(trace),
    });

    // Assess
    expect(traces).toEqual([
      { attempt: 1, records: 2, recordsRefused: 1, durationMs: 0, cause: 'Slow down.' },
      { attempt: 2, records: 1, recordsRefused: 0, durationMs: 0 },
    ]);
  });

  it('lets an error of a stage before it through', async () => {
    // Prepare
    function* broken() {
      yield* requestsOf(1, 1);
      throw new Error('generator broke');
    }

    // Act
    const delivery = deliverIn(
      new World(1),
      2,
      broken(),
      firehoseThat(() => []),
    );

    // Assess
    await expect(delivery).rejects.toThrow('generator broke');
  });
});
