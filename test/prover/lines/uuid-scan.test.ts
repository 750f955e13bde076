import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLines, createRun, cutAt, proveObject } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

/** The proof on a run in a shared bucket, read in pieces that end at `cuts`. */
function compareShared(text: string, cuts: readonly number[] = []) {
  return proveObject(cutAt(Buffer.from(text, 'latin1'), cuts), { isShared: true });
}

const ownLines = createLines();
const uuidOf = (line: string) => line.slice(2, 38);
const strangerLines = createLines(createRun({ runId: 'run-2' }));

const noise = fc.string({ unit: fc.constantFrom(...'0123456789abcdef-{}": x'), maxLength: 120 });

/** A line of an object, what it is, and how often each is counted. */
const line = fc.oneof(
  fc.nat(99).map((index) => ({ text: ownLines[index]!, kind: 'own' as const })),
  fc.nat(99).map((index) => ({ text: strangerLines[index]!, kind: 'foreign' as const })),
  noise.map((text) => ({ text: `${text}\n`, kind: 'foreign' as const })),
  fc.tuple(noise, fc.nat(99), noise).map(([before, index, after]) => ({
    text: `${before}${uuidOf(strangerLines[index]!)}${after}\n`,
    kind: 'foreign' as const,
  })),
  fc.tuple(noise, fc.nat(99), noise).map(([before, index, after]) => ({
    text: `${before}x${uuidOf(ownLines[index]!)}${after}\n`,
    kind: 'corrupt' as const,
  })),
);

describe('a bucket with lines of others', () => {
  it('has corrupt lines only where a UUID of ours is in a line that is not ours', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 40 }), (lines, cuts) => {
        // Act
        const proof = compareShared(lines.map(({ text }) => text).join(''), cuts);

        // Assess
        const places = [...lines.keys()].filter((place) => lines[place]!.kind === 'corrupt');
        expect(proof.corruptLines.map((corrupt) => corrupt.line)).toEqual(places.map((place) => place + 1));
        expect(proof.foreignLines).toBe(lines.filter(({ kind }) => kind === 'foreign').length);
        const own = lines.filter(({ kind }) => kind === 'own').map(({ text }) => text);
        expect(proof.runs[0]!.present).toBe(new Set(own).size);
      }),
      { numRuns: runs(300) },
    );
  });

  it.each([
    ['an event whose time is damaged', ownLines[0]!.replace('test-2026', 'test-x026'), 1],
    ['an event without its end', ownLines[0]!.slice(0, -1), 1],
    ['an event that is cut within its UUID', ownLines[0]!.slice(0, 30), 0],
    ['an event of another run, damaged', strangerLines[0]!.replace('test', 'tost'), 0],
    ['text', 'a line of others\n', 0],
  ])('counts %s', (_, text, corrupt) => {
    expect(compareShared(text)).toMatchObject({ corruptLineCount: corrupt, foreignLines: 1 - corrupt });
  });
});

describe('a bucket with runs of several templates', () => {
  it.each([
    [
      'of another run is foreign',
      `{"id":"${uuidOf(strangerLines[0]!)}","sensor":7}\n`,
      { foreignLines: 1, corruptLineCount: 0 },
    ],
    [
      'with an own UUID is corrupt',
      `{"id":"${uuidOf(ownLines[0]!)}","sensor":7}\n`,
      { foreignLines: 0, corruptLineCount: 1 },
    ],
    ['without a UUID is corrupt', '{"sensor":7}\n', { foreignLines: 0, corruptLineCount: 1 }],
  ])('a line of another form %s', (_, text, counts) => {
    expect(proveObject([Buffer.from(text)])).toMatchObject(counts);
  });
});
