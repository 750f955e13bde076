import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';

const timeMs = Date.UTC(2026, 10, 22, 1, 2, 3, 999);

function eventsOf(run: { stream?: string; runId?: string; from?: number; count: number }): string {
  const { stream = 'my-stream', runId = 'run-1', from = 0, count } = run;
  const target = Buffer.alloc(count * eventBytes);
  createEventWriter(stream, runId, from)(target, timeMs);
  return target.toString();
}

function uuidOf(event: string): string {
  return event.slice(2, 38);
}

describe('the events of a run', () => {
  /*
   * Vectors by an independent route, openssl on the command line:
   *   key=$(printf '%s' 'my-stream/run-1' | openssl dgst -sha256 -r | cut -c1-32)
   *   printf '%032x' $i | xxd -r -p | openssl enc -aes-128-ecb -nopad -K $key | xxd -p
   * and then by hand: the 13th hex digit is 4, the 17th keeps its two low bits under binary 10.
   */
  it.each([
    [0, 'a1a0d4e6-f028-46bf-bf96-fe0168933f52'],
    [1, '697691d1-169a-4456-96e7-999fb222c269'],
    [450, '23cd09ae-6dec-4e4f-93ac-de1efd5439b8'],
    [451, 'b9f4df20-b68f-4bb1-9672-941c44eb6043'],
    [1_000_000, '6b7f85be-7121-4b79-a135-a105e5459261'],
    [4_294_967_296, 'c4b4af25-2ddc-44a7-8e85-7b364d8e053f'],
    [9_007_199_254_740_990, 'a076390d-1aca-4e62-b5ef-d95ff0b4445b'],
  ])('gives event %i of my-stream/run-1 the UUID that openssl gives it', (index, uuid) => {
    const event = eventsOf({ from: index, count: 1 });
    expect(uuidOf(event)).toBe(uuid);
  });

  it('reads names beyond ASCII as UTF-8', () => {
    // Block 7 by openssl is 00586528 5f71 369b c893 46a489cdda58
    const event = eventsOf({ stream: 'Strom-ü', runId: 'läuft 🚀', from: 7, count: 1 });
    expect(uuidOf(event)).toBe('00586528-5f71-469b-8893-46a489cdda58');
  });

  it('are by default one JSON object a line, a UUID and the time in UTC', () => {
    // Act
    const lines = eventsOf({ count: 1_000 }).split('\n');

    // Assess
    expect(lines.pop()).toBe('');
    for (const line of lines) {
      expect(line).toMatch(
        /^\{"[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}":"test-2026-11-22 01:02:03"\}$/,
      );
      expect(Object.values(JSON.parse(line))).toEqual(['test-2026-11-22 01:02:03']);
    }
  });

  it('are the same wherever a slice starts and however it is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.nat(1e9),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
        (runId, from, cuts) => {
          // Prepare
          const count = cuts.reduce((sum, cut) => sum + cut, 0);
          const writeNext = createEventWriter('my-stream', runId, from);

          // Act
          const pieces = cuts.map((cut) => {
            const target = Buffer.alloc(cut * eventBytes);
            writeNext(target, timeMs);
            return target.toString();
          });

          // Assess
          expect(pieces.join('')).toBe(eventsOf({ runId, from, count }));
          expect(eventsOf({ runId, from: from + 1, count: 1 })).toBe(
            eventsOf({ runId, from, count: 2 }).slice(eventBytes),
          );
        },
      ),
    );
  });

  it('are distinct, within a run and between runs and streams', () => {
    // Act
    const uuids = [
      eventsOf({ count: 10_000 }),
      eventsOf({ runId: 'run-2', count: 10_000 }),
      eventsOf({ stream: 'your-stream', count: 10_000 }),
    ].flatMap((events) => events.trimEnd().split('\n').map(uuidOf));

    // Assess
    expect(new Set(uuids).size).toBe(30_000);
  });
});
