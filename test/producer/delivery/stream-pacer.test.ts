import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import { hashPosition, type RecordBatch } from '../../../lambda/producer/packing/records.ts';

const recordBytes = 25_000;

/**
 * A pacer and its clock, and a stream of shards with equal parts of the hash keys, of which each refuses some records of a
 * request.
 */
function createStream(shards: number) {
  const clock = { ms: 1_000_000 };
  const stream = { shards: Array.from({ length: shards }, (_, place) => `shard-${place}`) };
  const pacer = new StreamPacer(6_000_000, () => clock.ms);
  let from = 0;
  const shardOf = (slice: { from: number; to: number }) =>
    Math.floor(hashPosition(slice) * stream.shards.length);
  const makeRecords = (count: number): RecordBatch =>
    Array.from({ length: count }, () => {
      from += 256;
      return { from: from - 256, to: from, data: Buffer.alloc(recordBytes) };
    });
  /** Sends requests, one each tenth of a second, as large as the pacer allows. A shard refuses a share of its records. */
  const send = (requests: number, refusedShare: (shard: number) => number) => {
    for (let request = 0; request < requests; request += 1) {
      const records = Math.round(Math.max(1, Math.min(40, pacer.bytesPerSecond / 10 / recordBytes)));
      const batch = makeRecords(records).filter((record) => pacer.admits(record));
      const refusals = stream.shards.map(() => 0);
      const throttled = [...batch.keys()].filter((place) => {
        const shard = shardOf(batch[place]!);
        refusals[shard]! += refusedShare(shard);
        const isRefused = refusals[shard]! >= 1;
        refusals[shard]! -= Number(isRefused);
        return isRefused;
      });
      const shards = batch.map((record, place) =>
        throttled.includes(place) ? undefined : stream.shards[shardOf(record)],
      );
      clock.ms += 100;
      pacer.learn({ startedMs: clock.ms - 30, batch, response: { throttled, shards } });
    }
  };
  const hotShards = () => {
    const hot = makeRecords(200).filter((record) => pacer.isHot(record));
    return [...new Set(hot.map(shardOf))].sort();
  };
  return { pacer, clock, stream, shardOf, makeRecords, send, hotShards };
}

describe('a pacer of a stream with shards', () => {
  it('paces all shards together while they refuse alike', () => {
    const { send, hotShards } = createStream(4);
    send(40, () => 0.4);
    expect(hotShards()).toEqual([]);
  });

  it('paces the shard alone that refuses much more than the others', () => {
    const { send, hotShards } = createStream(4);
    send(20, (shard) => (shard === 2 ? 0.5 : 0));
    expect(hotShards()).toEqual([2]);
  });

  it('never takes a stream of one shard, or without shards, for hot', () => {
    // Prepare
    const { send, hotShards } = createStream(1);
    const { pacer, makeRecords } = createStream(1);
    const batch = makeRecords(40);

    // Act
    send(40, () => 0.9);
    pacer.learn({ startedMs: 0, batch, response: { throttled: [...batch.keys()].slice(1) } });

    // Assess
    expect(hotShards()).toEqual([]);
    expect(batch.some((record) => pacer.isHot(record))).toBe(false);
  });

  it('admits records of a hot shard at its own rate, and all others', () => {
    // Prepare
    const { pacer, clock, send, shardOf, makeRecords } = createStream(4);
    send(20, (shard) => (shard === 2 ? 0.5 : 0));
    clock.ms += 2_000;
    const records = makeRecords(400);

    // Act
    const waiting = records.filter((record) => !pacer.admits(record));

    // Assess: a hundred are for the shard, of which it accepts a few at once
    expect(new Set(waiting.map(shardOf))).toEqual(new Set([2]));
    expect(waiting.length).toBeGreaterThan(80);
    expect(waiting.length).toBeLessThan(100);
    expect(pacer.dueMs(waiting[0]!)).toBeGreaterThan(clock.ms);
    expect(pacer.isDue(records.find((record) => shardOf(record) !== 2)!)).toBe(true);
  });

  it('lets a shard join the others when it accepts as much', () => {
    // Prepare
    const { send, hotShards } = createStream(4);
    send(5, () => 0);
    send(1, () => 0.7);
    send(20, (shard) => (shard === 2 ? 0.5 : 0));
    expect(hotShards()).toEqual([2]);

    // Act
    send(600, (shard) => (shard === 2 ? 0 : 0.02));

    // Assess
    expect(hotShards()).toEqual([]);
  });

  it('doubles its rate when the stream has twice the shards, and forgets those that are closed', () => {
    // Prepare
    const { pacer, stream, send, hotShards } = createStream(2);
    send(9, () => 0);
    send(1, () => 0.7);
    const before = pacer.bytesPerSecond;
    stream.shards = ['new-0', 'new-1', 'new-2', 'new-3'];

    // Act
    send(3, () => 0);

    // Assess
    expect(before).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(pacer.bytesPerSecond / before).toBeGreaterThan(1.9);
    expect(pacer.bytesPerSecond / before).toBeLessThan(2.2);
    expect(hotShards()).toEqual([]);
  });

  it('has a rate above zero, and lets every record go in the end, whatever the responses are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            records: fc.integer({ min: 1, max: 12 }),
            refused: fc.array(fc.nat(11), { maxLength: 12 }),
            shards: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 12, maxLength: 12 }),
            passMs: fc.nat(500),
          }),
          { maxLength: 300 },
        ),
        (requests) => {
          // Prepare
          const { pacer, clock, makeRecords } = createStream(1);

          // Act
          for (const { records, refused, shards, passMs } of requests) {
            const batch = makeRecords(records);
            clock.ms += passMs;
            const throttled = [...batch.keys()].filter((place) => refused.includes(place));
            const ids = batch.map((_, place) =>
              throttled.includes(place) ? undefined : `shard-${shards[place]}`,
            );
            pacer.learn({ startedMs: clock.ms - 20, batch, response: { throttled, shards: ids } });
            batch.forEach((record) => {
              pacer.admits(record);
            });
          }

          // Assess
          expect(pacer.bytesPerSecond).toBeGreaterThan(0);
          for (const record of makeRecords(50)) {
            expect(pacer.dueMs(record) - clock.ms).toBeLessThan(2_000 * (requests.length * 12 + 1));
          }
        },
      ),
    );
  });
});
