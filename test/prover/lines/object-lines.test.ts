import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectLines } from '../../../lambda/prover/lines/object-lines.ts';
import { createLines } from '../../proof/factories.ts';

/** What the lines of a text are, fed in pieces that end at `cuts`. */
function read(text: string, cuts: readonly number[] = []): { events: number; corruptLines: number[] } {
  const found = { events: 0, corruptLines: [] as number[] };
  const lines = new ObjectLines({
    onEventLine: () => {
      found.events += 1;
    },
    onCorruptLine: (line) => found.corruptLines.push(line),
  });
  const bytes = Buffer.from(text, 'latin1');
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (const [order, end] of ends.entries()) {
    lines.push(bytes.subarray(ends[order - 1] ?? 0, end));
  }
  lines.end();
  return found;
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
  ])('are told apart: %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('are the same however the object is cut into pieces', () => {
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
