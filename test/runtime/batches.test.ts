import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunSlice } from '../../lambda/contract/slice.ts';
import {
  type BatchCall,
  type BatchResponse,
  createCallAll,
  createSendAll,
  maxItemsPerCall,
  type QueueOutcome,
  type SendMessages,
} from '../../lambda/runtime/batches.ts';
import { madeFor } from '../producer/factories.ts';
import { World } from '../simulation/worlds/world.ts';

/** Slices of ten events each. */
function slicesOf(count: number): RunSlice[] {
  return Array.from({ length: count }, (_, part) => ({
    runId: 'run-1',
    from: part * 10,
    to: part * 10 + 10,
  }));
}

/** One call, as the queue sees it. */
interface Call {
  /** How many calls there were before. */
  readonly place: number;
  /** When it came, after the start. */
  readonly atMs: number;
  readonly slices: readonly RunSlice[];
}

/** The queue takes these messages of a call, by their place, and may take those others another time. */
function decided(taken: readonly number[], again: readonly number[], message?: string): BatchResponse {
  return { kind: 'decided', taken, again, ...(message && { cause: new Error(message) }) };
}

/** A call fails as a whole. */
function failed(
  kind: 'rejected' | 'lost' | 'fatal',
  { slices }: Call,
  message: string = kind,
): BatchResponse {
  return { kind, taken: [], again: kind === 'fatal' ? [] : [...slices.keys()], cause: new Error(message) };
}

/** The queue takes all messages of a call. */
const takeAll = ({ slices }: Call): BatchResponse => decided([...slices.keys()], []);

/** No response comes. */
const hang = () => undefined;

/**
 * Sends slices to a queue that gives the responses of the test, in its own world, whose clock jumps.
 *
 * @param respond What the queue responds; nothing if it lets the call hang.
 */
async function send(
  count: number,
  respond: (call: Call, world: World) => BatchResponse | undefined,
  { timeMs = 10_000, responseMs = () => 20 }: { timeMs?: number; responseMs?: (world: World) => number } = {},
) {
  const world = new World(1);
  const startedMs = world.now();
  const calls: Call[] = [];
  const seen = { inFlight: 0, mostInFlight: 0 };
  const sendMessages: SendMessages = async (messages, signal) => {
    const call = {
      place: calls.length,
      atMs: world.now() - startedMs,
      slices: messages.map(({ body }) => JSON.parse(body) as RunSlice),
    };
    calls.push(call);
    seen.inFlight += 1;
    seen.mostInFlight = Math.max(seen.mostInFlight, seen.inFlight);
    const response = respond(call, world);
    await world.sleep(response ? responseMs(world) : Number.MAX_SAFE_INTEGER, signal);
    seen.inFlight -= 1;
    return response && !signal.aborted ? response : failed('lost', call, 'no response in time');
  };
  let outcome: QueueOutcome<RunSlice> | undefined;
  const sent = createSendAll<RunSlice>(sendMessages, world, madeFor)(slicesOf(count), startedMs + timeMs);
  const done = sent.then((made) => {
    outcome = made;
  });
  await Promise.all([world.run(() => outcome !== undefined, 100_000), done]);
  return { ...outcome!, calls, seen, tookMs: world.now() - startedMs };
}

const inOrder = (slices: readonly RunSlice[]) => [...slices].sort((a, b) => a.from - b.from);

describe('handing slices to the work queue', () => {
  it('sends each one once when nothing fails, ten to a call', async () => {
    // Act
    const { queued, unqueued, lastFailure, calls } = await send(25, takeAll);

    // Assess
    expect(inOrder(queued)).toEqual(slicesOf(25));
    expect(unqueued).toEqual([]);
    expect(lastFailure).toBeUndefined();
    expect(calls.map(({ slices }) => slices.length)).toEqual([10, 10, 5]);
  });

  it('makes no call when there is nothing to send', async () => {
    const { queued, unqueued, calls } = await send(0, takeAll);
    expect([queued, unqueued, calls]).toEqual([[], [], []]);
  });

  it('returns the slices that it was given, not copies', async () => {
    // Prepare: callers find out by identity which of their slices are queued
    const slices = slicesOf(2);
    const sendSlices = createSendAll<RunSlice>(async () => decided([0], []), new World(1), madeFor);

    // Act
    const { queued, unqueued } = await sendSlices(slices, Number.MAX_SAFE_INTEGER);

    // Assess
    expect(queued[0]).toBe(slices[0]);
    expect(unqueued[0]).toBe(slices[1]);
  });

  it('sends alone again what the queue did not take of a call', async () => {
    // Act
    const { queued, unqueued, lastFailure, calls } = await send(5, (call) =>
      call.place === 0 ? decided([0, 2, 4], [1, 3], '2 of 5 messages: Throttled') : takeAll(call),
    );

    // Assess
    expect(calls.map(({ slices }) => slices.map(({ from }) => from / 10))).toEqual([
      [0, 1, 2, 3, 4],
      [1, 3],
    ]);
    expect(inOrder(queued)).toEqual(slicesOf(5));
    expect(unqueued).toEqual([]);
    expect(lastFailure?.message).toBe('2 of 5 messages: Throttled');
  });

  it('does not send again what the queue will never take, and sends the rest', async () => {
    // Act
    const { queued, unqueued, calls } = await send(3, (call) =>
      call.place === 0 ? decided([0], [2], 'InvalidMessageContents') : takeAll(call),
    );

    // Assess
    expect(calls).toHaveLength(2);
    expect(inOrder(queued)).toEqual([slicesOf(3)[0], slicesOf(3)[2]]);
    expect(unqueued).toEqual([slicesOf(3)[1]]);
  });

  it.each(['rejected', 'lost'] as const)('sends everything again after a call that was %s', async (kind) => {
    // Act
    const { queued, unqueued, calls } = await send(10, (call) =>
      call.place < 3 ? failed(kind, call) : takeAll(call),
    );

    // Assess
    expect(calls.map(({ slices }) => slices)).toEqual(Array(4).fill(slicesOf(10)));
    expect(inOrder(queued)).toEqual(slicesOf(10));
    expect(unqueued).toEqual([]);
  });

  it('stops no call because another one fails', async () => {
    // Act
    const { queued, unqueued, lastFailure } = await send(100, (call) =>
      call.slices[0]!.from === 0 ? failed('rejected', call, 'ServiceUnavailable') : takeAll(call),
    );

    // Assess
    expect(inOrder(queued)).toEqual(slicesOf(100).slice(10));
    expect(inOrder(unqueued)).toEqual(slicesOf(10));
    expect(lastFailure?.message).toBe('ServiceUnavailable');
  });

  it('does not repeat a call that no retry can fix, and goes on with others', async () => {
    // Act
    const { queued, unqueued, lastFailure, calls } = await send(30, (call) =>
      call.slices[0]!.from === 0 ? failed('fatal', call, 'AccessDenied: no') : takeAll(call),
    );

    // Assess
    expect(calls).toHaveLength(3);
    expect(inOrder(queued)).toEqual(slicesOf(30).slice(10));
    expect(inOrder(unqueued)).toEqual(slicesOf(10));
    expect(lastFailure?.message).toBe('AccessDenied: no');
  });

  it('ends in time when calls hang, and says of everything that it is not queued', async () => {
    // Act
    const { queued, unqueued, lastFailure, tookMs } = await send(100, hang);

    // Assess
    expect(tookMs).toBeLessThanOrEqual(10_000);
    expect(queued).toEqual([]);
    expect(inOrder(unqueued)).toEqual(slicesOf(100));
    expect(lastFailure?.message).toBe('no response in time');
  });

  it('leaves time for another call when the first one hangs', async () => {
    // Act
    const { queued, unqueued } = await send(10, (call) => (call.place === 0 ? undefined : takeAll(call)), {
      timeMs: 1_500,
    });

    // Assess
    expect(inOrder(queued)).toEqual(slicesOf(10));
    expect(unqueued).toEqual([]);
  });

  it.each([0, -1_000])('makes no call with %i ms left, and says so of everything', async (timeMs) => {
    // Act
    const { queued, unqueued, lastFailure, calls, tookMs } = await send(25, takeAll, { timeMs });

    // Assess
    expect(calls).toEqual([]);
    expect([queued, inOrder(unqueued), tookMs]).toEqual([[], slicesOf(25), 0]);
    expect(lastFailure?.message).toBe('no time was left');
  });

  it('waits longer from attempt to attempt', async () => {
    // Act
    const { calls } = await send(1, (call) => failed('rejected', call), { timeMs: 300_000 });

    // Assess: with full jitter up to 5 s, a hundred attempts take some four minutes
    const early = calls.filter(({ atMs }) => atMs < 1_000).length;
    expect(early).toBeGreaterThan(2);
    expect(early).toBeLessThan(20);
    expect(calls.length).toBeGreaterThan(60);
    expect(calls.length).toBeLessThan(250);
  });

  it('names the last failure, not the first', async () => {
    // Act
    const { lastFailure } = await send(10, (call) =>
      call.place < 3 ? failed('rejected', call, `failure ${call.place}`) : takeAll(call),
    );

    // Assess
    expect(lastFailure?.message).toBe('failure 2');
  });

  it('has few calls in flight: a small function opens its connections slowly', async () => {
    const { seen } = await send(1_000, takeAll);
    expect(seen.mostInFlight).toBe(4);
  });

  it('gets 1,000 slices into a queue that fails 20 % of calls and takes 0.7 s for each', async () => {
    // Act
    const { queued, unqueued, calls, tookMs } = await send(
      1_000,
      (call, world) => (world.chance(0.2) ? failed('rejected', call) : takeAll(call)),
      { timeMs: 300_000, responseMs: () => 700 },
    );

    // Assess
    expect(inOrder(queued)).toEqual(slicesOf(1_000));
    expect(unqueued).toEqual([]);
    expect(calls.length).toBeGreaterThan(100);
    expect(tookMs).toBeLessThan(30_000);
  });

  it('accounts for every slice exactly once and in time, for any responses of the queue', async () => {
    const response = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('decided'), seed: fc.infiniteStream(fc.nat(2)) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('rejected', 'lost', 'fatal', 'hang') }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.integer({ min: 0, max: 8_000 }),
        fc.infiniteStream(response),
        fc.infiniteStream(fc.nat(1_500)),
        async (count, timeMs, responses, latencies) => {
          // Prepare
          const taken: RunSlice[] = [];
          const respond = (call: Call): BatchResponse | undefined => {
            const next = responses.next().value!;
            if (next.kind === 'hang') {
              return undefined;
            }
            if (next.kind !== 'decided') {
              return failed(next.kind as 'rejected', call);
            }
            const { seed } = next as { seed: Iterator<number> };
            const dice = call.slices.map(() => seed.next().value as number);
            const places = (face: number) => [...dice.keys()].filter((place) => dice[place] === face);
            return decided(places(0), places(1), 'not all');
          };
          const noteTaken = (call: Call) => {
            const made = respond(call);
            return (
              made && {
                ...made,
                get taken() {
                  // Read only if the response arrives in time.
                  taken.push(...made.taken.map((place) => call.slices[place]!));
                  return made.taken;
                },
              }
            );
          };

          // Act
          const { queued, unqueued, calls, tookMs } = await send(count, noteTaken, {
            timeMs,
            responseMs: () => latencies.next().value!,
          });

          // Assess
          expect(inOrder([...queued, ...unqueued])).toEqual(slicesOf(count));
          expect(inOrder(queued)).toEqual(inOrder(taken));
          expect(tookMs).toBeLessThanOrEqual(timeMs);
          for (const { atMs, slices } of calls) {
            expect(atMs).toBeLessThan(timeMs);
            expect(slices.length).toBeLessThanOrEqual(maxItemsPerCall);
          }
        },
      ),
    );
  });
});

describe('calls that have to succeed', () => {
  /** Makes calls for 100 numbers, in virtual time. */
  async function callAll(call: BatchCall<number>, timeMs = 300_000) {
    const world = new World(1);
    const startedMs = world.now();
    let result: unknown = 'pending';
    const items = Array.from({ length: 100 }, (_, item) => item);
    const done = createCallAll(call, world)(items, startedMs + timeMs).then(
      () => {
        result = 'done';
      },
      (error: Error) => {
        result = error.message;
      },
    );
    await Promise.all([world.run(() => result !== 'pending', 100_000), done]);
    return { result, tookMs: world.now() - startedMs };
  }

  it('repeats what the queue did not take', async () => {
    // Prepare
    const taken: number[] = [];
    const call: BatchCall<number> = async (items) => {
      const places = [...items.keys()].slice(0, 3);
      taken.push(...places.map((place) => items[place]!));
      return decided(places, [...items.keys()].slice(3), 'Busy');
    };

    // Act
    const { result } = await callAll(call);

    // Assess
    expect(result).toBe('done');
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, item) => item));
  });

  it.each([
    ['at once when no retry can help', 'fatal', 0, 1_000],
    ['after ten seconds of failures', 'rejected', 9_000, 10_000],
  ] as const)('rejects %s', async (_, kind, fromMs, toMs) => {
    // Act
    const { result, tookMs } = await callAll(async (items) => ({
      kind,
      taken: [],
      again: kind === 'fatal' ? [] : [...items.keys()],
      cause: new Error('AccessDenied'),
    }));

    // Assess
    expect(result).toBe('AccessDenied');
    expect(tookMs).toBeGreaterThanOrEqual(fromMs);
    expect(tookMs).toBeLessThanOrEqual(toMs);
  });

  it('rejects without a call when no time is left', async () => {
    expect(await callAll(async () => decided([], []), 0)).toEqual({ result: 'no time was left', tookMs: 0 });
  });
});
