import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyNaming } from '../../../lambda/contract/key-prefix.ts';
import { createKeyPrefixes } from '../../../lambda/prover/objects/key-prefix.ts';
import { listingsOf } from '../../../lambda/prover/objects/object-window.ts';
import { compileObjectName } from '../../../lib/emulator/firehose/object-name.ts';
import { runs } from '../../property-runs.ts';

const atMs = Date.parse('2026-03-05T07:59:00Z');
const [minuteMs, hourMs] = [60_000, 3_600_000];

/** The starts of the keys of objects whose oldest record arrived at a time. */
function startsOf(prefix: string, at: string | number, naming: Partial<KeyNaming> = {}): string[] {
  return createKeyPrefixes({ prefix, ...naming })(new Date(at).getTime());
}

describe('the prefix of an hour', () => {
  it.each([
    ['', '2026/03/05/07/'],
    ['raw/', 'raw/2026/03/05/07/'],
    ['raw', 'raw2026/03/05/07/'],
    ['raw/!{timestamp:yyyy/MM/dd/HH}/', 'raw/2026/03/05/07/'],
    ['raw/!{timestamp:yyyy}/!{timestamp:MM}/x', 'raw/2026/03/x'],
    ["dt=!{timestamp:yyyy'-'MM'-'dd}/h=!{timestamp:HH}/", 'dt=2026-03-05/h=07/'],
    ["!{timestamp:'year='yyyy'/it''s'}/", "year=2026/it's/"],
    ["!{timestamp:yyyy''MM}", "2026'03"],
    ['!{timestamp:yy-M-d-H}', '26-3-5-7'],
    ['!{timestamp:uuuu/DDD/K h k}', '2026/064/7 7 7'],
    ['a/!{timestamp:yyyy-MM-dd-HH-mm}/b', 'a/2026-03-05-07-'],
    ['raw/!{timestamp:yyyy/MM/dd/HH/mm}/', 'raw/2026/03/05/07/'],
    ['a/!{timestamp:yyyy/MMM}/b', 'a/2026/'],
    ['a/!{timestamp:yyyy/hh a}/b', 'a/2026/07 '],
    ["a/!{timestamp:yyyy'MM}/b", 'a/2026'],
    ['a/!{timestamp:YYYY/MM}/b', 'a/2026/03/b'],
    ['a/!{firehose:random-string}/!{timestamp:yyyy}/', 'a/'],
    ['c=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy}/', 'c='],
    ['a!b $*?/ü/!{timestamp:yyyy}/', 'a!b $*?/ü/2026/'],
  ])('of %s is %s', (prefix, key) => {
    expect(startsOf(prefix, atMs)).toEqual([key]);
  });

  it.each([
    ['2026-03-05T00:30:00Z', '2026/064/00 0 12 24'],
    ['2026-12-31T12:30:00Z', '2026/365/12 0 12 12'],
  ])('has every number of an hour at %s', (at, key) => {
    expect(startsOf('!{timestamp:yyyy/DDD/HH K h k}', at)).toEqual([key]);
  });

  it.each([
    ['2026-12-25T23:59:59Z', ['2026']],
    ['2026-12-26T00:00:00Z', ['2026', '2027']],
    ['2027-01-03T23:59:59Z', ['2027', '2026']],
    ['2027-01-04T00:00:00Z', ['2027']],
  ])('has both years of the week at %s', (at, years) => {
    expect(startsOf('!{timestamp:YYYY}', at)).toEqual(years);
  });

  it('has the values of partition keys', () => {
    const prefix = 'c=!{partitionKeyFromQuery:customer}/!{partitionKeyFromLambda:region}/!{timestamp:HH}';
    const partition = { customer: 'canary', region: 'eu' };
    expect(startsOf(prefix, atMs, { partition })).toEqual(['c=canary/eu/07']);
    expect(startsOf(prefix, atMs, { partition: { customer: 'canary' } })).toEqual(['c=canary/']);
  });

  it.each([
    ['Asia/Calcutta', '2026-03-05T18:29:59Z', '2026/03/05/23/'],
    ['Asia/Kolkata', '2026-03-05T18:30:00Z', '2026/03/06/00/'],
    ['Asia/Katmandu', '2026-12-31T18:15:00Z', '2027/01/01/00/'],
    ['America/New_York', '2026-03-01T04:59:59Z', '2026/02/28/23/'],
    // Clocks change: an hour is skipped, is there twice, or both by half.
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026/03/29/01/'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026/03/29/03/'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026/10/25/02/'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026/10/25/02/'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '2026/10/04/02/'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026/04/05/01/'],
  ])('is that of %s at %s: %s', (prefixTimeZone, at, key) => {
    expect(startsOf('', at, { prefixTimeZone })).toEqual([key]);
  });
});

const prefixes = [
  '',
  'events/!{timestamp:yyyy/MM/dd/HH}/',
  'raw/!{timestamp:yyyy-MM-dd}/',
  '!{timestamp:yyyy/M/d/H}/',
  'x/!{timestamp:yyyy/MM/dd/HH/mm}/',
  'y/!{timestamp:M}',
  'all/!{firehose:random-string}/',
];

const partitionedPrefixes = [
  'c=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy/MM/dd}/!{partitionKeyFromLambda:customer}/!{timestamp:HH}',
  "raw/!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/!{firehose:random-string}/",
  'raw/!{timestamp:uuuu-DDD hh a}/',
];

const zones = [
  'UTC',
  'Asia/Calcutta',
  'Asia/Katmandu',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/New_York',
];

/** Of Berlin, Lord Howe and New York, and the ends of a month and a year. */
const clockChanges = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-03-08T07:00:00Z',
  '2026-11-01T06:00:00Z',
  '2026-12-31T23:30:00Z',
  '2028-02-29T18:30:00Z',
];

describe('the objects that may hold the events of claims', () => {
  it('are listed, for any time of sending within a claim, any arrival of the oldest neighbor, and any clock', () => {
    const scenario = fc.record({
      prefix: fc.constantFrom(...prefixes),
      bufferingSeconds: fc.constantFrom(0, 60, 900),
      claims: fc.array(
        fc.record({
          sentFromMs: fc.integer({ min: atMs, max: atMs + 400 * 24 * hourMs }),
          durationMs: fc.nat(15 * minuteMs),
          // The event, the oldest record of its object, and the landing.
          sent: fc.double({ min: 0, max: 1, noNaN: true }),
          older: fc.double({ min: 0, max: 1, noNaN: true }),
          landsAfterMs: fc.nat(24 * hourMs),
          aheadMs: fc.integer({ min: -5 * minuteMs, max: 5 * minuteMs }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(scenario, ({ prefix, bufferingSeconds, claims }) => {
        // Act
        const listings = listingsOf(
          claims.map(({ sentFromMs, durationMs, aheadMs }) => ({
            sentFromMs: sentFromMs + aheadMs,
            sentToMs: sentFromMs + aheadMs + durationMs,
          })),
          { prefix, bufferingSeconds },
          atMs + 1_000 * 24 * hourMs,
        );

        // Assess
        for (const { sentFromMs, durationMs, sent, older, landsAfterMs } of claims) {
          const sentMs = sentFromMs + sent * durationMs;
          const oldestMs = sentMs - older * bufferingSeconds * 1_000;
          const landedMs = Math.floor((sentMs + landsAfterMs) / 1_000) * 1_000;
          const holding = listings.filter((listing) =>
            startsOf(prefix, oldestMs)[0]!.startsWith(listing.prefix),
          );
          expect(holding).toHaveLength(1);
          expect(holding[0]!.landedSinceMs).toBeLessThanOrEqual(landedMs);
        }
      }),
    );
  });

  it('are listed for the keys that the embedded Firehose makes, in any time zone and whenever clocks change', () => {
    const zoned = fc.record({
      prefixTimeZone: fc.oneof(
        fc.constantFrom(...zones),
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
      ),
      prefix: fc.constantFrom(...prefixes, ...partitionedPrefixes),
      bufferingSeconds: fc.constantFrom(0, 60, 1_350),
      changeMs: fc.constantFrom(...clockChanges.map((time) => Date.parse(time))),
      sentAfterMs: fc.integer({ min: -3 * hourMs, max: 3 * hourMs }),
      durationMs: fc.nat(3 * hourMs),
      sent: fc.double({ min: 0, max: 1, noNaN: true }),
      older: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(zoned, ({ prefixTimeZone, prefix, bufferingSeconds, durationMs, ...times }) => {
        // Prepare
        const partition = { customer: 'canary' };
        const objectName = compileObjectName({
          ...{ deliveryStreamName: 'my-stream', compression: 'GZIP', prefix, customTimeZone: prefixTimeZone },
          errorOutputPrefix: 'errors/!{firehose:error-output-type}/',
          partitionKeys: partition,
        });
        const sentFromMs = times.changeMs + times.sentAfterMs;
        const sentMs = sentFromMs + times.sent * durationMs;
        const oldestMs = Math.ceil(sentMs - times.older * bufferingSeconds * 1_000);

        // Act
        const listings = listingsOf(
          [{ sentFromMs, sentToMs: sentFromMs + durationMs }],
          { prefix, prefixTimeZone, partition, bufferingSeconds },
          sentFromMs + 24 * hourMs,
        );

        // Assess
        const key = objectName(new Date(oldestMs), () => '046b6c7f-0b8a-43b9-b35d-6489e6daee91');
        const holding = listings.filter((listing) => key.startsWith(listing.prefix));
        expect(holding).toHaveLength(1);
        expect(holding[0]!.landedSinceMs).toBeLessThanOrEqual(sentMs);
        expect(listings.length).toBeLessThanOrEqual(7);
      }),
      { numRuns: runs(300) },
    );
  });

  it('are those of few hours: two if an hour has just ended', () => {
    const claim = { sentFromMs: atMs + 2 * minuteMs, sentToMs: atMs + 3 * minuteMs };
    const listings = listingsOf([claim], { prefix: '', bufferingSeconds: 60 }, atMs + 24 * hourMs);
    expect(listings.map(({ prefix }) => prefix)).toEqual(['2026/03/05/07/', '2026/03/05/08/']);
  });

  it('of old claims do not change the times of young claims', () => {
    // Prepare
    const old = { sentFromMs: atMs - 20 * hourMs, sentToMs: atMs - 20 * hourMs };
    const young = { sentFromMs: atMs - 25 * minuteMs, sentToMs: atMs - 20 * minuteMs };

    // Act
    const listings = listingsOf([old, young], { prefix: '', bufferingSeconds: 60 }, atMs);

    // Assess
    expect(listings).toEqual([
      { prefix: '2026/03/04/11/', landedSinceMs: old.sentFromMs - 301_000 },
      { prefix: '2026/03/04/12/', landedSinceMs: old.sentFromMs - 301_000 },
      { prefix: '2026/03/05/07/', landedSinceMs: young.sentFromMs - 301_000 },
    ]);
  });

  describe('behind a Kinesis stream', () => {
    const naming = { prefix: '', bufferingSeconds: 60, target: 'kinesis', lostAfterHours: 25 } as const;
    const sentMs = Date.parse('2026-03-05T07:30:00Z');
    const claim = { sentFromMs: sentMs, sentToMs: sentMs };
    const hoursAfter = (lateMs: number) =>
      listingsOf([claim], naming, sentMs + lateMs).map(({ prefix }) => prefix);

    it('are listed up to now, and as long before', () => {
      expect(hoursAfter(0)).toEqual(['2026/03/05/07/']);
      expect(hoursAfter(2 * hourMs)).toEqual(
        ['05', '06', '07', '08', '09'].map((hour) => `2026/03/05/${hour}/`),
      );
    });

    it('are listed until no event lands any more', () => {
      expect(hoursAfter(25 * hourMs)).toHaveLength(51);
      expect(hoursAfter(1_000 * hourMs)).toEqual(hoursAfter(25 * hourMs));
    });

    it('landed after the claim was sent', () => {
      const landedSinceMs = sentMs - 301_000;
      for (const listing of listingsOf([claim], naming, sentMs + 5 * hourMs)) {
        expect(listing.landedSinceMs).toBe(landedSinceMs);
      }
    });
  });
});
