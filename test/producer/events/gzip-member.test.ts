import { execFileSync, spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import { eventsPerMember } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter, createUuidSource } from '../../../lambda/producer/events/events.ts';
import { gzipMember } from '../../../lambda/producer/events/gzip-member.ts';
import { runs } from '../../property-runs.ts';
import { timeMs } from '../factories.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

interface Events {
  readonly runId: string;
  readonly from: number;
  readonly count: number;
  readonly timeMs: number;
}

const anyEvents: fc.Arbitrary<Events> = fc.record({
  runId: fc.string({ minLength: 1 }),
  from: fc.nat(1e12),
  count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2_000 })),
  timeMs: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }),
});

const someEvents: Events = { runId: 'run-1', from: 0, count: 1_000, timeMs };

function memberOf({ runId, from, count, timeMs }: Events): Buffer {
  return gzipMember(createUuidSource('my-stream', runId, from)(count), timeMs);
}

function textOf({ runId, from, count, timeMs }: Events): Buffer {
  const text = Buffer.alloc(count * eventBytes);
  createEventWriter('my-stream', runId, from)(text, timeMs);
  return text;
}

/** A copy in which one bit is another one. */
function withFlippedBit(bytes: Buffer, at: number, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at]! ^= 1 << bit;
  return flipped;
}

describe('a gzip member', () => {
  it('decompresses to its events, byte for byte, for any run, slice, time and number of events', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        expect(gunzipSync(memberOf(events)).equals(textOf(events))).toBe(true);
      }),
      { numRuns: runs(300) },
    );
  });

  it.each([0x00, 0xff, 0x2d, 0x5a])('decompresses to the events of UUIDs of nothing but byte %i', (byte) => {
    // Prepare: not random, so that events are as long or as short as they can be.
    const uuids = Buffer.alloc(16 * 1_000, byte);
    const uuid = uuids.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

    // Act
    const text = gunzipSync(gzipMember(uuids, timeMs)).toString();

    // Assess
    expect(text).toBe(`{"${uuid}":"test-2026-11-22 01:02:03"}\n`.repeat(1_000));
  });

  it('has 20.6 bytes an event or less as a record, and fits into the largest', () => {
    // Prepare
    const count = eventsPerMember(targets.firehose.maxRecordBytes);

    // Act
    const members = Array.from({ length: 5 }, (_, record) =>
      memberOf({ ...someEvents, from: record * count, count }),
    );

    // Assess
    for (const member of members) {
      expect(member.length / count).toBeLessThan(20.6);
      expect(member.length).toBeLessThanOrEqual(targets.firehose.maxRecordBytes);
    }
    expect(gunzipSync(members[0]!).equals(textOf({ ...someEvents, count }))).toBe(true);
  });

  it('is joined with others to one gzip file, in any number', () => {
    fc.assert(
      fc.property(fc.array(anyEvents, { minLength: 1, maxLength: 6 }), (members) => {
        const text = gunzipSync(Buffer.concat(members.map(memberOf)));
        expect(text.equals(Buffer.concat(members.map(textOf)))).toBe(true);
      }),
      { numRuns: runs(50) },
    );
  });

  it('cannot be cut off without being noticed', () => {
    const member = memberOf({ ...someEvents, count: 20 });
    for (let length = 1; length < member.length; length += 1) {
      expect(() => gunzipSync(member.subarray(0, length))).toThrow();
    }
  });

  it('cannot have a flipped bit without being noticed', () => {
    const member = memberOf({ ...someEvents, count: 100 });
    const deflateAt = 10;
    const trailerAt = member.length - 8;
    fc.assert(
      fc.property(
        // The last byte of the deflate stream is left out: it may be filled up with bits that mean nothing.
        fc.oneof(
          fc.integer({ min: deflateAt, max: trailerAt - 2 }),
          fc.integer({ min: trailerAt, max: member.length - 1 }),
        ),
        fc.nat(7),
        (at, bit) => {
          expect(() => gunzipSync(withFlippedBit(member, at, bit))).toThrow();
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});

describe('gzip members, one after the other, are read', () => {
  const all = [1, 2, 3, 1_000].map((count, place) => ({ ...someEvents, from: place * 1e6, count }));
  const file = Buffer.concat(all.map(memberOf));
  const text = Buffer.concat(all.map(textOf));

  it('by gzip, whose test finds nothing wrong', () => {
    expect(execFileSync('gzip', ['-t'], { input: file })).toHaveLength(0);
    expect(execFileSync('gzip', ['-dc'], { input: file, maxBuffer: 1e8 }).equals(text)).toBe(true);
  });

  it.skipIf(!hasPython)('by Python (skipped where there is no python3)', () => {
    // Prepare
    const script =
      'import gzip, sys; sys.stdout.buffer.write(gzip.GzipFile(fileobj=sys.stdin.buffer).read())';

    // Act
    const read = execFileSync('python3', ['-c', script], { input: file, maxBuffer: 1e8 });

    // Assess
    expect(read.equals(text)).toBe(true);
  });

  it.each([1, 7, 65_536])('by a stream, %i bytes at a time', async (size) => {
    // Prepare
    const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, piece) =>
      file.subarray(piece * size, (piece + 1) * size),
    );

    // Act
    const read = await buffer(Readable.from(pieces).pipe(createGunzip()));

    // Assess
    expect(read.equals(text)).toBe(true);
  });
});
