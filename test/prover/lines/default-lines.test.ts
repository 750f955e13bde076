import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLines, cutAt, proveObject } from '../../proof/factories.ts';

/** The lines of a text that is read in pieces, which end at `cuts`. */
function read(text: string, cuts: readonly number[] = []) {
  const { objectCounts, corruptLines } = proveObject(cutAt(Buffer.from(text, 'latin1'), cuts));
  return { events: objectCounts[0]?.events ?? 0, corruptLines: corruptLines.map(({ line }) => line) };
}

const [event = ''] = createLines();

describe('the lines of an object', () => {
  it.each([
    ['nothing', '', { events: 0, corruptLines: [] }],
    ['an empty line between events', `${event}\n${event}`, { events: 2, corruptLines: [2] }],
    ['a line that is too short', `${event}{}\n${event}`, { events: 2, corruptLines: [2] }],
    ['a line that is too long', `${'x'.repeat(1_000)}\n${event}`, { events: 1, corruptLines: [1] }],
    ['an event with a carriage return', event.replace('\n', '\r\n'), { events: 0, corruptLines: [1] }],
    ['two events in one line', event.trimEnd() + event, { events: 0, corruptLines: [1] }],
    ['an event that the object ends in', event + event.trimEnd(), { events: 1, corruptLines: [2] }],
  ])('are recognized: %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('are the same in pieces of any size', () => {
    const line = fc.oneof(
      { weight: 3, arbitrary: fc.constant(event) },
      fc.constantFrom('\n', '{}\n', `${'x'.repeat(200)}\n`, `x${event}`, event.slice(0, 40)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (texts, cuts) => {
        const text = texts.join('');

        const inPieces = read(text, cuts);

        // By another way: split, then compare whole lines. Every event here is the same.
        const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        expect(inPieces).toEqual({
          events: lines.filter((each) => each === event).length,
          corruptLines: [...lines.entries()].filter(([, each]) => each !== event).map(([order]) => order + 1),
        });
      }),
    );
  });
});
