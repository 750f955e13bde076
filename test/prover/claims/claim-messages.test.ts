import { describe, expect, it } from 'vitest';
import { InvalidClaimError, parseClaimMessage } from '../../../lambda/prover/claims/claim-messages.ts';
import { eventTimeMs } from '../../proof/factories.ts';
import { createClaim, eventOf } from '../factories.ts';

const parse = (body: object | string, receiveCount?: number) =>
  parseClaimMessage(eventOf([body], receiveCount).Records[0]!);

describe('a message of the proof queue', () => {
  it('is a claim, with the facts of its delivery', () => {
    // Prepare
    const claim = createClaim({
      slices: [
        [0, 10],
        [20, 25],
      ],
    });

    // Act
    const [first, second] = [parse(claim, 1), parse(claim, 2)];

    // Assess
    expect(first).toEqual({
      claim,
      slices: claim.slices.map(([from, to]) => ({ from, to })),
      events: 15,
      messageId: 'message-0',
      receiptHandle: 'receipt-0',
      queuedAtMs: eventTimeMs,
      receives: 1,
    });
    expect(second.receives).toBe(2);
  });

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['a payload', { runId: 'run-1', from: 0, to: 10 }, 'slices'],
    ['without a run', createClaim({ runId: '' }), 'runId'],
    ['without events', createClaim({ slices: [] }), 'slices'],
    ['with an empty slice', createClaim({ slices: [[5, 5]] }), 'slices.0'],
    ['that ends before it begins', createClaim({ sentToMs: 0 }), 'at most one day'],
    ['of a year', createClaim({ sentFromMs: 0 }), 'at most one day'],
    ['of an impossible date', createClaim({ sentFromMs: 1e300, sentToMs: 1e300 }), 'at most one day'],
    [
      'on more events than fit into memory',
      createClaim({ slices: [[0, 1e9]] }),
      'expected at most 500000000',
    ],
    ['on absurdly many events', createClaim({ slices: [[0, 1e15]] }), 'expected at most 500000000'],
    [
      'on events whose index is not exact',
      createClaim({ slices: [[2 ** 53, 2 ** 53 + 2]] }),
      'slice [9007199254740992,9007199254740994]',
    ],
    [
      'of the future',
      createClaim({ sentFromMs: eventTimeMs + 400_000, sentToMs: eventTimeMs + 400_001 }),
      'sent at 2026-11-22T10:06:40.001Z, but the queue received it at 2026-11-22T10:00:00.000Z',
    ],
    [
      'of the end of the calendar',
      createClaim({ sentFromMs: 8.64e15, sentToMs: 8.64e15 }),
      'sent at +275760',
    ],
  ])('is refused: %s', (_, body, message) => {
    expect(() => parse(body)).toThrow(InvalidClaimError);
    expect(() => parse(body)).toThrow(message);
  });
});
