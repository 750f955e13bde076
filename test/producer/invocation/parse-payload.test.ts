import { describe, expect, it } from 'vitest';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import { InvalidPayloadError } from '../../../lambda/producer/invocation/errors.ts';
import { parsePayload } from '../../../lambda/producer/invocation/parse-payload.ts';
import { settingsWith } from '../../simulation/worlds/producer.ts';

const settings = settingsWith({ maxCount: 10_000_000 });

function parse(payload: unknown, given: ProducerSettings = settings): RunSlice {
  return parsePayload(payload, given, 'request-1');
}

function refusalOf(payload: unknown): string {
  try {
    parse(payload);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidPayloadError);
    expect((error as Error).name).toBe('InvalidPayloadError');
    return (error as Error).message;
  }
  throw new Error(`accepted: ${JSON.stringify(payload)}`);
}

describe('the payload of an invocation', () => {
  it.each([
    [{}, { runId: 'request-1', from: 0, to: 100 }],
    [undefined, { runId: 'request-1', from: 0, to: 100 }],
    [null, { runId: 'request-1', from: 0, to: 100 }],
    [{ count: 5_000 }, { runId: 'request-1', from: 0, to: 5_000 }],
    [{ count: 10_000_000 }, { runId: 'request-1', from: 0, to: 10_000_000 }],
    [
      { count: 100, runId: 'run-1', from: 0, to: 100 },
      { runId: 'run-1', from: 0, to: 100 },
    ],
    [
      { runId: 'run-1', from: 250, to: 300 },
      { runId: 'run-1', from: 250, to: 300 },
    ],
    [
      { count: 100, from: 40 },
      { runId: 'request-1', from: 40, to: 100 },
    ],
    [{ from: 40 }, { runId: 'request-1', from: 40, to: 140 }],
    [{ to: 40 }, { runId: 'request-1', from: 0, to: 40 }],
    [
      { count: 5, runId: '2026-11-22T01:00:00Z' },
      { runId: '2026-11-22T01:00:00Z', from: 0, to: 5 },
    ],
    [{ from: 9_007_199_254_740_000, to: 9_007_199_254_740_991 }, { from: 9_007_199_254_740_000 }],
    [
      { runId: 'run-1', slices: [[5, 9]] },
      { runId: 'run-1', from: 5, to: 9 },
    ],
    [
      {
        slices: [
          [20, 30],
          [0, 1],
          [25, 40],
        ],
      },
      {
        from: 0,
        to: 40,
        slices: [
          [0, 1],
          [20, 40],
        ],
      },
    ],
  ])('%j asks for %j', (payload, slice) => {
    expect(parse(payload)).toMatchObject(slice);
  });

  it.each([
    [
      'a typo',
      { cuont: 5 },
      'cuont: 5 - unknown property, expected only count, runId, from, to, slices, eventsPerSecond',
    ],
    ['a text for a number', { count: '5' }, 'count: "5" - expected a whole number from 1 to 10000000'],
    ['a fraction', { count: 1.5 }, 'count: 1.5 - expected a whole number'],
    ['nothing to do', { count: 0 }, 'count: 0 - expected a whole number from 1'],
    ['a negative count', { count: -1 }, 'count: -1 - expected'],
    [
      'too many events',
      { count: 10_000_001 },
      'count: 10000001 - expected a whole number from 1 to 10000000',
    ],
    ['a slice that is too long', { from: 0, to: 10_000_001 }, '10000001 events - expected at most 10000000'],
    ['an empty slice', { from: 7, to: 7 }, 'from: 7 - expected less than to, which is 7'],
    ['a slice that ends first', { from: 8, to: 7 }, 'from: 8 - expected less than to, which is 7'],
    [
      'a slice beyond the run',
      { count: 10, from: 5, to: 11 },
      'to: 11 - expected at most count, which is 10',
    ],
    ['an empty runId', { runId: '' }, 'runId: "" - expected 1 to 256 characters without control characters'],
    ['a runId of two lines', { runId: 'a\nb' }, 'runId: "a\\nb" - expected 1 to 256 characters'],
    ['half a character', { runId: '\ud800' }, 'runId: "\\ud800" - expected 1 to 256 characters'],
    ['a list', [], 'payload: [] - expected a JSON object'],
    ['a filled list', [1], 'payload: [1] - expected a JSON object'],
    ['a text', 'hello', 'payload: "hello" - expected a JSON object'],
    ['a number', 5, 'payload: 5 - expected a JSON object'],
    ['a name that objects have anyway', JSON.parse('{"__proto__": 1}'), '__proto__: 1 - unknown property'],
    ['a rate of nothing', { eventsPerSecond: 0 }, 'eventsPerSecond: 0 - expected a whole number from 1'],
    [
      'a slice without an end that can be counted',
      { from: 9_007_199_254_740_990 },
      'from: 9007199254740990 - expected',
    ],
    [
      'no slice',
      { slices: [] },
      'slices: [] - expected 1 to 1000 slices [from, to], for example [[0, 100], [200',
    ],
    ['slices of three numbers', { slices: [[0, 5, 9]] }, 'slices: [[0,5,9]] - expected'],
    ['a slice of texts', { slices: [['0', '5']] }, 'slices: [["0","5"]] - expected'],
    [
      'an empty slice of several',
      {
        slices: [
          [0, 5],
          [9, 9],
        ],
      },
      'slices: [[0,5],[9,9]] - expected',
    ],
    ['slices before 0', { slices: [[-1, 5]] }, 'slices: [[-1,5]] - expected'],
    [
      'too many slices',
      { slices: Array.from({ length: 1_001 }, (_, at) => [at, at + 1]) },
      ' - expected 1 to 1000',
    ],
    ['slices and a count', { count: 5, slices: [[0, 5]] }, 'slices: expected without count, from and to'],
    [
      'slices of too many events',
      {
        slices: [
          [0, 1e7],
          [1e8, 1e8 + 1],
        ],
      },
      '10000001 events - expected at most 1',
    ],
    ['null for a count', { count: null }, 'count: null - expected'],
    ['an index beyond what a number can count', { from: 0, to: 2 ** 53 }, 'to: 9007199254740992 - expected'],
  ])('refuses %s', (_, payload, problem) => {
    const message = refusalOf(payload);
    expect(message).toContain(problem);
    expect(message).toContain('This one works: {"count": 100}');
  });

  it("refuses the console's hello-world event, naming every property of it", () => {
    // Act
    const message = refusalOf({ key1: 'value1', key2: 'value2', key3: 'value3' });

    // Assess
    for (const key of ['key1', 'key2', 'key3']) {
      expect(message).toContain(`- ${key}: "value`);
    }
  });

  it('lists every problem at once', () => {
    const message = refusalOf({ count: 'x', runId: 7, foo: 1 });
    expect(message.match(/^- /gm)).toHaveLength(3);
  });

  it('does not repeat a long value whole', () => {
    expect(refusalOf({ count: 'x'.repeat(1e6) }).length).toBeLessThan(400);
  });

  it.each([
    ['its own', { count: 5, eventsPerSecond: 20 }, { eventsPerSecond: 10 }, 20],
    ["the function's", { count: 5 }, { eventsPerSecond: 10 }, 10],
    ['none', { count: 5 }, {}, undefined],
  ])('asks for a steady rate: %s', (_, payload, rate, eventsPerSecond) => {
    expect(parse(payload, { ...settings, ...rate }).eventsPerSecond).toBe(eventsPerSecond);
  });

  it('takes the count of the function when it names none', () => {
    expect(parse({}, { ...settings, count: 5_000 })).toMatchObject({ from: 0, to: 5_000 });
  });

  it.each([
    ['without a runId', {}],
    ['with an unfilled placeholder of the schedule', { runId: '<aws.scheduler.scheduled-time>' }],
    ['with one anywhere in its runId', { runId: 'my-stack/Producer/<aws.scheduler.scheduled-time>' }],
  ])('names a run %s after the request', (_, payload) => {
    expect(parse(payload).runId).toBe('request-1');
  });

  it('shows an example that works with any maximum', () => {
    expect(() => parse({ count: 60 }, { ...settings, maxCount: 50 })).toThrow('{"count": 50}');
  });
});
