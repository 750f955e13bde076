import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../lambda/producer/records.ts';
import { batchRequests, maxRecordsPerRequest, recordBytesInRequest } from '../../lambda/producer/requests.ts';

function recordOf(dataBytes: number, from = 0): EventRecord {
  return { from, to: from + 1, data: Buffer.alloc(dataBytes) };
}

const unlimited = () => ({ bytes: Number.POSITIVE_INFINITY, events: Number.POSITIVE_INFINITY });

function jsonBytes(batch: readonly EventRecord[]): number {
  return Buffer.byteLength(JSON.stringify(batch.map(({ data }) => ({ Data: data.toString('base64') }))));
}

describe('batching records into requests', () => {
  it('keeps every record, in order, within the limits of a request, and never splits early', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 1_200 }),
        fc.integer({ min: 65_536, max: 1_048_576 }),
        (sizes, maxRequestBytes) => {
          // Prepare
          const records = sizes.map((size, from) => recordOf(size, from));

          // Act
          const batches = [...batchRequests(records, { maxRequestBytes, limits: unlimited })];

          // Assess
          expect(batches.flat()).toEqual(records);
          for (const [place, batch] of batches.entries()) {
            expect(batch.length).toBeGreaterThan(0);
            expect(batch.length).toBeLessThanOrEqual(maxRecordsPerRequest);
            expect(jsonBytes(batch)).toBeLessThanOrEqual(maxRequestBytes + 2);
            const next = batches[place + 1]?.[0];
            const full = batch.reduce((sum, record) => sum + recordBytesInRequest(record), 0);
            expect(
              !next ||
                batch.length === maxRecordsPerRequest ||
                full + recordBytesInRequest(next) > maxRequestBytes,
            ).toBe(true);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps to what the next request may take, asked anew for each', () => {
    // Prepare
    const limits = [
      { bytes: 100, events: 100 },
      { bytes: 250, events: 100 },
      { bytes: 1_000, events: 3 },
      { bytes: 10_000, events: 100 },
    ];
    const records = Array.from({ length: 10 }, (_, from) => recordOf(100, from));

    // Act
    const batches = [
      ...batchRequests(records, { maxRequestBytes: 1_048_576, limits: () => limits.shift()! }),
    ];

    // Assess
    expect(batches.map((batch) => batch.length)).toEqual([1, 2, 3, 4]);
  });

  it('gives a record that is larger than a request by itself one of its own', () => {
    // Act
    const batches = [
      ...batchRequests([recordOf(10), recordOf(100_000), recordOf(10)], {
        maxRequestBytes: 65_536,
        limits: unlimited,
      }),
    ];

    // Assess
    expect(batches.map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  it('pulls no more than one record beyond the request it gives out', () => {
    // Prepare
    let pulled = 0;
    function* endless() {
      for (;;) {
        pulled += 1;
        yield recordOf(68);
      }
    }

    // Act
    const { value } = batchRequests(endless(), { maxRequestBytes: 1_048_576, limits: unlimited }).next();

    // Assess
    expect(value).toHaveLength(500);
    expect(pulled).toBe(501);
  });
});
