import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../lambda/contract/event.ts';
import { billedBytes, billingUnitBytes } from '../../lambda/contract/firehose-limits.ts';
import { recordFormats } from '../../lambda/contract/settings.ts';
import { base64Bytes, eventsPerRecord, recordBytes } from '../../lambda/producer/records.ts';

const requestBytes = 786_432;

describe('a full record', () => {
  it('is 451 events as ndjson: just under six billed units, and no more than 500 events', () => {
    // Act
    const events = eventsPerRecord('ndjson', requestBytes);

    // Assess
    expect(events).toBe(451);
    expect(billedBytes(events * eventBytes)).toBe(6 * billingUnitBytes);
    expect(billedBytes((events + 1) * eventBytes)).toBe(7 * billingUnitBytes);
  });

  it.each([1, requestBytes, 4_000_000])('is one event as single, in a request of %i bytes', (bytes) => {
    expect(eventsPerRecord('single', bytes)).toBe(1);
  });

  it.each([
    [10_239, 241, 1],
    [requestBytes, 4_987, 20],
  ])('ends as gzip, in a request of %i bytes, just under a multiple of 5,120', (bytes, events, units) => {
    expect(eventsPerRecord('gzip', bytes)).toBe(events);
    expect(recordBytes('gzip', events)).toBeLessThanOrEqual(units * billingUnitBytes);
    expect(recordBytes('gzip', events + 1)).toBeGreaterThan(units * billingUnitBytes);
  });

  it.each(recordFormats)('has at least one event as %s, in the smallest request', (recordFormat) => {
    expect(eventsPerRecord(recordFormat, 0)).toBeGreaterThanOrEqual(1);
  });
});

describe('the bytes of a record in base64', () => {
  it('are as many as Node writes', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (dataBytes) => {
        expect(base64Bytes(dataBytes)).toBe(Buffer.alloc(dataBytes).toString('base64').length);
      }),
    );
  });
});
