import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyPrefixAt } from '../../../lambda/prover/objects/key-prefix.ts';
import { listingsOf } from '../../../lambda/prover/objects/object-window.ts';

const atMs = Date.parse('2026-03-05T07:59:00Z');
const [minuteMs, hourMs] = [60_000, 3_600_000];

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
    ['a/!{timestamp:yyyy-MM-dd-HH-mm}/b', 'a/2026-03-05-07-'],
    ['a/!{timestamp:yyyy/MMM}/b', 'a/2026/'],
    ['a/!{timestamp:YYYY/MM}/b', 'a/'],
    ['a/!{firehose:random-string}/!{timestamp:yyyy}/', 'a/'],
    ['c=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy}/', 'c='],
    ['a!b/!{timestamp:yyyy}/', 'a!b/2026/'],
  ])('of %s is %s', (prefix, key) => {
    expect(keyPrefixAt(prefix, atMs)).toBe(key);
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
        );

        // Assess
        for (const { sentFromMs, durationMs, sent, older, landsAfterMs } of claims) {
          const sentMs = sentFromMs + sent * durationMs;
          const oldestMs = sentMs - older * bufferingSeconds * 1_000;
          const landedMs = Math.floor((sentMs + landsAfterMs) / 1_000) * 1_000;
          const holding = listings.filter((listing) =>
            keyPrefixAt(prefix, oldestMs).startsWith(listing.prefix),
          );
          expect(holding).toHaveLength(1);
          expect(holding[0]!.landedSinceMs).toBeLessThanOrEqual(landedMs);
        }
      }),
    );
  });

  it('are those of few hours: two if an hour has just ended', () => {
    const claim = { sentFromMs: atMs + 2 * minuteMs, sentToMs: atMs + 3 * minuteMs };
    const listings = listingsOf([claim], { prefix: '', bufferingSeconds: 60 });
    expect(listings.map(({ prefix }) => prefix)).toEqual(['2026/03/05/07/', '2026/03/05/08/']);
  });

  it('of old claims do not change the times of young claims', () => {
    // Prepare
    const old = { sentFromMs: atMs - 20 * hourMs, sentToMs: atMs - 20 * hourMs };
    const young = { sentFromMs: atMs - 25 * minuteMs, sentToMs: atMs - 20 * minuteMs };

    // Act
    const listings = listingsOf([old, young], { prefix: '', bufferingSeconds: 60 });

    // Assess
    expect(listings).toEqual([
      { prefix: '2026/03/04/11/', landedSinceMs: old.sentFromMs - 301_000 },
      { prefix: '2026/03/04/12/', landedSinceMs: old.sentFromMs - 301_000 },
      { prefix: '2026/03/05/07/', landedSinceMs: young.sentFromMs - 301_000 },
    ]);
  });
});
