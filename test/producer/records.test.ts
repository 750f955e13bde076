import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordFormats } from '../../lambda/contract/settings.ts';
import { createEventWriter, eventBytes } from '../../lambda/producer/events.ts';
import { billedBytes, eventsPerRecord, maxRecordBytes, packRecords } from '../../lambda/producer/records.ts';
import { packOptions, recordsOf, textOf, timeMs } from './factories.ts';

const slices = fc
  .tuple(fc.nat(1e12), fc.integer({ min: 1, max: 3_000 }))
  .map(([from, length]) => ({ from, to: from + length }));

describe.each(recordFormats)('packing into %s records', (recordFormat) => {
  it('keeps every event of the slice once, in order, in records that follow one another', () => {
    fc.assert(
      fc.property(slices, (slice) => {
        // Prepare
        const expected = Buffer.alloc((slice.to - slice.from) * eventBytes);
        createEventWriter('my-stream', 'run-1', slice.from)(expected, timeMs);

        // Act
        const records = recordsOf({ slice, recordFormat });

        // Assess
        expect(records.map((record) => textOf(record, recordFormat)).join('')).toBe(expected.toString());
        expect(records[0]!.from).toBe(slice.from);
        expect(records.at(-1)!.to).toBe(slice.to);
        for (const [place, record] of records.entries()) {
          expect(record.from).toBe(records[place - 1]?.to ?? slice.from);
          expect(textOf(record, recordFormat)).toHaveLength((record.to - record.from) * eventBytes);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('makes a record only when it is pulled', () => {
    // Prepare
    let written = 0;
    const options = packOptions({ slice: { from: 0, to: 1e15 }, recordFormat });
    const records = packRecords({
      ...options,
      writeEvents: (target, now) => {
        written += target.length / eventBytes;
        options.writeEvents(target, now);
      },
    });

    // Act
    records.next();

    // Assess
    expect(written).toBeLessThanOrEqual(Math.max(500, eventsPerRecord(recordFormat, options.limits())));
  });

  it('stamps events with the time at which they are made', () => {
    // Prepare
    let now = timeMs;
    const records = packRecords(
      packOptions({ slice: { from: 0, to: 100_000 }, recordFormat, now: () => now }),
    );

    // Act
    const first = textOf(records.next().value!, recordFormat);
    now += 60_000;
    const later = [...records].map((record) => textOf(record, recordFormat)).at(-1)!;

    // Assess
    expect(first).toContain('"test-2026-11-22 01:02:03"');
    expect(later).toContain('"test-2026-11-22 01:03:03"');
  });
});

describe('a full record', () => {
  it('is 451 events as ndjson: just under six billed units, and no more than 500 events', () => {
    // Act
    const [record] = recordsOf({ slice: { from: 0, to: 5_000 } });

    // Assess
    expect(record!.to).toBe(451);
    expect(record!.data.length).toBe(30_668);
    expect(billedBytes(record!.data.length)).toBe(30_720);
  });

  it('is one gzip member that fills a request, about 22 bytes an event', () => {
    // Act
    const [record] = recordsOf({ slice: { from: 0, to: 100_000 }, recordFormat: 'gzip' });

    // Assess
    expect(record!.to).toBe(32_768);
    expect(record!.data.length / record!.to).toBeLessThan(22.5);
    expect(gunzipSync(record!.data)).toHaveLength(32_768 * eventBytes);
  });

  it('takes no more events than a request may have', () => {
    // Act
    const limits = () => ({ bytes: 786_432, events: 100 });

    // Assess
    for (const recordFormat of recordFormats) {
      for (const { from, to } of recordsOf({ slice: { from: 0, to: 950 }, recordFormat, limits })) {
        expect(to - from).toBeLessThanOrEqual(100);
      }
    }
  });

  it('stays under the limit of a record with the largest requests', () => {
    // Act
    const records = recordsOf({
      slice: { from: 0, to: 100_000 },
      recordFormat: 'gzip',
      limits: () => ({ bytes: 3_000_000, events: Number.POSITIVE_INFINITY }),
    });

    // Assess
    for (const { data } of records) {
      expect(data.length).toBeLessThanOrEqual(maxRecordBytes);
    }
  });
});

describe('what a record is billed as', () => {
  it.each([
    [1, 5_120],
    [5_120, 5_120],
    [5_121, 10_240],
  ])('%i bytes are billed as %i', (dataBytes, billed) => {
    expect(billedBytes(dataBytes)).toBe(billed);
  });
});
