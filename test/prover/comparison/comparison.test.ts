import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { maxCorruptLines, maxMissingRanges } from '../../../lib/proof/proof.ts';
import { ProofBuilder } from '../../../lib/proof/proof-builder.ts';
import { compare, createLines, createRun, createStoredObject, eventTimeMs } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

/** Fate of one event of a run. */
type Fate =
  | { readonly kind: 'kept' | 'deleted' }
  | { readonly kind: 'copied'; readonly extraCopies: number }
  | { readonly kind: 'garbled'; readonly at: number; readonly character: string };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'kept' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'deleted' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('copied' as const),
      extraCopies: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('garbled' as const),
      at: fc.nat(35),
      character: fc.constantFrom(...'0123456789abcdefG-z{\n'),
    }),
  },
);

const eventPattern =
  /^\{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}":"test-2026-11-22 10:00:00"\}\n$/;

/** Changes one character of a line's UUID; undefined if nothing changes. */
function garble(line: string, at: number, character: string): string | undefined {
  const place = at + 2;
  return line[place] === character ? undefined : line.slice(0, place) + character + line.slice(place + 1);
}

describe('a comparison', () => {
  it('finds the exact fate of the events of any runs', () => {
    const scenario = fc.record({
      fates: fc.array(fc.array(fate, { minLength: 1, maxLength: 150 }), { minLength: 1, maxLength: 3 }),
      from: fc.nat(1_000),
      foreignLines: fc.nat(200),
      objects: fc.integer({ min: 1, max: 4 }),
      isShuffled: fc.boolean(),
      pieceBytes: fc.integer({ min: 1, max: 5_000 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(scenario, ({ fates, from, foreignLines, objects, isShuffled, pieceBytes, seed }) => {
        // Prepare
        const runs = fates.map((each, order) =>
          createRun({ runId: `run-${order}`, from, to: from + each.length }),
        );
        const lines: string[] = createLines(createRun({ runId: 'foreign', to: foreignLines }));
        const missing = runs.map(() => [] as number[]);
        const expected = runs.map(() => ({ duplicated: 0, extraCopies: 0 }));
        for (const [order, run] of runs.entries()) {
          for (const [place, line] of createLines(run).entries()) {
            const each = fates[order]![place]!;
            const garbled = each.kind === 'garbled' ? garble(line, each.at, each.character) : undefined;
            if (each.kind === 'deleted' || garbled !== undefined) {
              missing[order]!.push(from + place);
            }
            if (each.kind !== 'deleted') {
              lines.push(garbled ?? line);
            }
            if (each.kind === 'copied') {
              for (let copy = 0; copy < each.extraCopies; copy += 1) {
                lines.push(line);
              }
              expected[order]!.duplicated += 1;
              expected[order]!.extraCopies += each.extraCopies;
            }
          }
        }
        const random = createRandom(seed);
        if (isShuffled) {
          shuffle(lines, random);
        }
        const texts = Array.from({ length: objects }, () => '');
        for (const line of lines) {
          texts[Math.floor(random() * objects)]! += line;
        }

        // Act
        const builder = new ProofBuilder(runs, createDefaultReader);
        // Side by side: a piece of each in turn.
        const readings = texts.map((text, order) => ({
          bytes: Buffer.from(text, 'latin1'),
          reading: builder.comparison.startObject(createStoredObject({ key: `object-${order}` })),
        }));
        const longest = Math.max(...texts.map((text) => text.length));
        for (let at = 0; at < longest; at += pieceBytes) {
          for (const { bytes, reading } of readings) {
            reading.push(bytes.subarray(at, at + pieceBytes));
          }
        }
        for (const { reading } of readings) {
          reading.end();
        }
        const { proof } = builder.evidence('here', 0, false);

        // Assess
        for (const [order, run] of proof.runs.entries()) {
          expect(run).toMatchObject({
            ...runs[order],
            ...expected[order],
            expected: fates[order]!.length,
            missing: missing[order]!.length,
            present: fates[order]!.length - missing[order]!.length,
          });
          const inRanges = run.missingRanges.flatMap(([start, end]) =>
            Array.from({ length: end - start }, (_, offset) => start + offset),
          );
          expect(inRanges).toEqual(missing[order]);
        }
        const linesOf = texts.map((text) => text.match(/[^\n]*\n/g) ?? []);
        const corruptLines = linesOf.flatMap((each, order) =>
          each.flatMap((line, place) =>
            eventPattern.test(line) ? [] : [{ object: `object-${order}`, line: place + 1 }],
          ),
        );
        const eventLines = linesOf.flat().length - corruptLines.length;
        const ownLines = proof.runs.reduce((sum, run) => sum + run.present + run.extraCopies, 0);
        expect(proof.corruptLines).toEqual(corruptLines);
        expect(proof.foreignLines).toBe(eventLines - ownLines);
        expect(proof.objects).toBe(objects);
        expect(proof.objectCounts.reduce((sum, { events }) => sum + events, 0)).toBe(ownLines);
        expect(proof.complete).toBe(missing.flat().length === 0 && corruptLines.length === 0);
      }),
      { numRuns: runs(300) },
    );
  });

  it('counts events of the same run outside the slice as foreign', () => {
    // Act
    const { proof } = compare(
      [createRun({ from: 10, to: 20 })],
      [{ object: createStoredObject(), lines: createLines(createRun({ from: 5, to: 30 })) }],
    );

    // Assess
    expect(proof).toMatchObject({
      complete: true,
      foreignLines: 15,
      runs: [{ present: 10, extraCopies: 0 }],
    });
  });

  it('is complete with a duplicate unless each event has to be there exactly once', () => {
    // Prepare
    const lines = [...createLines(), ...createLines().slice(0, 1)];

    // Act
    const [atLeastOnce, exactlyOnce] = [false, true].map(
      (isExactly) =>
        compare([createRun()], [{ object: createStoredObject(), lines }], isExactly).proof.complete,
    );

    // Assess
    expect([atLeastOnce, exactlyOnce]).toEqual([true, false]);
  });

  it('counts the lines before the place where an object breaks off, but not the line that was cut', () => {
    // Prepare
    const lines = [...createLines().slice(0, 50), '{"0123'];

    // Act
    const { proof } = compare([createRun()], [{ object: createStoredObject(), lines, reason: 'cut' }]);

    // Assess
    expect(proof).toMatchObject({
      complete: false,
      corruptObjects: [{ object: 'events/object-1', reason: 'cut' }],
      corruptLineCount: 0,
      runs: [{ present: 50, missingRanges: [[50, 100]] }],
    });
  });

  it('measures latency on every line of the runs, from the time in the event to that of its object', () => {
    // Prepare: 90 events after 10 s, 9 after 20 s, one after a minute; foreign ones after a day.
    const lines = createLines();
    const landed = (key: string, afterMs: number) =>
      createStoredObject({ key, landedAtMs: eventTimeMs + afterMs });

    // Act
    const { proof, eventTimes, latencies } = compare(
      [createRun()],
      [
        { object: landed('c', 60_000), lines: lines.slice(99) },
        { object: landed('b', 20_000), lines: lines.slice(90, 99) },
        { object: landed('a', 10_000), lines: lines.slice(0, 90) },
        { object: landed('d', 86_400_000), lines: createLines(createRun({ runId: 'foreign' })) },
      ],
    );

    // Assess
    expect(proof.latencyMs).toEqual({ p50: 10_000, p95: 20_000, p99: 20_000, max: 60_000 });
    expect(latencies).toEqual([
      [10_000, 90],
      [20_000, 9],
      [60_000, 1],
    ]);
    expect(eventTimes).toEqual([[eventTimeMs, 100]]);
    expect(proof.objectCounts.map(({ object }) => object)).toEqual(['a', 'b', 'c']);
  });

  it('has no latency without events', () => {
    expect(compare([createRun()], []).proof.latencyMs).toEqual({
      p50: null,
      p95: null,
      p99: null,
      max: null,
    });
  });

  it('lists a bounded number of corrupt lines, the first in order, and counts them all', () => {
    // Prepare
    const lines = new Array<string>(maxCorruptLines).fill('x\n');

    // Act
    const { proof } = compare(
      [createRun()],
      ['b', 'a'].map((key) => ({ object: createStoredObject({ key }), lines: lines.slice(0, 800) })),
    );

    // Assess
    expect(proof.corruptLineCount).toBe(1_600);
    expect(proof.corruptLines).toHaveLength(maxCorruptLines);
    expect(proof.corruptLines.at(-1)).toEqual({ object: 'b', line: 200 });
  });

  it('lists a bounded number of missing ranges and counts them all', () => {
    // Prepare: every other event.
    const run = createRun({ to: 2 * maxMissingRanges + 2 });
    const lines = createLines(run).filter((_, index) => index % 2 === 0);

    // Act
    const { proof } = compare([run], [{ object: createStoredObject(), lines }]);

    // Assess
    expect(proof.runs[0]).toMatchObject({
      missing: maxMissingRanges + 1,
      missingRangeCount: maxMissingRanges + 1,
    });
    expect(proof.runs[0]?.missingRanges).toHaveLength(maxMissingRanges);
  });

  it('counts objects under the error prefix by their type', () => {
    // Prepare
    const builder = new ProofBuilder([createRun()], createDefaultReader);
    builder.addErrorObject('processing-failed', 10);
    builder.addErrorObject('format-conversion-failed', 5);
    builder.addErrorObject('processing-failed', 20);

    // Act
    const { proof } = builder.evidence('here', 0, false);

    // Assess
    expect(proof.errorObjects).toEqual([
      { errorType: 'format-conversion-failed', objects: 1, bytes: 5 },
      { errorType: 'processing-failed', objects: 2, bytes: 30 },
    ]);
    expect(proof.objects).toBe(0);
  });
});

/** Fisher and Yates. */
function shuffle(lines: string[], random: () => number): void {
  for (let last = lines.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [lines[last], lines[other]] = [lines[other]!, lines[last]!];
  }
}

/** Seeded random numbers from [0, 1): mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
