import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdReader } from '../../../lambda/prover/lines/id-text.ts';
import { createLines, createRun, cutAt, eventTimeMs, proveObject } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

const lines = createLines();
const uuids = lines.map((line) => line.slice(2, 38));
const [first, second] = uuids as [string, string];
const stranger = createLines(createRun({ runId: 'run-2' }))[0]!.slice(2, 38);

const prove = (text: string, isShared = false, cuts: readonly number[] = []) =>
  proveObject(cutAt(Buffer.from(text), cuts), { createReader: createIdReader, isShared });

const noise = fc.string({ unit: fc.constantFrom(...'0123456789abcdef-{":} x', stranger), maxLength: 60 });
const line = fc.tuple(
  fc.array(fc.nat(99), { maxLength: 4 }),
  fc.array(noise, { minLength: 5, maxLength: 5 }),
);

describe('an event of which only the UUID matters', () => {
  it.each([
    ['whose bytes are its own', lines[0]!, { present: 1, copies: 0, foreign: 0 }],
    ['that was serialized again', `{ "id": "${first}", "t": 1 }\n`, { present: 1, copies: 0, foreign: 0 }],
    ['that is twice in a line', `{"${first}":"${first}"}\n`, { present: 1, copies: 0, foreign: 0 }],
    [
      'that is twice, beside another',
      `["${first}","${second}","${first}"]\n`,
      { present: 2, copies: 0, foreign: 0 },
    ],
    ['that is in two lines', `${first}\n${first}\n`, { present: 1, copies: 1, foreign: 0 }],
    ['in a line without an end', `a\n${first}`, { present: 1, copies: 0, foreign: 1 }],
    ['of another run', `${stranger}\n`, { present: 0, copies: 0, foreign: 1 }],
    ['whose UUID is cut', `${first.slice(1)}\n`, { present: 0, copies: 0, foreign: 1 }],
  ])('%s is found by it', (_, text, expected) => {
    for (const isShared of [false, true]) {
      const { runs, foreignLines, corruptLineCount } = prove(text, isShared);
      const { present, extraCopies: copies } = runs[0]!;
      expect({ present, copies, foreign: foreignLines, corruptLineCount }).toEqual({
        ...{ ...expected, corruptLineCount: 0 },
      });
    }
  });

  it('counts once in each line, in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
        // Prepare: a letter that is no hex digit, so that no other UUID begins in one.
        const text = parts
          .map(([indexes, noises]) => noises.map((part, order) => `${part}x${uuids[indexes[order]!] ?? ''}`))
          .map((texts) => `${texts.join('x')}\n`)
          .join('');

        // Act
        const proof = prove(text, false, cuts);

        // Assess
        const copies = parts.flatMap(([indexes]) => [...new Set(indexes)]);
        const present = new Set(copies).size;
        expect(proof).toMatchObject({
          corruptLineCount: 0,
          foreignLines: parts.filter(([indexes]) => indexes.length === 0).length,
          runs: [{ present, extraCopies: copies.length - present }],
        });
      }),
      { numRuns: runs(200) },
    );
  });

  it('has no time, and so no latency', () => {
    const { complete, latencyMs } = prove(uuids.map((uuid) => `${uuid} 1999-01-01\n`).join(''));
    expect({ complete, ...latencyMs }).toEqual({
      complete: true,
      p50: null,
      p95: null,
      p99: null,
      max: null,
    });
    expect(eventTimeMs).toBeGreaterThan(Date.UTC(1999));
  });
});
