import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import { mergeSlices } from '../../../lambda/contract/slice.ts';
import { billedBytes, targets } from '../../../lambda/contract/targets.ts';
import type { PutRecords, PutResponse } from '../../../lambda/producer/delivery/aws/put-records.ts';
import { Deadline } from '../../../lambda/producer/delivery/deadline.ts';
import {
  type DeliveryOptions,
  type DeliveryOutcome,
  deliver,
} from '../../../lambda/producer/delivery/delivery.ts';
import { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import type { EventRecord, RecordBatch } from '../../../lambda/producer/packing/records.ts';
import type { RequestBudget, RequestSource } from '../../../lambda/producer/packing/requests.ts';
import { settingsWith } from '../../simulation/worlds/producer.ts';
import { World } from '../../simulation/worlds/world.ts';

const eventsPerTestRecord = 3;

/** Requests of `perRequest` records of three events and as many bytes each, for any budget. */
function requestsOf(records: number, perRequest: number): RequestSource {
  const { to } = sliceOf(records);
  let from = 0;
  return {
    get left() {
      return { from, to };
    },
    later: [],
    putBack: () => {},
    next: () => {
      const count = Math.min(perRequest, (to - from) / eventsPerTestRecord);
      const batch = Array.from({ length: count }, (): EventRecord => {
        const record = { from, to: from + eventsPerTestRecord, data: Buffer.alloc(eventsPerTestRecord) };
        from = record.to;
        return record;
      });
      return count === 0 ? undefined : batch;
    },
  };
}

function sliceOf(records: number) {
  return { from: 0, to: records * eventsPerTestRecord };
}

function createPacer(world: World): StreamPacer {
  return new StreamPacer(1e9, world.now);
}

/** Delivers in a world of its own, whose clock jumps, and returns the outcome when it has come to rest. */
async function deliverIn(
  world: World,
  source: RequestSource,
  {
    concurrency = 4,
    maxAttempts = 20,
    ...options
  }: Partial<DeliveryOptions & ProducerSettings> & Pick<DeliveryOptions, 'putRecords'>,
): Promise<DeliveryOutcome> {
  let settled = false;
  const delivery = deliver(source, {
    target: targets.firehose,
    pacer: createPacer(world),
    deadline: new Deadline(world.now(), world.now() + 300_000),
    settings: settingsWith({ concurrency, maxAttempts }),
    clock: world,
    ...options,
  }).finally(() => {
    settled = true;
  });
  await Promise.all([world.run(() => settled, 100_000), delivery.catch(() => {})]);
  return delivery;
}

/** A request that failed as a whole. */
function failed(kind: 'rejected' | 'lost' | 'fatal', batch: RecordBatch, message: string): PutResponse {
  return { kind, refused: [...batch.keys()], throttled: [], cause: new Error(message) };
}

const acknowledged: PutResponse = { kind: 'decided', refused: [], throttled: [] };

/** Responds after some time, or never, unless the request is aborted before. */
async function respondAfter(
  world: World,
  responseMs: number,
  batch: RecordBatch,
  signal: AbortSignal,
): Promise<PutResponse> {
  await world.sleep(Math.min(responseMs, Number.MAX_SAFE_INTEGER), signal);
  return signal.aborted ? failed('lost', batch, 'no response in time') : acknowledged;
}

/**
 * A Firehose that calls `decide` for each request, a moment later in which no time passes, and remembers the records that
 * it took. An error is one that no retry can fix.
 *
 * @param isQuota Whether it refuses records because of the quota.
 */
function firehoseThat(
  world: World,
  decide: (batch: RecordBatch) => readonly number[] | Error,
  isQuota = true,
) {
  const taken: EventRecord[] = [];
  const seen = { requests: 0, inFlight: 0, mostInFlight: 0 };
  const putRecords: PutRecords = async (batch) => {
    seen.requests += 1;
    seen.inFlight += 1;
    seen.mostInFlight = Math.max(seen.mostInFlight, seen.inFlight);
    await world.sleep(0);
    seen.inFlight -= 1;
    const refused = decide(batch);
    if (refused instanceof Error) {
      return failed('fatal', batch, refused.message);
    }
    taken.push(...batch.filter((_, place) => !refused.includes(place)));
    return {
      kind: 'decided',
      refused,
      throttled: isQuota ? refused : [],
      ...(refused.length > 0 && { cause: new Error('Slow down.') }),
    };
  };
  return { putRecords, taken, seen };
}

describe('delivering requests', () => {
  it('accounts for every event when Firehose refuses records, or stops working at any time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          records: fc.nat(80),
          perRequest: fc.integer({ min: 1, max: 7 }),
          concurrency: fc.integer({ min: 1, max: 6 }),
          maxAttempts: fc.integer({ min: 1, max: 4 }),
          refusal: fc.double({ min: 0, max: 0.9, noNaN: true }),
          isQuota: fc.boolean(),
          breaksAfter: fc.option(fc.nat(30)),
        }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async ({ records, perRequest, concurrency, maxAttempts, refusal, isQuota, breaksAfter }, dice) => {
          // Prepare
          const world = new World(1);
          const firehose = firehoseThat(
            world,
            (batch) => {
              if (breaksAfter !== null && firehose.seen.requests > breaksAfter) {
                return new Error('AccessDeniedException: no');
              }
              return [...batch.keys()].filter(() => dice.next().value! < refusal);
            },
            isQuota,
          );
          const options = { putRecords: firehose.putRecords, concurrency, maxAttempts };

          // Act
          const outcome = await deliverIn(world, requestsOf(records, perRequest), options);

          // Assess
          const taken = firehose.taken.map(({ from, to }) => ({ from, to }));
          expect(outcome.recordsDelivered).toBe(taken.length);
          expect(outcome.eventsDelivered).toBe(taken.length * eventsPerTestRecord);
          expect(outcome.bytesDelivered).toBe(taken.length * eventsPerTestRecord);
          expect(outcome.billedBytes).toBe(taken.length * billedBytes(eventsPerTestRecord, targets.firehose));
          expect(outcome.requests).toBe(firehose.seen.requests);
          expect(firehose.seen.mostInFlight).toBeLessThanOrEqual(concurrency);
          const undelivered = mergeSlices(outcome.undelivered).map(([from, to]) => ({ from, to }));
          expect(mergeSlices([...taken, ...undelivered])).toEqual(mergeSlices([sliceOf(records)]));
          const lengths = [...taken, ...undelivered].reduce((sum, { from, to }) => sum + to - from, 0);
          expect(lengths).toBe(records * eventsPerTestRecord);
          expect(outcome.stopReason === undefined).toBe(undelivered.length === 0);
        },
      ),
    );
  });

  it('counts requests that failed, and at least as many uncertain events as were stored in vain', async () => {
    const kinds = [
      'decided',
      'rejected',
      'lost',
      'lost but stored',
      'fatal',
      'hangs',
      'hangs but stored',
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(
          fc.oneof(
            { weight: 3, arbitrary: fc.constant<(typeof kinds)[number]>('decided') },
            { weight: 2, arbitrary: fc.constantFrom(...kinds) },
          ),
        ),
        async (records, concurrency, maxAttempts, responses) => {
          // Prepare
          const world = new World(1);
          const seen = { requests: 0, failed: 0, copies: 0, acknowledged: 0, lost: 0, last: '' };
          const putRecords: PutRecords = async (batch, signal) => {
            const kind = responses.next().value!;
            const events = batch.length * eventsPerTestRecord;
            seen.requests += 1;
            seen.copies += kind === 'decided' || kind.endsWith('stored') ? events : 0;
            await world.sleep(kind.startsWith('hangs') ? Number.MAX_SAFE_INTEGER : 10, signal);
            if (kind === 'decided' && !signal.aborted) {
              seen.acknowledged += events;
              return acknowledged;
            }
            seen.failed += 1;
            seen.last = `${kind} ${seen.failed}`;
            if (kind === 'rejected' || kind === 'fatal') {
              return failed(kind, batch, seen.last);
            }
            seen.lost += events;
            return failed('lost', batch, seen.last);
          };
          const deadline = new Deadline(world.now(), world.now() + 20_000);
          const startedMs = world.now();

          // Act
          const options = { putRecords, concurrency, maxAttempts, deadline };
          const outcome = await deliverIn(world, requestsOf(records, 3), options);

          // Assess
          expect(outcome).toMatchObject({
            requests: seen.requests,
            requestsFailed: seen.failed,
            recordsRefused: 0,
            eventsDelivered: seen.acknowledged,
            eventsUncertain: seen.lost,
          });
          expect(outcome.lastFailure?.message ?? '').toBe(seen.last);
          expect(seen.copies).toBeLessThanOrEqual(outcome.eventsDelivered + outcome.eventsUncertain);
          const left = mergeSlices(outcome.undelivered).reduce((sum, [from, to]) => sum + to - from, 0);
          expect(outcome.eventsDelivered + left).toBe(records * eventsPerTestRecord);
          expect(world.now() - startedMs).toBeLessThanOrEqual(18_000);
        },
      ),
    );
  });

  it('sends only the refused records again', async () => {
    // Prepare
    const world = new World(1);
    const sent: number[][] = [];
    const firehose = firehoseThat(world, (batch) => {
      sent.push(batch.map(({ from }) => from / eventsPerTestRecord));
      return sent.length === 1 ? [1, 3] : [];
    });

    // Act
    const outcome = await deliverIn(world, requestsOf(5, 5), firehose);

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

  it('gives up after maxAttempts, reports why, and does not send the rest of the run', async () => {
    // Prepare
    const world = new World(1);
    const firehose = firehoseThat(world, (batch) => [...batch.keys()]);
    const options = { ...firehose, concurrency: 1, maxAttempts: 3 };

    // Act
    const outcome = await deliverIn(world, requestsOf(100, 10), options);

    // Assess
    expect(firehose.seen.requests).toBe(3);
    expect(outcome).toMatchObject({ stopReason: 'attempts', lastFailure: { message: 'Slow down.' } });
    expect(mergeSlices(outcome.undelivered)).toEqual([[0, 300]]);
    // The last refusal too, after which nothing is sent again.
    expect(outcome).toMatchObject({ recordsRefused: 30, recordsRetried: 20 });
  });

  it('stops at once after an error that no retry can fix, ending the waits of other requests', async () => {
    // Prepare
    const world = new World(1);
    const startedMs = world.now();
    const firehose = firehoseThat(world, ({ 0: first }) =>
      first!.from === 0 ? [0] : new Error('ResourceNotFoundException: no such stream'),
    );

    // Act
    const outcome = await deliverIn(world, requestsOf(100, 1), { ...firehose, concurrency: 2 });

    // Assess
    expect(firehose.seen.requests).toBe(2);
    expect(world.now()).toBe(startedMs);
    expect(outcome).toMatchObject({
      stopReason: 'fatal',
      lastFailure: { message: expect.stringContaining('no such stream') },
    });
    expect(mergeSlices(outcome.undelivered)).toEqual([[0, 300]]);
  });

  it.each([
    [
      'counts the events of each lost response as uncertain, and sends them again',
      ['lost', 'lost'],
      {
        eventsDelivered: 6,
        eventsUncertain: 12,
        requests: 3,
        requestsFailed: 2,
        recordsRefused: 0,
        recordsRetried: 4,
      },
    ],
    [
      'ends after maxAttempts when no response can be used',
      ['lost', 'lost', 'lost', 'lost'],
      {
        stopReason: 'attempts',
        eventsDelivered: 0,
        eventsUncertain: 24,
        requests: 4,
        requestsFailed: 4,
        recordsRefused: 0,
      },
    ],
    [
      'counts a rejected request as failed, none of its records as refused, no event as uncertain',
      ['rejected'],
      { eventsDelivered: 6, eventsUncertain: 0, requests: 2, requestsFailed: 1, recordsRefused: 0 },
    ],
  ] as const)('%s', async (_, failures, expected) => {
    // Prepare
    let requests = 0;
    const putRecords: PutRecords = async (batch) => {
      const kind = failures[requests];
      requests += 1;
      return kind ? failed(kind, batch, '502 Bad Gateway from proxy') : acknowledged;
    };

    // Act
    const outcome = await deliverIn(new World(1), requestsOf(2, 2), { putRecords, maxAttempts: 4 });

    // Assess
    expect(outcome).toMatchObject({ ...expected, lastFailure: { message: '502 Bad Gateway from proxy' } });
    expect(mergeSlices(outcome.undelivered)).toEqual(outcome.eventsDelivered === 6 ? [] : [[0, 6]]);
  });

  it('says what failed although the time was over in the end', async () => {
    // Prepare
    const world = new World(1);
    const putRecords: PutRecords = async (batch) => failed('lost', batch, '502 Bad Gateway from proxy');
    const deadline = new Deadline(world.now(), world.now() + 10_000);

    // Act
    const outcome = await deliverIn(world, requestsOf(2, 2), { putRecords, deadline });

    // Assess
    expect(outcome).toMatchObject({
      stopReason: 'deadline',
      lastFailure: { message: '502 Bad Gateway from proxy' },
    });
    expect(outcome.requestsFailed).toBe(outcome.requests);
    expect(outcome.requestsFailed).toBeGreaterThan(1);
  });

  it.each([
    ['in 1.5 s', 1_500],
    ['never', Number.POSITIVE_INFINITY],
  ])('returns within 10 s, and says what is left, when Firehose responds %s', async (_, responseMs) => {
    // Prepare
    const world = new World(1);
    const startedMs = world.now();
    const putRecords: PutRecords = (batch, signal) => respondAfter(world, responseMs, batch, signal);
    const deadline = new Deadline(startedMs, startedMs + 10_000);

    // Act
    const outcome = await deliverIn(world, requestsOf(100, 1), { putRecords, deadline });

    // Assess: four requests at a time
    const delivered = Number.isFinite(responseMs) ? 16 : 0;
    expect(world.now() - startedMs).toBeLessThanOrEqual(8_000);
    expect(outcome.recordsDelivered).toBe(delivered);
    expect(outcome.requestsFailed).toBe(outcome.requests - delivered);
    expect(outcome.eventsUncertain).toBe(outcome.requestsFailed * eventsPerTestRecord);
    expect(outcome.stopReason).toBe('deadline');
    expect(mergeSlices(outcome.undelivered)).toEqual([[delivered * eventsPerTestRecord, 300]]);
  });

  it('waits longer for responses that are slower than it thought, and gets them', async () => {
    // Prepare
    const world = new World(1);
    const putRecords: PutRecords = (batch, signal) => respondAfter(world, 3_000, batch, signal);
    const deadline = new Deadline(world.now(), world.now() + 30_000);

    // Act
    const outcome = await deliverIn(world, requestsOf(12, 1), { putRecords, deadline });

    // Assess: the first four are sent twice
    expect(outcome).toMatchObject({ recordsDelivered: 12, requests: 16, requestsFailed: 4 });
    expect(outcome.stopReason).toBeUndefined();
  });

  it('is not stopped by first requests that hang', async () => {
    // Prepare: as many as the pacer lets in before it has seen a response
    const world = new World(1);
    const startedMs = world.now();
    const { requestBytes, windowBytes } = createPacer(world);
    const first = windowBytes / requestBytes;
    let from = 0;
    const source: RequestSource = {
      get left() {
        return { from, to: 10_000 };
      },
      later: [],
      putBack: () => {},
      next: ({ bytes }) => {
        from += 1;
        return [{ from: from - 1, to: from, data: Buffer.alloc(bytes) }];
      },
    };
    const respondedMs: number[] = [];
    let requests = 0;
    const putRecords: PutRecords = async (batch, signal) => {
      requests += 1;
      const response = await respondAfter(world, requests <= first ? Infinity : 50, batch, signal);
      respondedMs.push(world.now() - startedMs);
      return response;
    };
    const deadline = new Deadline(startedMs, startedMs + 8_000);
    const pacer = new StreamPacer(windowBytes, world.now);

    // Act
    const outcome = await deliverIn(world, source, { putRecords, deadline, pacer });

    // Assess: of the 6 s until the delivery ends, 2 s are for the requests that hang
    expect(respondedMs.slice(0, first)).toEqual(Array(first).fill(2_000));
    expect(outcome).toMatchObject({ requestsFailed: first, stopReason: 'deadline' });
    expect(outcome.recordsDelivered).toBeGreaterThan((0.9 * 3_500 * first) / 50);
  });

  it('waits twice as long after a timeout, although timers fire a little early', async () => {
    // Prepare: Node's do, by up to a millisecond, and more if asked for a fraction of one
    const world = new World(1);
    const clock = {
      now: world.now,
      random: () => 0,
      sleep: (durationMs: number, signal: AbortSignal) => world.sleep(Math.floor(durationMs) - 1, signal),
    };
    const tookMs: number[] = [];
    const putRecords: PutRecords = async (batch, signal) => {
      const startedMs = world.now();
      const response = await respondAfter(world, Number.POSITIVE_INFINITY, batch, signal);
      tookMs.push(world.now() - startedMs);
      return response;
    };

    // Act
    const options = { putRecords, clock, concurrency: 1, maxAttempts: 4 };
    await deliverIn(world, requestsOf(1, 1), options);

    // Assess
    expect(tookMs.map((ms) => Math.round(ms / 100) * 100)).toEqual([2_000, 4_000, 8_000, 16_000]);
  });

  it('keeps a steady rate to 2 % over ten seconds, however long responses take', async () => {
    // Prepare
    const world = new World(1);
    const startedMs = world.now();
    const sentInTenSeconds = { events: 0 };
    const putRecords: PutRecords = async (batch) => {
      if (world.now() - startedMs < 10_000) {
        sentInTenSeconds.events += batch.length * eventsPerTestRecord;
      }
      await world.sleep(world.random() * 300);
      return acknowledged;
    };

    // Act
    await deliverIn(world, requestsOf(20_000, 30), { putRecords, eventsPerSecond: 900 });

    // Assess
    expect(Math.abs(sentInTenSeconds.events / 9_000 - 1)).toBeLessThan(0.02);
  });

  it('ends all of its workers with the last response, also when the next request would wait', async () => {
    // Prepare: the third request would start at 6 s
    const world = new World(1);
    const startedMs = world.now();
    const firehose = firehoseThat(world, () => []);
    const options = { ...firehose, concurrency: 16, eventsPerSecond: 1 };

    // Act
    const outcome = await deliverIn(world, requestsOf(2, 1), options);

    // Assess
    expect(outcome).toMatchObject({ recordsDelivered: 2, requests: 2 });
    expect(outcome.stopReason).toBeUndefined();
    expect(world.now() - startedMs).toBe(3_000);
  });

  it('lets sixteen workers wait at the same time without a warning of Node', async () => {
    // Prepare: requests listen for their abort, as those of the SDK do, and then everybody backs off
    const world = new World(1);
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const putRecords: PutRecords = async (batch, signal) => {
      await world.sleep(10, signal);
      return failed('rejected', batch, '500');
    };

    // Act
    const options = { putRecords, concurrency: 16, maxAttempts: 3 };
    const outcome = await deliverIn(world, requestsOf(100, 1), options);
    process.off('warning', onWarning);

    // Assess
    expect(outcome.requests).toBeGreaterThan(32);
    expect(warnings).toEqual([]);
  });

  it('holds no more requests in memory than it has in flight', async () => {
    // Prepare
    const world = new World(1);
    let pulled = 0;
    let responses = 0;
    let mostHeld = 0;
    const firehose = firehoseThat(world, () => {
      mostHeld = Math.max(mostHeld, pulled - responses);
      responses += 1;
      return [];
    });
    const source = requestsOf(500, 1);
    const counted: RequestSource = {
      get left() {
        return source.left;
      },
      later: [],
      putBack: () => {},
      next: (budget) => {
        const batch = source.next(budget);
        pulled += batch ? 1 : 0;
        return batch;
      },
    };

    // Act
    await deliverIn(world, counted, { ...firehose, concurrency: 8 });

    // Assess
    expect(pulled).toBe(500);
    expect(mostHeld).toBe(8);
  });

  it('waits longer from attempt to attempt, up to a bound, while nothing is accepted', async () => {
    // Prepare
    const world = new World(1);
    const sentMs: number[] = [];
    const firehose = firehoseThat(world, (batch) => {
      sentMs.push(world.now());
      return [...batch.keys()];
    });
    const clock = { now: world.now, sleep: world.sleep, random: () => 0.999999 };
    const options = { ...firehose, clock, concurrency: 1, maxAttempts: 10 };

    // Act
    await deliverIn(world, requestsOf(1, 1), options);
    const waits = sentMs.slice(1).map((atMs, place) => Math.round(atMs - sentMs[place]!));

    // Assess
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it('reports every request: its attempt, its records and why they were refused', async () => {
    // Prepare
    const world = new World(1);
    const traces: unknown[] = [];
    let requests = 0;
    const firehose = firehoseThat(world, () => {
      requests += 1;
      return requests === 1 ? [0] : [];
    });

    // Act
    await deliverIn(world, requestsOf(2, 2), { ...firehose, onRequest: (trace) => traces.push(trace) });

    // Assess
    expect(traces).toEqual([
      { attempt: 1, records: 2, recordsRefused: 1, durationMs: 0, cause: 'Slow down.' },
      { attempt: 2, records: 1, recordsRefused: 0, durationMs: 0 },
    ]);
  });

  it('sends refused records again without a wait of their own when others were accepted', async () => {
    // Prepare
    const world = new World(1);
    const startedMs = world.now();
    const firehose = firehoseThat(world, (batch) => [...batch.keys()].slice(1));

    // Act
    await deliverIn(world, requestsOf(5, 5), { ...firehose, concurrency: 1 });

    // Assess
    expect(firehose.seen.requests).toBe(5);
    expect(world.now()).toBe(startedMs);
  });

  it.each([
    ['learns a rate from records that were refused because of the quota', true],
    ['learns no rate from records that were refused for another reason, such as InternalFailure', false],
  ])('%s', async (_, isQuota) => {
    // Prepare
    const world = new World(1);
    const pacer = createPacer(world);
    const firehose = firehoseThat(world, (batch) => [...batch.keys()].slice(1), isQuota);

    // Act
    await deliverIn(world, requestsOf(10, 10), { ...firehose, pacer, maxAttempts: 1 });

    // Assess
    expect(Number.isFinite(pacer.bytesPerSecond)).toBe(isQuota);
  });

  it.each(['rejected', 'lost'] as const)('learns nothing from a request that was %s', async (kind) => {
    // Prepare
    const world = new World(1);
    const pacer = createPacer(world);
    const putRecords: PutRecords = async (batch) => failed(kind, batch, '500');

    // Act
    await deliverIn(world, requestsOf(100, 10), { putRecords, pacer, maxAttempts: 3 });

    // Assess
    expect(pacer.windowBytes).toBe(createPacer(world).windowBytes);
    expect(pacer.bytesPerSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it('starts a request with what the pacer has learned from the response that made room for it', async () => {
    // Prepare: two requests fill the window, the third has to wait for a response
    const world = new World(1);
    const pacer = createPacer(world);
    const budgets: RequestBudget[] = [];
    const source: RequestSource = {
      get left() {
        return { from: budgets.length, to: 3 };
      },
      later: [],
      putBack: () => {},
      next: (budget) => {
        const from = budgets.push(budget) - 1;
        return [{ from, to: from + 1, data: Buffer.alloc(budget.bytes) }];
      },
    };
    const { requestBytes, windowBytes } = pacer;
    const putRecords: PutRecords = async () => {
      await world.sleep(budgets.length * 100);
      return acknowledged;
    };

    // Act
    await deliverIn(world, source, { putRecords, pacer });

    // Assess
    expect(2 * requestBytes).toBe(windowBytes);
    expect(budgets.map(({ bytes }) => bytes)).toEqual([requestBytes, requestBytes, 1.5 * requestBytes]);
  });

  it('lets an error of a stage before it through, and starts no request after it', async () => {
    // Prepare
    const world = new World(1);
    const firehose = firehoseThat(world, () => []);
    const source = requestsOf(100, 1);
    let pulled = 0;
    const broken: RequestSource = {
      left: source.left,
      later: [],
      putBack: () => {},
      next: (budget) => {
        pulled += 1;
        if (pulled === 2) {
          throw new Error('generator broke');
        }
        return source.next(budget);
      },
    };

    // Act
    const delivery = deliverIn(world, broken, firehose);

    // Assess
    await expect(delivery).rejects.toThrow('generator broke');
    const { requests } = firehose.seen;
    await world.run(() => false, 1_000);
    expect(firehose.seen.requests).toBe(requests);
    expect(requests).toBeLessThan(4);
  });
});
