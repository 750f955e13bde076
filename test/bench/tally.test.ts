import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../lambda/contract/record-format.ts';
import { Counter } from './tally.ts';
import { linesOf } from './workloads/run-events.ts';

const eventsOf = (from: number, to: number) => linesOf('my-stream', 'run-1', from, to);

function tallyOf(...records: Buffer[]) {
  const counter = new Counter();
  counter.countRequest(records);
  return counter.take();
}

describe('the tally of the endpoint', () => {
  it('is the same for the same events in any packing and order', () => {
    // Act
    const whole = tallyOf(eventsOf(0, 10));
    const apart = tallyOf(eventsOf(4, 10), gzipSync(eventsOf(0, 4)));

    // Assess
    expect(apart.events).toBe(10);
    expect(apart.checksum).toBe(whole.checksum);
  });

  it.each([
    ['lost', () => [eventsOf(0, 9)]],
    ['duplicated', () => [eventsOf(0, 10), eventsOf(3, 4)]],
    ['sent instead of another', () => [eventsOf(0, 9), eventsOf(8, 9)]],
    [
      'altered by one digit',
      () => {
        const events = eventsOf(0, 10);
        events[5 * eventBytes + 7]! ^= 1;
        return [events];
      },
    ],
  ])('differs if an event was %s', (_, records) => {
    // Act
    const { events, checksum } = tallyOf(...records());

    // Assess
    expect({ events, checksum }).not.toEqual({ events: 10, checksum: tallyOf(eventsOf(0, 10)).checksum });
  });

  it('sums data before base64, and the billed size of each record', () => {
    // Act
    const tally = tallyOf(eventsOf(0, 1), eventsOf(1, 80));

    // Assess
    expect(tally).toMatchObject({ requests: 1, events: 80, dataBytes: 5_440, billedBytes: 5_120 + 10_240 });
  });

  it('starts again from zero after take()', () => {
    // Prepare
    const counter = new Counter();
    counter.countRequest([eventsOf(0, 1)]);
    counter.countRefused();

    // Act
    counter.take();

    // Assess
    expect(new Set(Object.values(counter.take()))).toEqual(new Set([0]));
  });

  it('refuses a record with an incomplete event', () => {
    expect(() => tallyOf(eventsOf(0, 2).subarray(0, 100))).toThrow('no whole event at offset 68');
  });
});
