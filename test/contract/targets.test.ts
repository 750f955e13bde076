import { describe, expect, it } from 'vitest';
import { billedBytes, targets } from '../../lambda/contract/targets.ts';

describe('what a record is billed as', () => {
  it.each([
    [1, 5_120],
    [5_120, 5_120],
    [5_121, 10_240],
  ])('%i bytes are billed as %i', (dataBytes, billed) => {
    expect(billedBytes(dataBytes, targets.firehose)).toBe(billed);
  });
});
