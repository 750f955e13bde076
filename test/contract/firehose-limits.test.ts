import { describe, expect, it } from 'vitest';
import { billedBytes } from '../../lambda/contract/firehose-limits.ts';

describe('what a record is billed as', () => {
  it.each([
    [1, 5_120],
    [5_120, 5_120],
    [5_121, 10_240],
  ])('%i bytes are billed as %i', (dataBytes, billed) => {
    expect(billedBytes(dataBytes)).toBe(billed);
  });
});
