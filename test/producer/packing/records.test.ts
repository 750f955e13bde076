import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targets, wholeUnits } from '../../../lambda/contract/targets.ts';
import { base64Bytes, hashPosition } from '../../../lambda/producer/packing/records.ts';
import { createRandom } from '../../../lib/emulator/random.ts';

describe('the bytes of a record in base64', () => {
  it('are as many as Node writes', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (dataBytes) => {
        expect(base64Bytes(dataBytes)).toBe(Buffer.alloc(dataBytes).toString('base64').length);
      }),
    );
  });
});

describe('whole units of what is billed', () => {
  it.each([
    [0, 5_120],
    [5_119, 5_120],
    [5_120, 5_120],
    [10_239, 5_120],
    [10_240, 10_240],
    [102_400, 102_400],
  ])('in %i bytes are %i bytes', (bytes, expected) => {
    expect(wholeUnits(bytes, targets.firehose)).toBe(expected);
  });
});

describe('whole units of what every service before the bucket bills', () => {
  it.each([
    [0, 25_584],
    [34_000, 25_584],
    [51_183, 25_584],
    [51_184, 51_184],
    [102_400, 102_384],
  ])('in %i bytes of a Kinesis stream are %i bytes, which leaves room for the key', (bytes, expected) => {
    expect(wholeUnits(bytes, targets.kinesis)).toBe(expected);
  });
});

/** Records for each shard, on average. */
const perShard = 20;

/** How many records each shard gets, of records that follow each other from an event on. */
function recordsPerShard(shards: number, firstEvent: number, nextSize: () => number): number[] {
  const counts = new Array<number>(shards).fill(0);
  for (let record = 0, from = firstEvent; record < perShard * shards; record += 1) {
    const to = from + nextSize();
    counts[Math.floor(hashPosition({ from, to }) * shards)]! += 1;
    from = to;
  }
  return counts;
}

describe('the position of a record among the shards', () => {
  it('depends on its events alone', () => {
    fc.assert(
      fc.property(fc.nat(1e12), fc.integer({ min: 1, max: 1e6 }), (from, length) => {
        const position = hashPosition({ from, to: from + length });
        expect(position).toBeGreaterThanOrEqual(0);
        expect(position).toBeLessThan(1);
        expect(hashPosition({ from, to: from + length })).toBe(position);
      }),
    );
  });

  it('spreads records that follow each other evenly, whatever their size and the number of shards', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.nat({ max: 20 }),
        fc.nat(1e9),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (shards, events, variation, start, random) => {
          // Act
          const counts = recordsPerShard(
            shards,
            start,
            () => events + Math.round((variation / 100) * events * random.next().value),
          );

          // Assess: at random, the fullest of a hundred shards would have twice its share
          expect(Math.max(...counts)).toBeLessThanOrEqual(1.5 * perShard);
        },
      ),
    );
  });

  it('spreads records that differ in size, too: half as uneven as at random', () => {
    // Prepare
    const random = createRandom(1);
    const [streams, shards] = [200, 100];
    let squares = 0;

    // Act
    for (let stream = 0; stream < streams; stream += 1) {
      const events = 10 + Math.floor(random() * 5_000);
      const counts = recordsPerShard(shards, 0, () => events + Math.round(random() * 0.2 * events));
      squares += counts.reduce((sum, count) => sum + (count - perShard) ** 2, 0);
    }

    // Assess: at random, the variance is the mean
    expect(squares / streams / shards).toBeLessThan(perShard / 2);
  });
});
