import { describe, expect, it } from 'vitest';
import { type PacedResponse, Pacer } from '../../../lambda/producer/delivery/pacer.ts';
import { measurePacing } from '../../simulation/worlds/pacing.ts';

const mebibyte = 1_048_576;

/** A pacer for at most 6 MiB in flight, with a clock that stands still until it is set. */
function createPacer() {
  const clock = { ms: 1_000_000 };
  const pacer = new Pacer(6 * mebibyte, () => clock.ms);
  /** Lets it learn from a response to ten records of 1,000 bytes, started just now by default. */
  const learn = (response: Partial<PacedResponse> = {}) =>
    pacer.learn({ startedMs: clock.ms, records: 10, bytes: 10_000, bytesThrottled: 0, ...response });
  return { pacer, clock, learn };
}

/** The same with a rate, which is `bytesPerSecond`; the clock is a millisecond on. */
function createPacerWithRate(bytesPerSecond: number) {
  const { pacer, clock, learn } = createPacer();
  learn({ bytes: 10 * bytesPerSecond, bytesThrottled: 9 * bytesPerSecond });
  clock.ms += 1;
  return { pacer, clock, learn };
}

describe('a pacer without a rate', () => {
  it('lets requests start as fast as responses come, with little in flight at first', () => {
    // Act
    const { pacer } = createPacer();

    // Assess
    expect(pacer.bytesPerSecond).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.windowBytes).toBe(65_536);
    expect(pacer.requestBytes).toBe(32_768);
  });

  it('allows more in flight with every response, in larger requests', () => {
    // Prepare
    const { pacer, learn } = createPacer();

    // Act
    const windows = [1, 2, 3].map(() => {
      learn();
      return pacer.windowBytes;
    });

    // Assess
    expect(windows).toEqual([98_304, 131_072, 163_840]);
    expect(pacer.requestBytes).toBe(163_840 / 2);
  });

  it('allows no more in flight than it was made for', () => {
    // Prepare
    const { pacer, learn } = createPacer();

    // Act
    for (let response = 0; response < 1_000; response += 1) {
      learn();
    }

    // Assess
    expect(pacer.windowBytes).toBe(6 * mebibyte);
  });

  it('goes on without one while two of three records or fewer are refused', () => {
    // Prepare
    const { pacer, learn } = createPacer();

    // Act
    for (let response = 0; response < 1_000; response += 1) {
      learn({ bytesThrottled: 6_600 });
    }

    // Assess
    expect(pacer.bytesPerSecond).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.windowBytes).toBe(6 * mebibyte);
  });

  it('takes what was accepted in the last second for its first one, when more are refused', () => {
    // Prepare
    const { pacer, clock, learn } = createPacer();
    learn({ bytes: 500_000 });
    clock.ms += 600;
    learn({ bytes: 20_000 });
    clock.ms += 600;

    // Act
    learn({ bytes: 10_000, bytesThrottled: 7_000 });

    // Assess
    expect(pacer.bytesPerSecond).toBe(20_000 + 3_000);
  });

  it.each([
    [0, 3_000],
    [250, 3_000 / 1.25],
    [500, 3_000 / 1.5],
    [999, 3_000 / 1.999],
  ])(
    'takes %i ms after the first response less than what was accepted, part of which was saved up by the stream',
    (exploredMs, bytesPerSecond) => {
      // Prepare
      const { pacer, clock, learn } = createPacer();
      learn({ bytes: 2_000 });
      clock.ms += exploredMs;

      // Act
      learn({ bytesThrottled: 9_000 });

      // Assess
      expect(pacer.bytesPerSecond).toBeCloseTo(bytesPerSecond, 6);
    },
  );

  it('makes nothing of the refusal of a few records', () => {
    // Prepare: records one by one
    const { pacer, learn } = createPacer();
    const refuse = () => learn({ records: 1, bytes: 1_000, bytesThrottled: 1_000 });
    learn();

    // Act
    const rates = Array.from({ length: 12 }, () => {
      refuse();
      return pacer.bytesPerSecond;
    });

    // Assess
    expect(rates.findIndex(Number.isFinite)).toBe(8);
  });

  it('gets none when nothing at all is accepted, and starts again with little in flight', () => {
    // Prepare
    const { pacer, clock, learn } = createPacer();
    learn();
    learn();
    clock.ms += 1_500;

    // Act
    learn({ bytesThrottled: 10_000 });

    // Assess
    expect(pacer.bytesPerSecond).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.windowBytes).toBe(65_536);
  });
});

describe('a pacer with a rate', () => {
  it('spreads it over requests of a tenth of a second, with no other limit of what is in flight', () => {
    // Act
    const { pacer } = createPacerWithRate(mebibyte);

    // Assess
    expect(pacer.bytesPerSecond).toBe(mebibyte);
    expect(pacer.requestBytes).toBe(mebibyte / 10);
    expect(pacer.windowBytes).toBe(Number.POSITIVE_INFINITY);
  });

  it('raises it by what is accepted, and lowers it by what is refused', () => {
    // Prepare
    const { pacer, learn } = createPacerWithRate(mebibyte);

    // Act
    const rates = [0, 0, 5_000].map((bytesThrottled) => {
      learn({ bytesThrottled });
      return pacer.bytesPerSecond;
    });

    // Assess
    expect(rates[0]).toBeGreaterThan(mebibyte);
    expect(rates[1]).toBeGreaterThan(rates[0]!);
    expect(rates[2]).toBeLessThan(mebibyte);
  });

  it('lowers it by twice what is refused, so that the stream recovers', () => {
    const { pacer, learn } = createPacerWithRate(mebibyte);
    learn({ bytesThrottled: 10_000 });
    expect(pacer.bytesPerSecond).toBe(mebibyte - 20_000);
  });

  it('stays where it is while about one record in a hundred is refused', () => {
    // Prepare
    const { pacer, learn } = createPacerWithRate(mebibyte);

    // Act
    for (let response = 0; response < 1_000; response += 1) {
      learn({ bytesThrottled: response % 10 === 0 ? 1_000 : 0 });
    }

    // Assess
    expect(Math.abs(pacer.bytesPerSecond / mebibyte - 1)).toBeLessThan(0.2);
  });

  it('raises it ever faster above the rate at which something was refused last', () => {
    // Prepare
    const { pacer, learn } = createPacerWithRate(mebibyte);
    const raises: number[] = [];

    // Act
    for (let response = 0; response < 200; response += 1) {
      const before = pacer.bytesPerSecond;
      learn({ bytes: mebibyte / 10 });
      raises.push(pacer.bytesPerSecond / before - 1);
    }

    // Assess
    expect(raises[199]! / raises[0]!).toBeGreaterThan(10);
    expect(raises.every((raise, place) => raise >= (raises[place - 1] ?? 0))).toBe(true);
  });

  it('does not raise it far beyond what is sent: an hour of a slow steady run says nothing about a faster one', () => {
    // Prepare
    const { pacer, clock, learn } = createPacerWithRate(5 * mebibyte);

    // Act: a thousand events a second
    for (let response = 0; response < 36_000; response += 1) {
      clock.ms += 100;
      learn({ records: 1, bytes: 6_800 });
    }

    // Assess
    expect(pacer.bytesPerSecond).toBeLessThan(10 * mebibyte);
  });

  it('cuts it by no more than half at once', () => {
    const { pacer, learn } = createPacerWithRate(1_000_000);
    learn({ bytes: 5_000_000, bytesThrottled: 5_000_000 });
    expect(pacer.bytesPerSecond).toBe(500_000);
  });

  it('learns nothing from requests that were started before it had one', () => {
    const { pacer, clock, learn } = createPacerWithRate(1_000_000);
    learn({ startedMs: clock.ms - 1, bytes: 500_000, bytesThrottled: 500_000 });
    expect(pacer.bytesPerSecond).toBe(1_000_000);
  });

  it('gives it up when refusals stay although it was cut to an eighth', () => {
    // Prepare
    const { pacer, learn } = createPacerWithRate(1_000_000);
    const cut = () => learn({ bytes: 5_000_000, bytesThrottled: 5_000_000 });

    // Act
    const rates = [1, 2, 3, 4].map(() => {
      cut();
      return pacer.bytesPerSecond;
    });

    // Assess
    expect(rates).toEqual([500_000, 250_000, 125_000, Number.POSITIVE_INFINITY]);
    expect(pacer.windowBytes).toBe(65_536);
  });
});

// Each of these fails when a constant of the pacer is much larger or much smaller.
describe('the constants of the pacer', () => {
  it('keep requests small enough that the rate can be reached, one response at a time', async () => {
    // requestMs
    const { used } = await measurePacing({ bytes: 60 * mebibyte, quota: 5 * mebibyte });
    expect(used).toBeGreaterThan(0.97);
  });

  it('start with so little in flight that four producers at once do not swamp a small stream', async () => {
    // firstWindowBytes, not too large
    const { refusedShare } = await measurePacing({ bytes: 120 * mebibyte, quota: mebibyte, producers: 4 });
    expect(refusedShare).toBeLessThan(0.1);
  });

  it('start with so much in flight that a stream without a quota is soon used', async () => {
    // firstWindowBytes, not too small
    const { bytesPerSecond } = await measurePacing({ bytes: 300 * mebibyte, latencyMs: [2.5, 5] });
    expect(bytesPerSecond).toBeGreaterThan(200 * mebibyte);
  });

  it('let the rate grow so slowly that less than 2 % of the records are refused', async () => {
    // growth, not too large
    const { refusedShare } = await measurePacing({ bytes: 600 * mebibyte, quota: 5 * mebibyte });
    expect(refusedShare).toBeLessThan(0.02);
  });

  it('let it grow so fast that a quota which doubles is found', async () => {
    // Act: growthStep, not too large
    const { usedLater } = await measurePacing({
      bytes: 240 * mebibyte,
      quota: 5 * mebibyte,
      later: { quota: 10 * mebibyte, afterMs: 10_000 },
    });

    // Assess
    expect(usedLater).toBeGreaterThan(0.9);
  });

  it('let growth get faster so late that producers which share a stream do not drive one another', async () => {
    // Act: growthStep, not too small
    const { refusedShare } = await measurePacing({
      bytes: 600 * mebibyte,
      quota: 5 * mebibyte,
      producers: 4,
    });

    // Assess
    expect(refusedShare).toBeLessThan(0.02);
  });

  it('let a refused record say less when there are few of them, so that a very small stream is used', async () => {
    // fullWeightRecordsPerSecond, not too small, and growth neither
    const { used } = await measurePacing({ bytes: 8 * mebibyte, quota: mebibyte / 16 });
    expect(used).toBeGreaterThan(0.65);
  });

  it('let a refused record say enough that four producers keep to a small stream', async () => {
    // fullWeightRecordsPerSecond, not too large
    const { refusedShare } = await measurePacing({ bytes: 120 * mebibyte, quota: mebibyte, producers: 4 });
    expect(refusedShare).toBeLessThan(0.03);
  });

  it('average enough records not to slow down for refusals with another cause than the rate', async () => {
    // averagedRecords, not too small
    const { seconds } = await measurePacing({ bytes: 300 * mebibyte, refused: 0.3 });
    expect(seconds).toBeLessThan(60);
  });

  it('average few enough records for eight producers to share a small stream', async () => {
    // averagedRecords, not too large
    const { refusedShare } = await measurePacing({ bytes: 120 * mebibyte, quota: mebibyte, producers: 8 });
    expect(refusedShare).toBeLessThan(0.1);
  });
});
