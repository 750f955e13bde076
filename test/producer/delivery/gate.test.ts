import { describe, expect, it } from 'vitest';
import { Deadline } from '../../../lambda/producer/delivery/deadline.ts';
import { Gate, type GateOptions } from '../../../lambda/producer/delivery/gate.ts';
import type { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import { dataBytes, type RecordBatch } from '../../../lambda/producer/packing/records.ts';
import type { RequestBudget } from '../../../lambda/producer/packing/requests.ts';
import { settingsWith } from '../../simulation/worlds/producer.ts';
import { World } from '../../simulation/worlds/world.ts';

type Pace = { -readonly [Name in 'bytesPerSecond' | 'windowBytes' | 'requestBytes']: StreamPacer[Name] };

/** A request, of 100 bytes by default. */
function batchOf({ events = 1, bytes = 100 } = {}): RecordBatch {
  return [{ from: 0, to: events, data: Buffer.alloc(bytes) }];
}

/** A gate in its own world, by default at an unlimited pace, and the times at which requests entered. */
function createGate({
  pace: given = {},
  timeMs = 300_000,
  ...options
}: { pace?: Partial<Pace>; timeMs?: number } & Partial<
  Pick<GateOptions, 'eventsPerSecond' | 'clock' | 'dueMs'>
> = {}) {
  const world = new World(1);
  const startedMs = world.now();
  const sinceStartMs = () => Math.round(world.now() - startedMs);
  const pace: Pace = {
    bytesPerSecond: Number.POSITIVE_INFINITY,
    windowBytes: Number.POSITIVE_INFINITY,
    requestBytes: 100,
    ...given,
  };
  const seen = { deadlines: 0, budgets: [] as RequestBudget[], enteredMs: [] as number[] };
  const gate = new Gate({
    pacer: Object.assign(pace, { commonBytes: dataBytes }) as unknown as StreamPacer,
    deadline: new Deadline(startedMs, startedMs + timeMs),
    settings: settingsWith(),
    clock: world,
    dueMs: () => 0,
    onDeadline: () => {
      seen.deadlines += 1;
    },
    ...options,
  });
  const enter = (batch = batchOf()) =>
    gate.enter((budget) => {
      seen.budgets.push(budget);
      seen.enteredMs.push(sinceStartMs());
      return batch;
    });
  /** Lets time pass until all of these are settled, and returns what they came to. */
  const settle = async <Result>(promises: readonly Promise<Result>[]): Promise<Result[]> => {
    let settled = false;
    const all = Promise.all(promises).finally(() => {
      settled = true;
    });
    await Promise.all([world.run(() => settled, 10_000), all.catch(() => {})]);
    return all;
  };
  const pass = async (durationMs: number) => settle([world.sleep(durationMs)]);
  return { world, gate, pace, seen, sinceStartMs, enter, settle, pass };
}

/** When an invocation of ten seconds may start its last request: 2 s for the rest, 0.5 s for the response. */
const [shortMs, lastStartMs] = [10_000, 7_500];

describe('the line at the gate', () => {
  it('lets requests in as they asked, new ones and others, however large they are', async () => {
    // Prepare
    const { gate, enter, settle } = createGate({ pace: { bytesPerSecond: 1_000 } });
    await settle([enter()]);
    const order: number[] = [];
    const ask = (place: number) => {
      const batch = batchOf({ bytes: 900 - 100 * place });
      const entered = place % 2 === 0 ? gate.enter(() => batch) : gate.enterAgain(batch);
      return entered.then(() => order.push(place));
    };

    // Act
    await settle([0, 1, 2, 3, 4, 5, 6, 7].map(ask));

    // Assess
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('makes a request only when it may start', async () => {
    // Prepare
    const { seen, enter, pass } = createGate({ pace: { bytesPerSecond: 1_000 } });
    enter();
    enter();

    // Act
    enter();
    await pass(99);
    const before = seen.enteredMs.length;
    await pass(2);

    // Assess
    expect([before, seen.enteredMs.length]).toEqual([2, 3]);
  });

  it('passes an error of what makes the request on to who asked, and lets the next one in', async () => {
    // Prepare
    const { gate, seen, enter, settle } = createGate();
    const broken = gate.enter(() => {
      throw new Error('generator broke');
    });

    // Act
    const [next] = await settle([enter(), broken.catch(() => undefined)]);

    // Assess
    await expect(broken).rejects.toThrow('generator broke');
    expect(next).toBeDefined();
    expect(seen.enteredMs).toEqual([0]);
  });

  it('sends everybody away at once when nothing is left, however long a request would have to wait', async () => {
    // Prepare
    let left = 1;
    const { gate, seen, sinceStartMs, settle } = createGate({
      eventsPerSecond: 1,
      timeMs: 1_000,
      dueMs: () => (left > 0 ? 0 : undefined),
    });
    const takeLast = () => {
      left -= 1;
      return batchOf();
    };

    // Act
    const entered = await settle([gate.enter(takeLast), gate.enter(takeLast), gate.enter(takeLast)]);

    // Assess
    expect(entered).toEqual([batchOf(), undefined, undefined]);
    expect(sinceStartMs()).toBe(0);
    expect(seen.deadlines).toBe(0);
  });

  it('lets records in that are to be sent again, although nothing is left', async () => {
    const { gate, settle } = createGate({ dueMs: () => undefined });
    const entered = await settle([gate.enterAgain(batchOf())]);
    expect(entered).toEqual([true]);
  });

  it('charges nothing for a request that was not made', async () => {
    const { gate, seen, enter, settle } = createGate({ pace: { bytesPerSecond: 1_000 } });
    await settle([gate.enter(() => undefined), gate.enter(() => undefined), enter(), enter()]);
    expect(seen.enteredMs).toEqual([0, 0]);
  });
});

describe("the pacer's rate", () => {
  it('holds from the moment when it is found: the stream has just refused something', async () => {
    // Prepare
    const { pace, seen, enter, pass } = createGate();
    enter();
    await pass(1_000);
    enter();
    await pass(0);

    // Act
    pace.bytesPerSecond = 1_000;
    enter();
    await pass(500);

    // Assess
    expect(seen.enteredMs).toEqual([0, 1_000, 1_100]);
  });

  it('spreads requests, the first of which may start at once', async () => {
    // 100 bytes take 100 ms, so far requests catch up
    const { seen, enter, settle } = createGate({ pace: { bytesPerSecond: 1_000 } });
    await settle([enter(), enter(), enter(), enter(), enter()]);
    expect(seen.enteredMs).toEqual([0, 0, 100, 200, 300]);
  });

  it('counts records that are sent again as well', async () => {
    const { gate, seen, enter, settle } = createGate({ pace: { bytesPerSecond: 1_000 } });
    await settle<unknown>([enter(), gate.enterAgain(batchOf()), gate.enterAgain(batchOf()), enter()]);
    expect(seen.enteredMs).toEqual([0, 200]);
  });

  it('is caught up with by a tenth of a second at most', async () => {
    // Prepare
    const { seen, enter, settle, pass } = createGate({ pace: { bytesPerSecond: 1_000 } });
    await settle([enter()]);
    await pass(10_000);

    // Act
    await settle([enter(), enter(), enter(), enter()]);

    // Assess
    expect(seen.enteredMs.slice(1)).toEqual([10_000, 10_000, 10_100, 10_200]);
  });

  it('makes no request wait longer than two seconds', async () => {
    // At this rate a request would take 100 s
    const { seen, enter, settle } = createGate({ pace: { bytesPerSecond: 1 } });
    await settle([enter(), enter(), enter()]);
    expect(seen.enteredMs).toEqual([0, 1_900, 3_900]);
  });

  it('gives each request what it should carry', async () => {
    // Prepare
    const { pace, seen, enter, settle } = createGate();

    // Act
    await settle([enter()]);
    pace.requestBytes = 700;
    await settle([enter()]);

    // Assess
    expect(seen.budgets).toEqual([
      { bytes: 100, events: Number.POSITIVE_INFINITY },
      { bytes: 700, events: Number.POSITIVE_INFINITY },
    ]);
  });
});

describe('a steady rate', () => {
  it('spreads events over ten requests a second', async () => {
    // Prepare
    const { seen, enter, settle } = createGate({ eventsPerSecond: 200 });

    // Act
    await settle(Array.from({ length: 5 }, () => enter(batchOf({ events: 20 }))));

    // Assess
    expect(seen.enteredMs).toEqual([0, 100, 200, 300, 400]);
    expect(new Set(seen.budgets.map(({ events }) => events))).toEqual(new Set([20]));
  });

  it('of less than ten events a second has requests of one event', async () => {
    // Prepare
    const { seen, enter, settle } = createGate({ eventsPerSecond: 2 });

    // Act
    await settle([enter(), enter(), enter()]);

    // Assess
    expect(seen.enteredMs).toEqual([0, 500, 1_000]);
    expect(seen.budgets[0]!.events).toBe(1);
  });

  it('is caught up with by a second at most', async () => {
    // Prepare
    const { seen, enter, settle, pass } = createGate({ eventsPerSecond: 200 });
    await pass(10_000);

    // Act
    await settle(Array.from({ length: 15 }, () => enter(batchOf({ events: 20 }))));

    // Assess: a second of 200 events, and the request that is due anyway
    expect(seen.enteredMs).toEqual([...Array(11).fill(10_000), 10_100, 10_200, 10_300, 10_400]);
  });

  it('does not count records that are sent again', async () => {
    // Prepare
    const { gate, seen, sinceStartMs, enter, settle } = createGate({ eventsPerSecond: 200 });
    const batch = batchOf({ events: 20 });

    // Act
    await settle<unknown>([enter(batch), ...Array.from({ length: 5 }, () => gate.enterAgain(batch))]);
    const againMs = sinceStartMs();
    await settle([enter(batch)]);

    // Assess
    expect(againMs).toBe(0);
    expect(seen.enteredMs).toEqual([0, 100]);
  });
});

describe('a full window', () => {
  it('opens with a response, and with nothing else', async () => {
    // Prepare
    const { world, gate, seen, enter, settle } = createGate({ pace: { windowBytes: 250 } });
    const batch = batchOf();
    world.after(20_000, () => gate.leave(batch));

    // Act
    await settle([enter(batch), enter(batch), enter(batch)]);

    // Assess
    expect(seen.enteredMs).toEqual([0, 0, 20_000]);
  });

  it('holds records back that are to be sent again, too', async () => {
    // Prepare
    const { world, gate, sinceStartMs, enter, settle } = createGate({ pace: { windowBytes: 250 } });
    const batch = batchOf();
    await settle([enter(batch), enter(batch)]);
    world.after(20_000, () => gate.leave(batch));

    // Act
    const [isOpen] = await settle([gate.enterAgain(batch)]);

    // Assess
    expect(isOpen).toBe(true);
    expect(sinceStartMs()).toBe(20_000);
  });

  it('is seen as it is after the response', async () => {
    // Prepare
    const { world, gate, pace, seen, enter, settle } = createGate({ pace: { windowBytes: 100 } });
    const batch = batchOf();
    world.after(1_000, () => {
      pace.windowBytes = 300;
      gate.leave(batch);
    });

    // Act
    await settle([enter(batch), enter(batch), enter(batch), enter(batch)]);

    // Assess
    expect(seen.enteredMs).toEqual([0, 1_000, 1_000, 1_000]);
  });

  it('is never so small that no request at all may start', async () => {
    const { seen, enter, settle } = createGate({ pace: { windowBytes: 10 } });
    await settle([enter()]);
    expect(seen.enteredMs).toEqual([0]);
  });
});

describe('the deadline', () => {
  it('lets no request in, and is reported once', async () => {
    // Prepare
    const { gate, seen, enter, settle, pass } = createGate({ timeMs: shortMs });
    await pass(lastStartMs);

    // Act
    const entered = await settle<unknown>([enter(), gate.enterAgain(batchOf()), enter()]);

    // Assess
    expect(entered).toEqual([undefined, false, undefined]);
    expect(seen).toMatchObject({ deadlines: 1, enteredMs: [] });
  });

  it('lets a request in up to the last moment', async () => {
    // Prepare
    const { seen, enter, settle, pass } = createGate({ timeMs: shortMs });
    await pass(lastStartMs - 1);

    // Act
    await settle([enter()]);

    // Assess
    expect(seen).toMatchObject({ deadlines: 0, enteredMs: [lastStartMs - 1] });
  });

  it.each([
    ['pace', { pace: { bytesPerSecond: 10 }, timeMs: 2_000 }],
    ['steady rate', { eventsPerSecond: 1, timeMs: 1_000 }],
  ])('ends at once a wait that would go beyond it because of the %s', async (_, options) => {
    // Prepare
    const { seen, sinceStartMs, enter, settle } = createGate(options);
    await settle([enter()]);

    // Act
    const entered = await settle([enter()]);

    // Assess
    expect(entered).toEqual([undefined]);
    expect(sinceStartMs()).toBe(0);
    expect(seen.deadlines).toBe(1);
  });

  it('ends a wait for a response when it comes', async () => {
    // Prepare
    const { gate, seen, sinceStartMs, enter, settle } = createGate({
      pace: { windowBytes: 100 },
      timeMs: shortMs,
    });

    // Act
    const entered = await settle<unknown>([enter(), enter(), gate.enterAgain(batchOf())]);

    // Assess
    expect(entered.slice(1)).toEqual([undefined, false]);
    expect(sinceStartMs()).toBe(lastStartMs);
    expect(seen.deadlines).toBe(1);
  });
});

describe('a closed gate', () => {
  it.each([
    ['the pace', { pace: { bytesPerSecond: 10 } }],
    ['the steady rate', { eventsPerSecond: 1 }],
    ['a response', { pace: { windowBytes: 100 } }],
  ])('wakes everybody who waits for %s, and lets nobody in', async (_, options) => {
    // Prepare
    const { world, gate, seen, sinceStartMs, enter, settle } = createGate(options);
    await settle([enter()]);
    world.after(300, () => gate.close());

    // Act
    const entered = await settle<unknown>([enter(), gate.enterAgain(batchOf()), enter(), gate.backOff(20)]);

    // Assess
    expect(entered).toEqual([undefined, false, undefined, undefined]);
    expect(sinceStartMs()).toBe(300);
    expect(seen).toMatchObject({ deadlines: 0, enteredMs: [0] });
  });

  it('lets nobody in later', async () => {
    // Prepare
    const { gate, seen, enter, settle } = createGate();
    gate.close();

    // Act
    const entered = await settle<unknown>([enter(), gate.enterAgain(batchOf())]);

    // Assess
    expect(entered).toEqual([undefined, false]);
    expect(seen).toMatchObject({ deadlines: 0, enteredMs: [] });
  });
});

describe('backing off', () => {
  it('does not hold up who else wants to enter', async () => {
    const { gate, seen, enter, settle } = createGate();
    await settle<unknown>([gate.backOff(20), enter()]);
    expect(seen.enteredMs).toEqual([0]);
  });

  it('is no wait at all when it would go beyond the deadline', async () => {
    // Prepare
    const { gate, seen, sinceStartMs, enter, settle, pass } = createGate({ timeMs: shortMs });
    await pass(lastStartMs - 1);

    // Act
    const entered = await settle<unknown>([gate.backOff(20), enter()]);

    // Assess
    expect(entered).toEqual([undefined, undefined]);
    expect(sinceStartMs()).toBe(lastStartMs - 1);
    expect(seen).toMatchObject({ deadlines: 1, enteredMs: [] });
  });
});
