import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../../lambda/prover/comparison/uuid-rule.ts';
import { EventLine } from '../../../lambda/prover/lines/event-line.ts';

const createLine = ({ uuid = '01234567-89ab-4def-8123-456789abcdef', time = '2026-11-22 10:00:00' } = {}) =>
  `{"${uuid}":"test-${time}"}\n`;

function read(text: string, line = new EventLine()): { isEvent: boolean; uuid: string; timeMs: number } {
  const isEvent = line.read(viewOf(Buffer.from(text, 'latin1')), 0);
  const words = [...line.uuid].map((word) => word.toString(16).padStart(8, '0'));
  return { isEvent, uuid: words.join(''), timeMs: line.timeMs };
}

describe('an event line', () => {
  it('is read with its UUID and its time', () => {
    // Act
    const event = read(createLine());

    // Assess
    expect(event).toEqual({
      isEvent: true,
      uuid: '0123456789ab4def8123456789abcdef',
      timeMs: Date.UTC(2026, 10, 22, 10),
    });
  });

  it.each([
    ['has an upper-case UUID', createLine({ uuid: '01234567-89AB-4def-8123-456789abcdef' })],
    ['has a UUID of version 1', createLine({ uuid: '01234567-89ab-1def-8123-456789abcdef' })],
    ['has a UUID of another variant', createLine({ uuid: '01234567-89ab-4def-c123-456789abcdef' })],
    ['has no hex digit where one should be', createLine({ uuid: '01234567-89ab-4def-8123-456789abcdeg' })],
    ['has a dash at another place', createLine({ uuid: '012345678-9ab-4def-8123-456789abcdef' })],
    ['has a day that the calendar does not have', createLine({ time: '2026-02-30 10:00:00' })],
    ['has an hour that the clock does not have', createLine({ time: '2026-11-22 24:00:00' })],
    ['has a T in its time', createLine({ time: '2026-11-22T10:00:00' })],
    ['ends with a space', createLine().replace('\n', ' ')],
    ['has a space inside', createLine().replace('":"test-2', '": "test-')],
  ])('is no event when it %s', (_, text) => {
    expect(read(text).isEvent).toBe(false);
  });

  it('is no event, or another event, when any byte is changed', () => {
    const original = createLine();
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(original, 'latin1');
        fc.pre(changed[at] !== byte);
        changed[at] = byte;

        const { isEvent, ...values } = read(changed.toString('latin1'));

        expect(isEvent && JSON.stringify(values)).not.toBe(
          JSON.stringify({ ...read(original), isEvent: undefined }),
        );
      }),
    );
  });

  it('does not take its time from the line before', () => {
    // Prepare
    const line = new EventLine();
    read(createLine({ time: '2026-11-22 10:00:00' }), line);

    // Act
    const times = [
      '2026-11-22 10:00:01',
      '2026-11-32 10:00:01',
      '2026-11-32 10:00:01',
      '2026-11-22 10:00:01',
      '2025-11-22 10:00:01',
    ].map((time) => read(createLine({ time }), line));

    // Assess
    expect(times.map(({ isEvent }) => isEvent)).toEqual([true, false, false, true, true]);
    expect(times[4]!.timeMs).toBe(Date.UTC(2025, 10, 22, 10, 0, 1));
  });
});
