import { describe, expect, it } from 'vitest';
import { recordFormats } from '../../lambda/contract/settings.ts';
import { eventsInRecord } from '../../lib/local/events-in-record.ts';
import { recordsOf } from '../producer/factories.ts';

describe('the events of records', () => {
  it.each(recordFormats)('are counted without a look at each of them as %s', (recordFormat) => {
    // Prepare
    const records = recordsOf({ slice: { from: 0, to: 10_000 }, recordFormat });

    // Act
    const events = records.map(({ data }) => eventsInRecord(data));

    // Assess
    expect(events.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  });

  it.each(['', 'x', '\x1f\x8b'])('are none in %j, which no producer sends', (data) => {
    expect(eventsInRecord(Buffer.from(data, 'latin1'))).toBe(0);
  });
});
