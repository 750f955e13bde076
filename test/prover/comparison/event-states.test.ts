import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStates } from '../../../lambda/prover/comparison/event-states.ts';

describe('the states of events', () => {
  it('agree with a list of all lines', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.integer({ min: 1, max: 100 }),
        // Single ones, and ranges.
        fc
          .array(fc.tuple(fc.nat(), fc.constantFrom(1, 40)))
          .map((ranges) =>
            ranges.flatMap(([from, length]) => Array.from({ length }, (_, order) => from + order)),
          ),
        (from, length, seen) => {
          const to = from + length;
          const states = new EventStates(from, to);
          const sightings = new Array<number>(length).fill(0);
          for (const place of seen.map((number) => number % length)) {
            states.see(from + place);
            sightings[place]! += 1;
          }

          const missing = [...states.missingRanges()].flatMap(([start, end]) =>
            Array.from({ length: end - start }, (_, order) => start + order),
          );

          expect(missing).toEqual(
            [...sightings.entries()].filter(([, count]) => count === 0).map(([place]) => from + place),
          );
          expect(states).toMatchObject({
            missing: missing.length,
            present: sightings.filter((count) => count > 0).length,
            duplicated: sightings.filter((count) => count > 1).length,
            extraCopies: sightings.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
          });
        },
      ),
    );
  });

  it('of 100,000,000 events are searched within the time that is left for a report', () => {
    // Prepare
    const states = new EventStates(0, 100_000_000);
    states.see(1);
    const before = process.cpuUsage();

    // Act
    const ranges = [...states.missingRanges()];

    // Assess
    expect(ranges).toEqual([
      [0, 1],
      [2, 100_000_000],
    ]);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(200);
  });

  it('show missing events as ranges that do not touch', () => {
    // Prepare
    const states = new EventStates(10, 20);
    for (const index of [12, 13, 17]) {
      states.see(index);
    }

    // Act
    const ranges = [...states.missingRanges()];

    // Assess
    expect(ranges).toEqual([
      [10, 12],
      [14, 17],
      [18, 20],
    ]);
  });
});
