import { describe, expect, it } from 'vitest';
import { createTimeShare } from '../../../lambda/prover/objects/time-share.ts';

describe('the share of time of an object', () => {
  it('is a hundredth: then it waits for the others, once', async () => {
    // Prepare
    let nowMs = 0;
    const share = createTimeShare(() => nowMs, 1_000);
    let waits = 0;
    const work = share.startObject(() => {
      waits += 1;
    });
    const take = (durationMs: number) => () => {
      nowMs += durationMs;
    };

    // Act
    const within = work(take(10));
    const beyond = work(take(1));
    let isOver = false;
    beyond?.then(() => {
      isOver = true;
    });
    await new Promise(setImmediate);

    // Assess
    expect([within, beyond, waits, isOver]).toEqual([undefined, expect.any(Promise), 1, false]);
    share.endWaiting();
    await beyond;
    expect(work(take(20))).toBeUndefined();
    expect(waits).toBe(1);
  });

  it('waits with at most 31 others: each is open', () => {
    // Prepare
    let nowMs = 0;
    const share = createTimeShare(() => nowMs, 1_000);
    let waits = 0;

    // Act
    for (let object = 0; object < 40; object += 1) {
      share.startObject(() => {
        waits += 1;
      })(() => {
        nowMs += 11;
      });
    }

    // Assess
    expect(waits).toBe(32);
  });

  it('lets timers and sockets have their turn after 50 ms of work on all objects', async () => {
    // Prepare
    let nowMs = 0;
    const share = createTimeShare(() => nowMs, 1_000_000);
    const works = [1, 2, 3].map(() => share.startObject(() => {}));

    // Act
    const pauses = works.map((work) =>
      work(() => {
        nowMs += 20;
      }),
    );

    // Assess
    expect(pauses).toEqual([undefined, undefined, expect.any(Promise)]);
    await pauses[2];
    expect(works[0]!(() => {})).toBeUndefined();
  });
});
