import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  maxSlicesPerMessage,
  mergeSlices,
  pairsLength,
  type SlicePair,
} from '../../../lambda/contract/slice.ts';
import { parsePayload } from '../../../lambda/producer/invocation/parse-payload.ts';
import { Segment } from '../../../lambda/prover/comparison/run-events.ts';
import { missingRanges } from '../../../lambda/prover/comparison/tally.ts';
import { createLines, createRun, eventTimeMs } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';
import { settingsWith } from '../../simulation/worlds/producer.ts';
import { createClaim, ProverWorld } from '../factories.ts';

const toSlice = ([from, to]: SlicePair) => ({ from, to });

/** A world where every other event of a run of `count` is missing, and the claim on all of them. */
function everyOtherMissing(count: number, runId = 'run-1') {
  const world = new ProverWorld();
  world.nowMs = eventTimeMs + 26 * 3_600_000;
  const lines = createLines(createRun({ runId, to: count }));
  world.land(lines.filter((_, index) => index % 2 === 1).join(''));
  return { world, claim: createClaim({ runId, slices: [[0, count]] }) };
}

describe('the letters of a claim with many gaps', () => {
  it('are few, the producer reads them, and they send exactly what is missing', async () => {
    // Prepare
    const { world, claim } = everyOtherMissing(5_000);

    // Act
    const kept = await world.check([claim]);

    // Assess
    expect([kept, world.deadLetters.length]).toEqual([[], 3]);
    const payloads = world.deadLetters.map((body) => parsePayload(JSON.parse(body), settingsWith(), 'none'));
    const slices = payloads.flatMap((payload) => payload.slices!);
    expect(slices).toEqual(Array.from({ length: 2_500 }, (_, place) => [2 * place, 2 * place + 1]));
  });

  it('fit ten to a call of SQS, with indices of any size', async () => {
    const far = Number.MAX_SAFE_INTEGER - 10_000;
    const slices = Array.from({ length: maxSlicesPerMessage }, (_, place) => [
      far + 2 * place,
      far + 2 * place + 1,
    ]);
    const body = JSON.stringify({ runId: '€'.repeat(256), slices });
    expect(10 * (Buffer.byteLength(body) + 2_000)).toBeLessThan(1_048_576);
  });

  it('stop no smaller claim, although the dead-letter queue takes only some of them', async () => {
    // Prepare
    const { world, claim } = everyOtherMissing(5_000, 'large');
    world.onDeadLetter = (body) => {
      if (JSON.parse(body).slices) {
        throw new Error('no time was left');
      }
    };

    // Act: the large claim is the older one
    const kept = await world.check([{ ...claim, sentToMs: eventTimeMs }, createClaim({ slices: [[0, 2]] })]);

    // Assess
    expect([kept, world.verdicts]).toEqual([[0], ['lost', 'lost']]);
    expect(world.deadLetters).toEqual(['{"runId":"run-1","from":0,"to":2}']);
  });

  it('join ranges in blocks where they are too many, and never go beyond the claim', () => {
    const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(5)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(400)), (parts, block, seen) => {
        // Prepare
        let at = 0;
        const segments = parts.map(([length, gap]) => {
          const from = at + gap;
          at = from + length;
          return new Segment(from, at, { fromMs: 0, toMs: 0, aheadMs: 0 });
        });
        for (const index of new Set(seen)) {
          segments.find(({ from, to }) => index >= from && index < to)?.see(index);
        }

        // Act
        const joined = [...missingRanges(segments, block)];

        // Assess
        const exact = [...missingRanges(segments)];
        const claimed = mergeSlices(segments);
        expect(mergeSlices([...joined, ...exact].map(toSlice))).toEqual(joined);
        expect(mergeSlices([...joined.map(toSlice), ...segments])).toEqual(claimed);
        const most = segments.reduce((sum, { from, to }) => sum + Math.ceil((to - from) / block), 0);
        expect(joined.length).toBeLessThanOrEqual(most);
        expect(pairsLength(joined)).toBeGreaterThanOrEqual(pairsLength(exact));
      }),
      { numRuns: runs(100) },
    );
  });
});
