import { describe, expect, it } from 'vitest';
import { type RecordFormat, recordFormats } from '../../lambda/contract/settings.ts';
import { createEventWriter } from '../../lambda/producer/events.ts';
import { packRecords } from '../../lambda/producer/records.ts';
import { eventsInRecord } from '../../lib/local/record.ts';

/** The records that the producer makes of 10,000 events. */
function createRecords(recordFormat: RecordFormat): Buffer[] {
  const records = packRecords({
    slice: { from: 0, to: 10_000 },
    recordFormat,
    limits: () => ({ bytes: 786_432, events: Number.POSITIVE_INFINITY }),
    writeEvents: createEventWriter('my-stream', 'run-1', 0),
    now: () => 0,
  });
  return Array.from(records, ({ data }) => data);
}

describe('the events of records', () => {
  it.each(recordFormats)('are counted without a look at each of them as %s', (recordFormat) => {
    // Prepare
    const records = createRecords(recordFormat);

    // Act
    const events = records.map(eventsInRecord);

    // Assess
    expect(events.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  });

  it.each(['', 'x', '\x1f\x8b'])('are none in %j, which no producer sends', (data) => {
    expect(eventsInRecord(Buffer.from(data, 'latin1'))).toBe(0);
  });
});
