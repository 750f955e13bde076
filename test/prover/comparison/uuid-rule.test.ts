import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noIndex, UuidRule, uuidBytes, viewOf } from '../../../lambda/prover/comparison/uuid-rule.ts';

// Made by openssl alone, the version and variant nibbles set by hand:
//   K=$(printf 'my-stream/run-1' | openssl dgst -sha256 -r | cut -c1-32)
//   printf '%032x' INDEX | xxd -r -p | openssl enc -aes-128-ecb -nopad -K $K | xxd -p
const vectors: readonly (readonly [index: number, uuid: string])[] = [
  [0, 'a1a0d4e6f02846bfbf96fe0168933f52'],
  [1, '697691d1169a445696e7999fb222c269'],
  [2, 'ad66ecc0b14d464498201e2eb50410fc'],
  [123_456, '6590bf010357427ba593a3a2e6ee557e'],
  [4_294_967_301, 'f84d095e4aa0499398241403e2e7db7e'],
  [9_007_199_254_740_991, '83341fb27b6a46a1bb3fd1dfd34e7b72'],
];

const createRule = () => new UuidRule({ deliveryStreamName: 'my-stream', runId: 'run-1' });

function wordsOf(uuids: Buffer): Uint32Array {
  const view = viewOf(uuids);
  return Uint32Array.from({ length: uuids.length / 4 }, (_, word) => view.getUint32(word * 4));
}

function indexesOf(rule: UuidRule, uuids: Buffer): number[] {
  const indexes = new Float64Array(uuids.length / uuidBytes);
  rule.indexesOf(wordsOf(uuids), indexes);
  return [...indexes];
}

describe('the UUID rule', () => {
  it.each(vectors)('gives event %i the UUID that openssl gives it', (index, uuid) => {
    const uuids = createRule().uuids(index, 1);
    expect(uuids.toString('hex')).toBe(uuid);
  });

  it.each(vectors)('leads back to event %i from that UUID', (index, uuid) => {
    const indexes = indexesOf(createRule(), Buffer.from(uuid, 'hex'));
    expect(indexes).toEqual([index]);
  });

  it('leads back to the index of any events, in one call', () => {
    const rule = createRule();
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 64 }), (start, count) => {
        const from = Math.min(start, Number.MAX_SAFE_INTEGER - count);

        expect(indexesOf(rule, rule.uuids(from, count))).toEqual(
          Array.from({ length: count }, (_, place) => from + place),
        );
      }),
    );
  });

  it('finds no index in a UUID of another run, of another stream, or with one bit changed', () => {
    // Prepare
    const rule = createRule();
    const changed = rule.uuids(7, 1);
    changed[15]! ^= 1;
    const strangers = [
      new UuidRule({ deliveryStreamName: 'my-stream', runId: 'run-2' }).uuids(7, 1),
      new UuidRule({ deliveryStreamName: 'your-stream', runId: 'run-1' }).uuids(7, 1),
      changed,
    ];

    // Act
    const indexes = indexesOf(rule, Buffer.concat(strangers));

    // Assess
    expect(indexes).toEqual([noIndex, noIndex, noIndex]);
  });
});
