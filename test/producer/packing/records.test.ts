import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targets } from '../../../lambda/contract/targets.ts';
import { base64Bytes, wholeUnits } from '../../../lambda/producer/packing/records.ts';

describe('the bytes of a record in base64', () => {
  it('are as many as Node writes', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (dataBytes) => {
        expect(base64Bytes(dataBytes)).toBe(Buffer.alloc(dataBytes).toString('base64').length);
      }),
    );
  });
});

describe('whole units of what Firehose bills', () => {
  it.each([
    [0, 5_120],
    [5_119, 5_120],
    [5_120, 5_120],
    [10_239, 5_120],
    [10_240, 10_240],
    [102_400, 102_400],
  ])('in %i bytes are %i bytes', (bytes, expected) => {
    expect(wholeUnits(bytes, targets.firehose)).toBe(expected);
  });
});
