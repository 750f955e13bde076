import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBytes, type RecordFormat, recordFormats } from '../../../lambda/contract/record-format.ts';
import { producerSettings } from '../../../lambda/contract/settings.ts';
import type { Slice } from '../../../lambda/contract/slice.ts';
import { billedBytes, targets } from '../../../lambda/contract/targets.ts';
import { createDefaultPacker, eventsPerMember } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import { dataBytes, type RecordBatch } from '../../../lambda/producer/packing/records.ts';
import {
  createRequestSource,
  maxDataBytes,
  type RequestBudget,
} from '../../../lambda/producer/packing/requests.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { runs } from '../../property-runs.ts';
import { anyBudget, makeRequestOptions, recordsOf, requestsOf, textOf, timeMs } from '../factories.ts';

const slices = fc
  .tuple(fc.nat(1e12), fc.integer({ min: 1, max: 3_000 }))
  .map(([from, length]) => ({ from, to: from + length }));

const budgets = fc.record({
  bytes: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 200_000 })),
  events: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 2_000 })),
});

/** The bytes of a request's records in JSON, as base64, but for the brackets around them. */
function jsonBytes(batch: RecordBatch): number {
  return JSON.stringify(batch.map(({ data }) => ({ Data: data.toString('base64') }))).length - 2;
}

function eventsIn(batch: RecordBatch): number {
  return batch.at(-1)!.to - batch[0]!.from;
}

/** Whether a request could carry another full record. */
function hasRoom(
  batch: RecordBatch,
  recordFormat: RecordFormat,
  { bytes, events }: RequestBudget,
  maxRequestBytes: number,
): boolean {
  if (eventsIn(batch) === events || batch.length === targets.firehose.maxRecordsPerRequest) {
    return false;
  }
  const room = Math.min(bytes, maxDataBytes(maxRequestBytes));
  const perRecord = { ndjson: 451, single: 1, gzip: eventsPerMember(room) }[recordFormat];
  const full = Buffer.alloc(recordFormat === 'gzip' ? 160 + perRecord * 20.5 : perRecord * eventBytes);
  const more = Array.from({ length: batch.length + 1 }, () => ({ from: 0, to: perRecord, data: full }));
  const isLastFull = batch.at(-1)!.to - batch.at(-1)!.from === perRecord;
  return !isLastFull || (dataBytes(more) <= bytes && jsonBytes(more) <= maxRequestBytes);
}

describe.each(recordFormats)('the requests of a slice as %s', (recordFormat) => {
  it('carry every event once, in order, within the limits of a request, and never fewer than they could', () => {
    fc.assert(
      fc.property(
        slices,
        fc.integer({ min: producerSettings.maxRequestBytes.min, max: 300_000 }),
        fc.array(budgets, { minLength: 1, maxLength: 5 }),
        (slice, maxRequestBytes, someBudgets) => {
          // Prepare
          const expected = Buffer.alloc((slice.to - slice.from) * eventBytes);
          createEventWriter('my-stream', 'run-1', slice.from)(expected, timeMs);
          const source = createRequestSource(makeRequestOptions({ slice, recordFormat, maxRequestBytes }));
          const budgetOf = (place: number) => someBudgets[place % someBudgets.length]!;

          // Act
          const batches: RecordBatch[] = [];
          const lefts = [source.left];
          for (let batch = source.next(budgetOf(0)); batch; batch = source.next(budgetOf(batches.length))) {
            batches.push(batch);
            lefts.push(source.left);
          }

          // Assess
          const records = batches.flat();
          const ends = [slice.from, ...batches.map((batch) => batch.at(-1)!.to)];
          expect(lefts).toEqual(ends.map((from) => ({ from, to: slice.to })));
          const texts = records.map((record) => textOf(record, recordFormat));
          expect(texts.join('')).toBe(expected.toString());
          expect(records.at(-1)!.to).toBe(slice.to);
          const misplaced = records.filter(
            ({ from, to }, place) =>
              from !== (records[place - 1]?.to ?? slice.from) ||
              texts[place]!.length !== (to - from) * eventBytes,
          );
          expect(misplaced).toEqual([]);
          for (const [place, batch] of batches.entries()) {
            const budget = budgetOf(place);
            expect(batch.length).toBeGreaterThan(0);
            expect(batch.length).toBeLessThanOrEqual(targets.firehose.maxRecordsPerRequest);
            expect(jsonBytes(batch)).toBeLessThanOrEqual(maxRequestBytes);
            expect(eventsIn(batch)).toBeLessThanOrEqual(budget.events);
            expect(batch.length === 1 || dataBytes(batch) <= budget.bytes).toBe(true);
            const isLast = place === batches.length - 1;
            expect(isLast || !hasRoom(batch, recordFormat, budget, maxRequestBytes)).toBe(true);
          }
        },
      ),
      { numRuns: runs(50) },
    );
  });

  it('are made only when they are asked for', () => {
    // Prepare
    const made: Slice[] = [];
    const { packRecords, ...options } = makeRequestOptions({ slice: { from: 0, to: 1e15 }, recordFormat });
    const source = createRequestSource({
      ...options,
      packRecords: (slice, room, now) => {
        made.push(slice);
        return packRecords(slice, room, now);
      },
    });
    const madeAtFirst = made.length;

    // Act
    const batch = source.next(anyBudget)!;

    // Assess
    expect(madeAtFirst).toBe(0);
    expect(made).toEqual([{ from: 0, to: 1e15 }]);
    expect(source.left).toEqual({ from: eventsIn(batch), to: 1e15 });
  });

  it('carry events with the time at which they were made', () => {
    // Prepare
    let now = timeMs;
    const source = createRequestSource(
      makeRequestOptions({ slice: { from: 0, to: 100_000 }, recordFormat, now: () => now }),
    );

    // Act
    const first = source.next(anyBudget)!;
    now += 60_000;
    const later = source.next(anyBudget)!;

    // Assess
    expect(textOf(first.at(-1)!, recordFormat)).toContain('"test-2026-11-22 01:02:03"');
    expect(textOf(later[0]!, recordFormat)).toContain('"test-2026-11-22 01:03:03"');
  });

  it('carry at least one event, however little they may carry', () => {
    const [batch] = requestsOf({ recordFormat }, { bytes: 1, events: 1 });
    expect(batch).toHaveLength(1);
    expect(eventsIn(batch!)).toBe(1);
  });

  it('keep to the limits of Firehose when they are as large as they can be set', () => {
    // Act
    const records = recordsOf({
      slice: { from: 0, to: 100_000 },
      recordFormat,
      maxRequestBytes: producerSettings.maxRequestBytes.max,
    });

    // Assess
    expect(records.at(-1)!.to).toBe(100_000);
    expect(records.every(({ data }) => data.length <= targets.firehose.maxRecordBytes)).toBe(true);
  });
});

describe('a request', () => {
  it('keeps to its own budget, and not to that of the one before', () => {
    // Prepare
    const source = createRequestSource(makeRequestOptions({ recordFormat: 'single' }));

    // Act
    const lengths = [
      { bytes: 100, events: 100 },
      { bytes: 250, events: 100 },
      { bytes: 1_000, events: 5 },
      { bytes: 10_000, events: 100 },
    ].map((budget) => source.next(budget)!.length);

    // Assess
    expect(lengths).toEqual([1, 3, 5, 100]);
  });

  it('carries one full ndjson record when the budget is smaller than that', () => {
    const batches = requestsOf({ slice: { from: 0, to: 1_000 } }, { ...anyBudget, bytes: 10_000 });
    expect(batches.map((batch) => batch.map(({ from, to }) => to - from))).toEqual([[451], [451], [98]]);
  });

  it('has ndjson records that end just under six billed units, the last one of the slice aside', () => {
    // Act
    const records = recordsOf({ slice: { from: 0, to: 5_000 } });

    // Assess
    for (const { data } of records.slice(0, -1)) {
      expect(data.length).toBe(30_668);
      expect(billedBytes(data.length, targets.firehose)).toBe(30_720);
    }
  });

  it('has gzip members just under 100 KiB each, at most 20.5 bytes an event', () => {
    // Act
    const [batch] = requestsOf({ slice: { from: 0, to: 100_000 }, recordFormat: 'gzip' });

    // Assess
    expect(batch).toHaveLength(7);
    for (const { from, to, data } of batch!) {
      expect(to - from).toBe(4_987);
      expect(data.length).toBeLessThanOrEqual(102_400);
      expect(data.length / (to - from)).toBeLessThan(20.5);
      expect(gunzipSync(data)).toHaveLength(4_987 * eventBytes);
    }
  });

  it.each([5_120, 20_000, 500_000])('has gzip records within a budget of %i bytes', (bytes) => {
    // Act
    const requests = requestsOf(
      { slice: { from: 0, to: 60_000 }, recordFormat: 'gzip' },
      { ...anyBudget, bytes },
    );

    // Assess
    expect(Math.max(...requests.map(dataBytes))).toBeLessThanOrEqual(bytes);
  });

  it.each([
    [81_808, 2],
    [81_807, 1],
  ])(
    'of at most %i bytes, with what JSON puts around base64, has %i full ndjson records',
    (maxRequestBytes, records) => {
      const [batch] = requestsOf({ maxRequestBytes });
      expect(batch).toHaveLength(records);
    },
  );

  it('has 500 records at most', () => {
    const [batch] = requestsOf({ recordFormat: 'single' });
    expect(batch).toHaveLength(500);
  });
});

describe('requests to Kinesis', () => {
  it.each(['ndjson', 'single', 'gzip'] as const)(
    'have records of %s that, with their keys, fill payload units and break no limit',
    (recordFormat) => {
      // Act
      const requests = requestsOf({
        slice: { from: 0, to: 60_000 },
        maxRequestBytes: producerSettings.maxRequestBytes.max,
        packRecords: createDefaultPacker(recordFormat, 'my-stream', 'run-1', 'after', targets.kinesis),
      });

      // Assess
      const { keyBytes, maxRecordBytes, maxRequestBytes, maxRecordsPerRequest, packingUnitBytes } =
        targets.kinesis;
      const sizes = requests.flat().map(({ data }) => data.length + keyBytes);
      expect(requests.flatMap((batch) => eventsIn(batch)).reduce((sum, events) => sum + events)).toBe(60_000);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxRecordBytes);
      for (const batch of requests) {
        expect(batch.length).toBeLessThanOrEqual(maxRecordsPerRequest);
        const bytes = batch.reduce((sum, { data }) => sum + data.length + keyBytes, 0);
        expect(bytes).toBeLessThanOrEqual(maxRequestBytes);
      }
      if (recordFormat !== 'single') {
        const unused = sizes
          .slice(0, -1)
          .map((size) => (packingUnitBytes - (size % packingUnitBytes)) / size);
        expect(Math.max(...unused)).toBeLessThan(0.01);
      }
    },
  );

  it('of a template fill payload units, too', () => {
    // Prepare
    const template = compileTemplate('{"id":"{{random.uuid}}","value":{{random.number(1000)}}}');

    // Act
    const requests = requestsOf({
      slice: { from: 0, to: 30_000 },
      packRecords: createTemplatePacker(template)('ndjson', 'my-stream', 'run-1', 'after', targets.kinesis),
    });

    // Assess
    const billed = requests.flat().map(({ data }) => billedBytes(data.length, targets.kinesis));
    const bytes = requests.flat().reduce((sum, { data }) => sum + data.length, 0);
    expect(billed.reduce((sum, size) => sum + size) / bytes).toBeLessThan(1.02);
  });
});
