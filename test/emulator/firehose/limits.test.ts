import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64,
  FirehoseError,
  isDeliveryStreamName,
  parseInput,
} from '../../../lib/emulator/firehose/limits.ts';

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
    expect(error).toBeInstanceOf(FirehoseError);
    return `${(error as FirehoseError).type}: ${(error as FirehoseError).message}`;
  }
  throw new Error('It was not refused');
}

describe('a request within the limits', () => {
  it('is returned with its data decoded', () => {
    // Act
    const input = parseInput('PutRecordBatch', makeBatch({ Records: [{ Data: 'aGk=' }, { Data: '' }] }));

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
    ['members that it does not know', makeBatch({ Whatever: 1 })],
  ])('may have %s', (_what, json) => {
    expect(() => parseInput('PutRecordBatch', json)).not.toThrow();
  });
});

describe('a request beyond the limits', () => {
  it.each([
    [
      '501 records',
      makeBatch({ Records: makeRecords(501) }),
      "ValidationException: 1 validation error detected: Value '[501 records]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500",
    ],
    [
      'no record',
      makeBatch({ Records: [] }),
      "ValidationException: 1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a record of one byte more than 1,000 KiB',
      makeBatch({ Records: [{ Data: 'aGk=' }, { Data: encode(1_024_001) }] }),
      "ValidationException: 1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1024001 cap=1024001]' at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1024000",
    ],
    [
      'a name of 65 characters',
      makeBatch({ DeliveryStreamName: 'n'.repeat(65) }),
      `ValidationException: 1 validation error detected: Value '${'n'.repeat(65)}' at 'deliveryStreamName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
    [
      'a name with a space',
      makeBatch({ DeliveryStreamName: 'my stream' }),
      "ValidationException: 1 validation error detected: Value 'my stream' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      'nothing that is required',
      { Records: null },
      "ValidationException: 2 validation errors detected: Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null; Value null at 'records' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a record without data',
      makeBatch({ Records: [{}] }),
      "ValidationException: 1 validation error detected: Value null at 'records.1.member.data' failed to satisfy constraint: Member must not be null",
    ],
    [
      'data of the wrong type',
      makeBatch({ Records: [{ Data: 7 }] }),
      'SerializationException: class java.math.BigDecimal can not be converted to a Blob',
    ],
    ['a record that is a string', makeBatch({ Records: ['aGk='] }), 'SerializationException: Expected null'],
    [
      'records that are a string',
      makeBatch({ Records: 'aGk=' }),
      'SerializationException: Expected list or null',
    ],
    ['no object', [], 'SerializationException: Start of list found where not expected'],
    ['null', null, 'SerializationException: Expected null'],
  ])('because of %s is refused in the words of AWS', (_what, json, refusal) => {
    expect(refusalOf(() => parseInput('PutRecordBatch', json))).toBe(refusal);
  });

  it.each([
    [
      'aGk',
      "'aGk' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ],
    ['{"a": 1}', `'{"a": 1}' can not be converted to a Blob: Invalid Base64 character: '{'`],
    ['aG-_', "'aG-_' can not be converted to a Blob: Invalid Base64 character: '-'"],
    ['aG==aGk=', "'aG==aGk=' can not be converted to a Blob: Invalid Base64 character: '='"],
    ['aGl=', "'aGl=' can not be converted to a Blob: Invalid last non-pad Base64 character detected"],
    ['aGk=\n\n\n\n', `'aGk=\n\n\n\n' can not be converted to a Blob: Invalid Base64 character: '='`],
  ])('because its data is %j is refused, not decoded somehow', (data, refusal) => {
    expect(
      refusalOf(() => parseInput('PutRecord', { DeliveryStreamName: 's', Record: { Data: data } })),
    ).toBe(`SerializationException: ${refusal}`);
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
        if (canonical) expect(decodeBase64(text).toString('base64')).toBe(text);
        else
          expect(refusalOf(() => decodeBase64(text))).toMatch(
            /^SerializationException: .* can not be converted/s,
          );
      }),
      { numRuns: 2000 },
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
    expect(isDeliveryStreamName(name)).toBe(expected);
  });
});
