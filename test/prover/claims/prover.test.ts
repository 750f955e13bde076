import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSlices, partsOf, type RunSlice } from '../../../lambda/contract/slice.ts';
import { ReadingError } from '../../../lambda/prover/claims/prover.ts';
import { createGzip, createLines, createRun, eventTimeMs } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';
import { createClaim, ProverWorld } from '../factories.ts';

const hourMs = 3_600_000;

/** The events that payloads send. */
const slicesOf = (bodies: readonly string[]) =>
  mergeSlices(bodies.map((body) => JSON.parse(body) as RunSlice).flatMap(partsOf));

describe('a claim', () => {
  it('is done when all of its events are there', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 60);
    world.landEvents(60, 100);

    // Act
    const kept = await world.check([createClaim()]);

    // Assess
    expect(kept).toEqual([]);
    expect(world.pauses).toEqual([]);
    expect(world.lines).toEqual([
      {
        level: 'info',
        text: 'claim proven',
        fields: {
          runId: 'run-1',
          messageId: 'message-0',
          verdict: 'proven',
          expected: 100,
          present: 100,
          missing: 0,
          duplicated: 0,
          extraCopies: 0,
          ageMs: 89_000,
          objects: 2,
        },
      },
    ]);
    expect(Object.fromEntries(world.metrics)).toEqual({
      ClaimsSeen: [1],
      EventsProven: [100],
      EventsSettled: [100],
      EventsLate: [0],
      EventsDuplicated: [0],
      EventsLost: [0],
      LinesCorrupt: [0],
      OldestClaimAge: [0],
      TimeToProof: [89_000],
      DeliveryLatency: Array(100).fill(60_000),
    });
  });

  it('stays while an event is missing, and is checked less and less often', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 99);
    const ages = [61, 90, 300, 1_800, 7_200, 24 * 3_600];

    // Act
    for (const [place, age] of ages.entries()) {
      world.nowMs = createClaim().sentToMs + age * 1_000;
      expect(await world.check([createClaim()], { receiveCount: place + 1 })).toEqual([0]);
      expect(world.metric('eventsLate')).toBe(place === 0 ? 1 : 0);
      expect(world.metric('oldestClaimAgeMs')).toBe(age * 1_000);
      expect(world.metric('eventsProven')).toBe(0);
    }

    // Assess
    expect(world.pauses.map(({ seconds }) => seconds)).toEqual([30, 30, 60, 435, 900, 900]);
    expect(world.deadLetters).toEqual([]);
    expect(world.lines.at(-1)!.fields).toMatchObject({ verdict: 'waiting', missingRanges: [[99, 100]] });
  });

  it('is proven late, not lost, when its events land after 23 hours under the hour in which they arrived', async () => {
    // Prepare
    const world = new ProverWorld();
    world.nowMs = eventTimeMs + 23.5 * hourMs;
    world.landEvents(0, 100, 'run-1', {
      landedAtMs: eventTimeMs + 23 * hourMs,
      arrivedMs: eventTimeMs - hourMs / 60,
    });

    // Act
    const kept = await world.check([createClaim()], { receiveCount: 99 });

    // Assess
    expect([kept, world.verdicts, world.deadLetters]).toEqual([[], ['proven'], []]);
  });

  it('is lost after 25 hours: a payload sends exactly what is missing', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 40);
    world.landEvents(50, 70);
    world.nowMs = createClaim().sentToMs + 25 * hourMs;

    // Act
    const kept = await world.check([createClaim()], { receiveCount: 120 });

    // Assess
    expect(kept).toEqual([]);
    expect(world.deadLetters.map((body) => JSON.parse(body))).toEqual([
      {
        runId: 'run-1',
        slices: [
          [40, 50],
          [70, 100],
        ],
      },
    ]);
    expect(world.lines.at(-1)).toMatchObject({ level: 'error', fields: { verdict: 'lost', missing: 40 } });
    expect(world.metric('eventsLost')).toBe(40);
    expect(world.metric('eventsProven')).toBe(60);
    expect(world.metric('eventsSettled')).toBe(100);
    expect(world.metric('oldestClaimAgeMs')).toBe(0);
    expect(world.metric('timeToProofMs')).toBeUndefined();
  });

  it('divides all times by the factor', async () => {
    // Prepare
    const world = new ProverWorld({ timeFactor: 100 });
    const { sentToMs } = createClaim();

    // Act
    world.nowMs = sentToMs + (24.9 * hourMs) / 100;
    const early = await world.check([createClaim()]);
    world.nowMs = sentToMs + (25 * hourMs) / 100;
    const late = await world.check([createClaim()]);

    // Assess
    expect([early, late]).toEqual([[0], []]);
    expect(world.pauses.map(({ seconds }) => seconds)).toEqual([9]);
  });

  it('stays when the dead-letter queue does not accept its payload, and then sends it again', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(50, 70);
    world.nowMs = eventTimeMs + 26 * hourMs;
    world.onDeadLetter = () => {
      throw new Error('ServiceUnavailable');
    };

    // Act
    const first = await world.check([createClaim()]);
    expect(world.metric('eventsLost')).toBe(0);
    world.onDeadLetter = () => {};
    const second = await world.check([createClaim()]);

    // Assess
    expect([first, second]).toEqual([[0], []]);
    expect(slicesOf(world.deadLetters)).toEqual([
      [0, 50],
      [70, 100],
    ]);
  });

  it('is unproven, not lost, when the bucket could not be read before it expires', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 40);
    const unreadable = world.landEvents(40, 100);
    world.onOpen = (key) => {
      if (key === unreadable) {
        throw Object.assign(new Error('not allowed to use the key'), { name: 'AccessDenied' });
      }
    };
    const check = (days: number) => {
      world.nowMs = eventTimeMs + days * 24 * hourMs;
      return world.check([createClaim()], { receiveCount: 500 });
    };

    // Act
    await expect(check(5.9)).rejects.toThrow(ReadingError);
    const deadLettersBefore = [...world.deadLetters];
    const kept = await check(6);

    // Assess
    expect([kept, world.verdicts, deadLettersBefore]).toEqual([[], ['waiting', 'unproven'], []]);
    expect(slicesOf(world.deadLetters)).toEqual([[40, 100]]);
    expect(world.lines.at(-1)).toMatchObject({
      level: 'error',
      text: expect.stringContaining('the bucket could not be read completely'),
      fields: { verdict: 'unproven', missing: 60, missingRanges: [[40, 100]] },
    });
    expect(world.metric('eventsLost')).toBe(0);
    expect(world.metric('eventsProven')).toBe(40);
    expect(world.metric('eventsSettled')).toBe(100);
  });

  it('comes to the same verdict when the prover was killed before it returned', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 90);
    world.nowMs = eventTimeMs + 26 * hourMs;

    // Act: the response to the first check is lost.
    await world.check([createClaim()]);
    const kept = await world.check([createClaim()], { receiveCount: 2 });

    // Assess
    expect([kept, world.verdicts]).toEqual([[], ['lost', 'lost']]);
    expect(slicesOf(world.deadLetters)).toEqual([[90, 100]]);
  });
});

describe('claims together', () => {
  it('read each object once, and stop no other', async () => {
    // Prepare
    const world = new ProverWorld();
    world.land(['run-1', 'run-2', 'run-3'].flatMap((runId) => createLines(createRun({ runId }))).join(''));
    world.landEvents(100, 150, 'run-3');

    // Act
    const kept = await world.check([
      createClaim({
        runId: 'run-3',
        slices: [
          [0, 20],
          [30, 150],
        ],
      }),
      createClaim({ runId: 'run-2', slices: [[0, 101]] }),
      createClaim(),
      '{"runId":',
      { runId: 'run-1', slices: [[5, 5]], sentFromMs: 0, sentToMs: 0 },
    ]);

    // Assess
    expect(kept).toEqual([1]);
    expect(world.opened).toHaveLength(2);
    expect(world.verdicts).toEqual(['proven', 'waiting', 'proven']);
    expect(world.deadLetters).toEqual([
      '{"runId":',
      '{"runId":"run-1","slices":[[5,5]],"sentFromMs":0,"sentToMs":0}',
    ]);
    expect(world.metric('claimsSeen')).toBe(3);
  });

  it('come to the same verdicts in any order, batch and number of copies', async () => {
    const scenario = fc.record({
      landed: fc.uniqueArray(fc.nat(299), { maxLength: 300 }),
      claims: fc.array(fc.tuple(fc.nat(280), fc.integer({ min: 1, max: 20 })), {
        minLength: 1,
        maxLength: 6,
      }),
      order: fc.array(fc.nat(5), { minLength: 1, maxLength: 10 }),
      batch: fc.integer({ min: 1, max: 4 }),
      isOld: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ landed, claims, order, batch, isOld }) => {
        // Prepare
        const world = new ProverWorld();
        world.nowMs = eventTimeMs + (isOld ? 26 * hourMs : 90_000);
        const all = createLines(createRun({ to: 300 }));
        world.land(landed.map((index) => all[index]).join(''));
        const present = new Set(landed);
        const queue = order.map((place) => {
          const [from, length] = claims[place % claims.length]!;
          return { from, to: from + length };
        });
        const missingOf = ({ from, to }: { from: number; to: number }) =>
          Array.from({ length: to - from }, (_, offset) => from + offset).filter(
            (index) => !present.has(index),
          );

        // Act
        const kept: number[] = [];
        for (let at = 0; at < queue.length; at += batch) {
          const part = queue.slice(at, at + batch);
          const places = await world.check(part.map(({ from, to }) => createClaim({ slices: [[from, to]] })));
          kept.push(...places.map((place) => at + place));
        }

        // Assess
        const incomplete = [...queue.keys()].filter((place) => missingOf(queue[place]!).length > 0);
        expect(kept).toEqual(isOld ? [] : incomplete);
        const lost = isOld ? queue.flatMap(missingOf).map((index) => ({ from: index, to: index + 1 })) : [];
        expect(slicesOf(world.deadLetters)).toEqual(mergeSlices(lost));
      }),
      { numRuns: runs(100) },
    );
  });

  it('that share events count their duplicates and latencies once, with the last of them that is settled', async () => {
    // Prepare: the claims overlap, and only one of them is complete
    const world = new ProverWorld();
    world.landEvents(0, 100);
    world.landEvents(0, 100);
    const claims = [createClaim(), createClaim({ slices: [[50, 150]] })];
    const counts = () => [world.metric('eventsDuplicated'), world.metrics.get('DeliveryLatency')?.length];

    // Act
    const kept = await world.check(claims);
    const first = counts();
    world.landEvents(100, 150);
    await world.check(claims.slice(1), { receiveCount: 2 });

    // Assess
    expect([kept, world.verdicts]).toEqual([[1], ['proven', 'waiting', 'proven']]);
    expect([first, counts()]).toEqual([
      [50, 100],
      [50, 100],
    ]);
  });

  it('that together are too large for memory wait for each other', async () => {
    // Prepare
    const world = new ProverWorld();
    const large = createClaim({ runId: 'large', slices: [[0, 499_999_999]] });

    // Act
    const kept = await world.check([createClaim({ slices: [[0, 2]] }), { ...large, sentToMs: eventTimeMs }]);

    // Assess
    expect(kept).toEqual([0, 1]);
    expect(world.verdicts).toEqual(['waiting']);
    expect(world.pauses).toHaveLength(2);
  });

  it('that are large go first in every fourth delivery: small ones do not hold them up forever', async () => {
    // Prepare
    const world = new ProverWorld();
    const large = createClaim({ runId: 'large', slices: [[0, 499_999_999]] });

    // Act
    for (let receives = 1; receives <= 4; receives += 1) {
      await world.check([large, createClaim({ slices: [[0, 2]] })], { receiveCount: [receives, 1] });
    }

    // Assess
    const checked = world.lines.flatMap(({ fields }) => ('verdict' in fields ? [fields.runId] : []));
    expect(checked).toEqual(['run-1', 'run-1', 'run-1', 'large']);
  });

  it('are proven although an absurd claim came with them, which is postponed with a line in the log', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 100);
    const absurd = createClaim({ runId: 'absurd', slices: [[0, 500_000_000]], sentToMs: eventTimeMs });

    // Act
    const kept = await world.check([absurd, createClaim()]);

    // Assess
    expect([kept, world.verdicts]).toEqual([[0], ['proven']]);
    expect(world.lines[0]).toMatchObject({
      level: 'warn',
      text: expect.stringContaining('claims postponed'),
      fields: { claims: [{ messageId: 'message-0', runId: 'absurd', events: 500_000_000 }] },
    });
  });
});

describe('a check of a bucket with faults', () => {
  it('lists under the hour of the oldest record, and reads nothing that landed before the events were sent', async () => {
    // Prepare
    const world = new ProverWorld();
    const claim = createClaim({ sentFromMs: eventTimeMs + 20_300, sentToMs: eventTimeMs + 21_000 });
    world.landEvents(0, 50, 'run-1', { arrivedMs: eventTimeMs - 10_000, landedAtMs: eventTimeMs + 20_900 });
    world.landEvents(50, 100);
    // A second for S3's rounding, and 5 minutes for clocks.
    const old = world.landEvents(0, 100, 'run-1', { landedAtMs: eventTimeMs + 18_000 - 300_000 });
    world.land('not read', { arrivedMs: eventTimeMs + 2 * hourMs });

    // Act
    const kept = await world.check([claim], { queuedAtMs: claim.sentToMs });

    // Assess
    expect(kept).toEqual([]);
    expect(world.opened).toHaveLength(2);
    expect(world.opened).not.toContain(old);
    expect(world.listed).toEqual(['events/2026/11/22/09/', 'events/2026/11/22/10/']);
  });

  it('keeps the claims when listing fails, logs the reason, and fails', async () => {
    // Prepare
    const world = new ProverWorld();
    world.nowMs = eventTimeMs + 26 * hourMs;
    world.onList = () => {
      throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
    };

    // Act
    const check = world.check([createClaim(), createClaim({ runId: 'run-2' })]);

    // Assess
    await expect(check).rejects.toThrow(ReadingError);
    expect(world.deadLetters).toEqual([]);
    expect(world.pauses).toHaveLength(2);
    expect(world.lines[0]).toMatchObject({
      level: 'error',
      fields: { error: { message: 'listing events/2026/11/22/09/: AccessDenied: not yours' } },
    });
    expect(world.metric('eventsLate')).toBe(0);
    expect(world.metric('oldestClaimAgeMs')).toBe(26 * hourMs - 1_000);
  });

  it('still proves the events that it found when one object cannot be read, and calls no event lost', async () => {
    // Prepare
    const world = new ProverWorld();
    world.nowMs = eventTimeMs + 26 * hourMs;
    world.landEvents(0, 100);
    const denied = world.landEvents(0, 100, 'run-2');
    world.onOpen = (key) => {
      if (key === denied) {
        throw Object.assign(new Error('try later'), { name: 'SlowDown' });
      }
    };

    // Act
    const kept = await world.check([createClaim(), createClaim({ runId: 'run-2' })]);

    // Assess
    expect([kept, world.verdicts, world.deadLetters]).toEqual([[1], ['proven', 'waiting'], []]);
  });

  it('counts the lines before an object breaks off, and reads it again later', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 100);
    world.stream = (body) =>
      Readable.from(
        (function* () {
          yield body.subarray(0, 68 * 10 + 5);
          throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
        })(),
      );

    // Act
    const kept = await world.check([createClaim({ slices: [[0, 10]] }), createClaim()]);

    // Assess
    expect(kept).toEqual([1]);
    expect(world.verdicts).toEqual(['proven', 'waiting']);
    expect(world.metric('linesCorrupt')).toBe(0);
  });

  it('continues when an object is deleted after it was listed', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 100);
    const vanishing = world.landEvents(0, 100, 'run-2');
    world.onOpen = (key) => {
      if (key === vanishing) {
        world.objects.delete(key);
      }
    };

    // Act
    const kept = await world.check([createClaim(), createClaim({ runId: 'run-2' })]);

    // Assess
    expect(kept).toEqual([1]);
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(world.lines.at(-1)!.fields).toMatchObject({ objectsGone: 1 });
  });

  it('finds in the next check what a delayed listing did not have', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 50);

    // Act
    const first = await world.check([createClaim()]);
    world.landEvents(50, 100);
    const second = await world.check([createClaim()], { receiveCount: 2 });

    // Assess
    expect([first, second]).toEqual([[0], []]);
  });

  it('stops in time when an object hangs, and keeps undecided claims', async () => {
    // Prepare
    const world = new ProverWorld();
    world.nowMs = eventTimeMs + 26 * hourMs;
    world.landEvents(0, 100);
    world.landEvents(0, 100, 'run-2');
    world.stream = (body, signal) => {
      const isOwn = body.toString().includes(createLines()[0]!);
      return isOwn ? Readable.from([body]) : new Readable({ read() {}, signal });
    };

    // Act
    const startedMs = Date.now();
    const kept = await world.check([createClaim(), createClaim({ runId: 'run-2' })], { timeMs: 600 });

    // Assess
    expect(Date.now() - startedMs).toBeLessThan(600);
    expect([kept, world.verdicts, world.deadLetters]).toEqual([[1], ['proven', 'waiting'], []]);
    expect(world.lines.at(-1)!.fields).toMatchObject({ isOutOfTime: true });
  });
});

it('leaves a second for its report, whatever the dead-letter queue does', async () => {
  // Prepare
  const world = new ProverWorld();
  world.nowMs = eventTimeMs + 26 * hourMs;

  // Act
  await world.check([createClaim()], { timeMs: 300_000 });

  // Assess
  expect(world.lettersUntilMs).toBe(world.nowMs + 299_000);
});

describe('a bucket with objects that take long', () => {
  /** A world whose clock runs. */
  function createWorld(): ProverWorld {
    const world = new ProverWorld();
    const startMs = world.nowMs - performance.now();
    Object.defineProperty(world, 'nowMs', { get: () => startMs + performance.now() });
    return world;
  }

  it('stops in time, and does not let them stop claims whose objects come later', async () => {
    // Prepare: nothing but empty lines, which are the slowest.
    const world = createWorld();
    const newlines = gzipSync(Buffer.alloc(64 * 1_048_576, '\n'));
    for (let object = 0; object < 8; object += 1) {
      world.land(newlines);
    }
    world.landEvents(0, 100);
    const startedMs = performance.now();

    // Act
    const kept = await world.check([createClaim({ runId: 'run-2' }), createClaim()], { timeMs: 1_200 });

    // Assess
    expect(performance.now() - startedMs).toBeLessThan(1_200);
    expect([kept, world.verdicts, world.deadLetters]).toEqual([[0], ['waiting', 'proven'], []]);
    expect(world.lines.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ isOutOfTime: true }),
    );
  });

  it('names and counts those that expand to more than events do, and calls nothing lost', async () => {
    // Prepare
    const world = new ProverWorld();
    world.nowMs = eventTimeMs + 26 * hourMs;
    const bomb = gzipSync(gzipSync(Buffer.alloc(16 * 1_048_576, '\n')));
    for (let object = 0; object < 12; object += 1) {
      world.land(bomb, { arrivedMs: eventTimeMs - 4 * hourMs });
    }
    world.landEvents(0, 100, 'run-2');
    const times = { sentFromMs: eventTimeMs - 4 * hourMs, sentToMs: eventTimeMs - 4 * hourMs };

    // Act
    const kept = await world.check([createClaim(times), createClaim({ runId: 'run-2' })]);

    // Assess
    expect([kept, world.verdicts, world.deadLetters]).toEqual([[0], ['waiting', 'proven'], []]);
    expect(world.lines[0]!.fields).toMatchObject({
      error: {
        message: expect.stringMatching(
          /^reading events\/.*: OversizedObjectError: expands to more than 1100 times its size$/,
        ),
      },
    });
    expect(world.lines.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ objectsUnread: 12 }),
    );
  });

  it('reads one object of each hour in turn', async () => {
    // Prepare
    const world = new ProverWorld();
    const hours = [0, 0, 0, 1, 1, 2].map((hour) =>
      world.land('x\n', { arrivedMs: eventTimeMs + (hour - 2) * hourMs }),
    );

    // Act
    await world.check([createClaim({ sentFromMs: eventTimeMs - 2 * hourMs })]);

    // Assess
    expect(world.opened).toEqual([0, 3, 5, 1, 4, 2].map((place) => hours[place]));
  });
});

describe('damage in a bucket', () => {
  it('counts duplicates once, when claims are settled, and corrupt lines once, at the first check', async () => {
    // Prepare
    const world = new ProverWorld();
    world.land(`${createLines().join('')}${createLines()[7]}rubbish\n`);
    world.land('rubbish of nobody\n');
    const waiting = createClaim({ slices: [[0, 101]] });

    // Act and assess
    await world.check([waiting]);
    expect([world.metric('eventsDuplicated'), world.metric('linesCorrupt')]).toEqual([0, 2]);
    world.nowMs += 40_000;
    await world.check([createClaim(), createClaim()], { receiveCount: 2 });
    expect([world.metric('eventsDuplicated'), world.metric('linesCorrupt')]).toEqual([1, 0]);
  });

  it('is counted and logged at the check that sees it first, long before its event is lost', async () => {
    // Prepare
    const world = new ProverWorld();
    const lines = createLines();
    const checks: unknown[] = [];
    const check = async (afterMs: number, receiveCount: number) => {
      world.nowMs = eventTimeMs + afterMs;
      const logged = world.lines.length;
      await world.check([createClaim()], { receiveCount });
      checks.push([
        world.metric('linesCorrupt'),
        ...world.lines.slice(logged).flatMap(({ level, fields }) => (level === 'warn' ? [fields] : [])),
      ]);
    };

    // Act
    const changed = world.land([...lines.slice(0, 98), lines[98]!.replace('test', 'tesT')].join(''));
    await check(90_000, 1);
    await check(125_000, 2);
    const cut = world.land(createGzip(lines.slice(99)).subarray(0, 40), {
      landedAtMs: eventTimeMs + 130_000,
    });
    await check(160_000, 3);
    await check(26 * hourMs, 100);

    // Assess
    const [lineOf, damage] = [{ objectsCorrupt: 1, linesCorrupt: 1 }, expect.stringContaining('gzip')];
    expect(checks).toEqual([
      [1, { ...lineOf, corruptObjects: [{ object: changed, lines: 1 }] }],
      [0],
      [1, { ...lineOf, corruptObjects: [{ object: cut, lines: 1, damage }] }],
      [0],
    ]);
    expect(world.verdicts).toEqual(['waiting', 'waiting', 'waiting', 'lost']);
  });

  it('does not include lines of others in a shared bucket', async () => {
    // Prepare
    const world = new ProverWorld({ isShared: true, prefix: '', errorPrefix: '' });
    world.land(`{"a":1}\n${createLines().join('')}{"b":"${createLines()[3]!.slice(2, 38)}"}\n`);
    world.land(Buffer.from('1f8b08000000000000ffff00', 'hex'));

    // Act
    const kept = await world.check([createClaim()]);

    // Assess
    expect(world.listed).toEqual(['2026/11/22/09/', '2026/11/22/10/']);
    expect([kept, world.metric('linesCorrupt')]).toEqual([[], 1]);
  });

  it.each([
    ['one record', createLines().join('')],
    ['a record each', createLines().join('{"neighbour":1}')],
  ])('does not include events that a neighbour left without a line break: %s', async (_, text) => {
    // Prepare
    const world = new ProverWorld({ isShared: true });
    world.land(`{"neighbour":1}${text}{"neighbour":1}`);

    // Act
    const kept = await world.check([createClaim()]);

    // Assess
    expect([kept, world.verdicts, world.metric('linesCorrupt')]).toEqual([[], ['proven'], 0]);
  });

  it('is logged when the stream could not deliver', async () => {
    // Prepare
    const world = new ProverWorld();
    world.objects.set('errors/processing-failed/1', { body: Buffer.from('xx'), landedAtMs: world.nowMs });

    // Act
    await world.check([createClaim()]);

    // Assess
    expect(world.opened).toEqual([]);
    expect(world.lines[0]).toEqual({
      level: 'warn',
      text: 'the stream could not deliver all records',
      fields: { errorPrefix: 'errors/', errorObjects: { objects: 1, bytes: 2 } },
    });
  });
});
