import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RunEvents } from '../../../lambda/prover/comparison/run-events.ts';
import { UuidFilter } from '../../../lambda/prover/comparison/uuid-filter.ts';
import { UuidRule } from '../../../lambda/prover/comparison/uuid-rule.ts';
import { createRun } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

/** The first and the last words of some UUIDs. */
function wordsOf(rule: UuidRule, from: number, count: number): [first: number, last: number][] {
  return Array.from({ length: count }, (_, place) => {
    const uuid = rule.uuids(from + place, 1);
    return [uuid.readUInt32BE(0), uuid.readUInt32BE(12)];
  });
}

/** A filter after enough foreign UUIDs to make its bitmap. */
function createFilter(runs: readonly RunEvents[]): UuidFilter {
  const filter = new UuidFilter(runs);
  filter.noteForeign(Number.MAX_SAFE_INTEGER);
  return filter;
}

describe('the filter of UUIDs', () => {
  it('never rejects an expected UUID, of any runs and slices', () => {
    const slice = fc
      .tuple(fc.nat(100_000), fc.integer({ min: 1, max: 500 }))
      .map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(
        fc.array(fc.array(slice, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        (slices) => {
          // Prepare
          const runs = slices.map((each, place) => new RunEvents(createRun({ runId: `run-${place}` }), each));

          // Act
          const filter = createFilter(runs);

          // Assess
          for (const { rule, segments } of runs) {
            for (const { from, to } of segments) {
              expect(wordsOf(rule, from, to - from).every((words) => filter.mayHold(...words))).toBe(true);
            }
          }
        },
      ),
      { numRuns: runs(30) },
    );
  });

  it('rejects nearly all others', () => {
    // Prepare
    const filter = createFilter([new RunEvents(createRun(), [{ from: 0, to: 50_000 }])]);
    const foreign = wordsOf(new UuidRule(createRun({ runId: 'run-2' })), 0, 20_000);

    // Act
    const passed = foreign.filter((words) => filter.mayHold(...words)).length;

    // Assess
    expect(passed / foreign.length).toBeLessThan(0.08);
  });

  it('is made in steps, which together take as long as the inverting before: never past a timeout', () => {
    // Prepare
    const filter = new UuidFilter([new RunEvents(createRun(), [{ from: 0, to: 100_000 }])]);
    const foreign = wordsOf(new UuidRule(createRun({ runId: 'run-2' })), 0, 1_000);
    const passed = () => foreign.filter((words) => filter.mayHold(...words)).length;
    const made = vi.spyOn(UuidRule.prototype, 'uuids');

    // Act
    const steps: number[] = [];
    for (let inversions = 0; inversions < 100_000 / 16; inversions += 64) {
      expect(passed()).toBe(foreign.length);
      filter.noteForeign(64);
      steps.push(made.mock.calls.reduce((sum, [, count]) => sum + count, 0));
      made.mockClear();
    }

    // Assess
    expect(Math.max(...steps)).toBe(1_024);
    expect(steps.reduce((sum, step) => sum + step)).toBe(100_000);
    expect(passed()).toBeLessThan(foreign.length / 5);
    made.mockRestore();
  });
});
