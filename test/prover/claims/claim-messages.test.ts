import { describe, expect, it } from 'vitest';
import { InvalidClaimError, parseClaimMessage } from '../../../lambda/prover/claims/claim-messages.ts';
import { madeFor } from '../../producer/factories.ts';
import { eventTimeMs } from '../../proof/factories.ts';
import { createClaim, eventOf } from '../factories.ts';

const parse = (body: object | string, receiveCount?: number, queuedAtMs?: number) =>
  parseClaimMessage(eventOf([body], receiveCount, queuedAtMs).Records[0]!, madeFor);

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
      sending: { fromMs: eventTimeMs - 301_000, toMs: eventTimeMs + 301_000, aheadMs: 1_000 },
      sent: { sentFromMs: eventTimeMs - 1_000, sentToMs: eventTimeMs + 1_000 },
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
    ['with a slice of three numbers', { ...createClaim(), slices: [[0, 5, 9]] }, 'slices.0.2'],
    ['with a slice of one number', { ...createClaim(), slices: [[0]] }, 'slices.0.1'],
    ['of a run with a line break', createClaim({ runId: 'run\n1' }), 'runId: 1 to 256 characters'],
    ['of a run with an endless name', createClaim({ runId: 'x'.repeat(100_000) }), 'runId'],
    ['with a fraction', createClaim({ slices: [[0, 0.5]] }), 'slices.0.1: expected integer, received 0.5'],
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

  it.each([
    ['as the message', 'my secret'],
    ['as JSON', '"my secret"'],
    ['as a run', { ...createClaim(), runId: { is: 'my secret' } }],
    ['as slices', { ...createClaim(), slices: 'my secret' }],
    ['as a slice', { ...createClaim(), slices: ['my secret'] }],
    ['as an index', { ...createClaim(), slices: [[0, 'my secret']] }],
    ['as a time', { ...createClaim(), sentToMs: 'my secret' }],
    ['as a key', { 'my secret': 1 }],
    ['as the name of a run', createClaim({ runId: '\0my secret' })],
  ])('is not quoted by its error: a text %s', (_, body) => {
    // Act
    let error: unknown;
    try {
      parse(body);
    } catch (thrown) {
      error = thrown;
    }

    // Assess
    expect(error).toBeInstanceOf(InvalidClaimError);
    expect((error as Error).stack).not.toContain('secret');
    expect((error as Error).message).toContain('expected for example {"runId":"run-1","slices":[[0,100]]');
  });

  it.each([
    ['ahead, it came before it was sent', -120_000, [-120_000, 1_000]],
    ['right', 3_000, [0, 3_000]],
    ['behind, it came long after it was sent', 70 * 60_000, [0, 70 * 60_000]],
    ['not to blame: somebody moved it after days', 3 * 24 * 3_600_000, [0, 1_000]],
  ])('has times by the clock of the queue. If the clock of the producer is %s', (_, afterMs, [from, to]) => {
    // Prepare: a claim on events of one second.
    const claim = createClaim(
      afterMs < 0 ? { sentFromMs: eventTimeMs, sentToMs: eventTimeMs } : { sentFromMs: eventTimeMs },
    );

    // Act
    const { sent } = parse(claim, 1, eventTimeMs + afterMs);

    // Assess
    expect(sent).toEqual({
      sentFromMs: eventTimeMs + from!,
      sentToMs: afterMs < 0 ? eventTimeMs : eventTimeMs + to!,
    });
  });

  it('was queued when it was sent, if the queue does not know', () => {
    const [record] = eventOf([createClaim()]).Records;
    const attributes = { ...record!.attributes, SentTimestamp: '' };

    const { queuedAtMs } = parseClaimMessage({ ...record!, attributes }, madeFor);

    expect(queuedAtMs).toBe(createClaim().sentToMs);
  });
});
