import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targets } from '../../../lambda/contract/targets.ts';
import { AwsError, decodeBase64, parseInput } from '../../../lib/emulator/aws-json.ts';
import { inputs } from '../../../lib/emulator/firehose/input.ts';
import { runs } from '../../property-runs.ts';

function makeRecords(count: number, data = 'aGk='): { Data: string }[] {
  return Array.from({ length: count }, () => ({ Data: data }));
}

function makeBatch(overrides: object = {}): object {
  return { DeliveryStreamName: 'my-stream', Records: makeRecords(2), ...overrides };
}

function encode(bytes: number): string {
  return Buffer.alloc(bytes, 'x').toString('base64');
}

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return `${(error as AwsError).type}: ${(error as AwsError).message}`;
  }
  throw new Error('It was not refused');
}

describe('a request within the limits', () => {
  it('is returned with its data decoded', () => {
    // Act
    const input = parseInput(inputs.PutRecordBatch, makeBatch({ Records: [{ Data: 'aGk=' }, { Data: '' }] }));

    // Assess
    expect(input).toEqual({
      DeliveryStreamName: 'my-stream',
      Records: [{ Data: Buffer.from('hi') }, { Data: Buffer.alloc(0) }],
    });
  });

  it.each([
    ['500 records', makeBatch({ Records: makeRecords(500) })],
    ['a record of 1,000 KiB', makeBatch({ Records: [{ Data: encode(1_024_000) }] })],
    ['a name of 64 characters', makeBatch({ DeliveryStreamName: 'n'.repeat(64) })],
    ['members that it does not know', makeBatch({ Other: 1 })],
  ])('may have %s', (_what, json) => {
    expect(() => parseInput(inputs.PutRecordBatch, json)).not.toThrow();
  });
});

describe('a request beyond the limits', () => {
  const one = 'ValidationException: 1 validation error detected: ';

  it.each([
    [
      '501 records',
      { Records: makeRecords(501) },
      `${one}Records: Invalid length: Expected <=500 but received 501`,
    ],
    ['no record', { Records: [] }, `${one}Records: Invalid length: Expected >=1 but received 0`],
    [
      'a record of one byte more than 1,000 KiB',
      { Records: [{ Data: 'aGk=' }, { Data: encode(1_024_001) }] },
      `${one}Records.1.Data: Invalid length: Expected <=1024000 but received 1024001`,
    ],
    [
      '65 characters',
      { DeliveryStreamName: 'n'.repeat(65) },
      `${one}DeliveryStreamName: expected the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream; received "${'n'.repeat(65)}"`,
    ],
    [
      'a space',
      { DeliveryStreamName: 'my stream' },
      `${one}DeliveryStreamName: expected the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream; received "my stream"`,
    ],
  ])("with %s is refused with AWS's type of error, and the expectation", (_what, overrides, refusal) => {
    expect(refusalOf(() => parseInput(inputs.PutRecordBatch, makeBatch(overrides)))).toBe(refusal);
  });

  it.each([
    [
      { Records: null },
      /^ValidationException: 2 validation errors detected: DeliveryStreamName: .*; Records: /,
    ],
    [makeBatch({ Records: [{}] }), /^ValidationException: 1 validation error detected: Records\.0\.Data: /],
    [makeBatch({ Records: [{ Data: 7 }] }), /^SerializationException: Records\.0\.Data: /],
    [makeBatch({ Records: ['aGk='] }), /^SerializationException: Records\.0: /],
    [makeBatch({ Records: 'aGk=' }), /^SerializationException: Records: /],
    [[], /^SerializationException: the body: /],
    [null, /^ValidationException: .*the body: /],
  ])("%j is refused with AWS's type of error, and its place", (json, refusal) => {
    expect(refusalOf(() => parseInput(inputs.PutRecordBatch, json))).toMatch(refusal);
  });

  it('names the first ten problems of many, and how many there are', () => {
    const message = refusalOf(() =>
      parseInput(inputs.PutRecordBatch, makeBatch({ Records: Array(500).fill({}) })),
    );

    expect(message).toMatch(/^ValidationException: 500 validation errors detected: /);
    expect(message.split('; ')).toHaveLength(10);
  });

  it.each([
    ['aGk', 'Base64 encoded length is expected a multiple of 4 bytes but found: 3'],
    ['{"a": 1}', "Invalid Base64 character: '{'"],
    ['aG-_', "Invalid Base64 character: '-'"],
    ['aG==aGk=', "Invalid Base64 character: '='"],
    ['aGl=', 'Invalid last non-pad Base64 character detected'],
    ['aGk=\n\n\n\n', "Invalid Base64 character: '='"],
  ])('with the data %j is refused, not decoded somehow', (Data, reason) => {
    const input = { DeliveryStreamName: 's', Record: { Data } };

    const refusal = `SerializationException: '${Data}' can not be converted to a Blob: ${reason}`;
    expect(refusalOf(() => parseInput(inputs.PutRecord, input))).toBe(refusal);
  });
});

describe('decoding base64', () => {
  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('takes a text exactly if encoding gives it back', () => {
    const character = fc.constantFrom(...'AQZagz059+/=-_ \n€é\u{1F600}');
    const almostBase64 = fc
      .tuple(fc.base64String({ maxLength: 40 }), fc.nat(), character)
      .map(
        ([text, at, char]) =>
          text.slice(0, at % (text.length + 1)) + char + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: character, maxLength: 12 }), almostBase64), (text) => {
        const canonical = Buffer.from(text, 'base64').toString('base64') === text;
        if (canonical) {
          expect(decodeBase64(text).toString('base64')).toBe(text);
        } else {
          expect(refusalOf(() => decodeBase64(text))).toMatch(
            /^SerializationException: .* can not be converted/s,
          );
        }
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('the name of a delivery stream', () => {
  it.each([
    ['a', true],
    ['Aa0_.-', true],
    ['n'.repeat(64), true],
    ['', false],
    ['n'.repeat(65), false],
    ['a/b', false],
    ['a\n', false],
  ])('%j is one: %s', (name, expected) => {
    expect(targets.firehose.streamNamePattern.test(name)).toBe(expected);
  });
});
