import { describe, expect, it } from 'vitest';
import { recordFormats } from '../../../lambda/contract/record-format.ts';
import { defaultEventsInRecord, eventsInRecord } from '../../../lib/commands/start/progress.ts';
import { recordsOf } from '../../producer/factories.ts';

describe('the events of records', () => {
  it.each(recordFormats)('are counted as %s, with or without decompression', (recordFormat) => {
    // Prepare
    const records = recordsOf({ slice: { from: 0, to: 10_000 }, recordFormat });

    // Act
    const counted = [defaultEventsInRecord, eventsInRecord].map((countEvents) =>
      records.map(({ data }) => countEvents(data)).reduce((sum, count) => sum + count, 0),
    );

    // Assess
    expect(counted).toEqual([10_000, 10_000]);
  });

  it.each(['', 'x', '\x1f\x8b'])('are zero in %j, which no producer sends', (data) => {
    expect(defaultEventsInRecord(Buffer.from(data, 'latin1'))).toBe(0);
  });
});
