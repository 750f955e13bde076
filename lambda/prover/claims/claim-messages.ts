import type { SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { type Claim, claimSchema } from '../../contract/claim.ts';
import { pairsLength, type Slice } from '../../contract/slice.ts';
import { FunctionError } from '../../runtime/errors.ts';

/** A message is not a valid claim. */
export class InvalidClaimError extends FunctionError {
  override readonly name = 'InvalidClaimError';
}

/** A message of the proof queue. */
export interface ClaimMessage {
  readonly claim: Claim;
  readonly slices: readonly Slice[];
  /** Number of claimed events. */
  readonly events: number;
  readonly messageId: string;
  /** Names this delivery of the message. */
  readonly receiptHandle: string;
  /** When the queue received it first, in milliseconds since 1970. */
  readonly queuedAtMs: number;
  /** Number of deliveries, this one included. */
  readonly receives: number;
}

/** Limit of the events of a claim, and of all claims that are checked together: their states take 125 MB. */
export const maxEventsAtOnce = 500_000_000;

/** Limit of the time between the first and the last event of a claim. An invocation takes 15 minutes at most. */
const maxSendingMs = 24 * 3_600_000;

/** Last time of a `Date`, in milliseconds since 1970. */
const lastTimeMs = 8.64e15;

/** A claim is sent after its events, but perhaps by another clock than the queue's. */
const maxAheadMs = 5 * 60_000;

/** Last index that is exact as a number. */
const maxIndex = 2 ** 53;

/** @throws InvalidClaimError if the message is no claim, or has values that no producer sends. */
export function parseClaimMessage(record: SQSRecord): ClaimMessage {
  const claim = parseClaim(record.body);
  const queuedAtMs = Number(record.attributes.SentTimestamp);
  if (claim.sentToMs > queuedAtMs + maxAheadMs) {
    throw new InvalidClaimError(
      `Invalid claim: its last event was sent at ${new Date(claim.sentToMs).toISOString()}, but the queue received it at ` +
        `${new Date(queuedAtMs).toISOString()}; expected at most 5 minutes of clock difference`,
    );
  }
  return {
    claim,
    slices: claim.slices.map(([from, to]) => ({ from, to })),
    events: pairsLength(claim.slices),
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    queuedAtMs,
    receives: Number(record.attributes.ApproximateReceiveCount),
  };
}

function parseClaim(body: string): Claim {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new InvalidClaimError(`Invalid claim: not JSON: ${body.slice(0, 80)}`);
  }
  const parsed = v.safeParse(claimSchema, json);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'claim'}: ${issue.message}`);
    throw new InvalidClaimError(`Invalid claim: ${problems.slice(0, 5).join('; ')}`);
  }
  const claim = parsed.output;
  const { slices, sentFromMs, sentToMs } = claim;
  if (sentToMs < sentFromMs || sentToMs - sentFromMs > maxSendingMs || sentToMs > lastTimeMs) {
    throw new InvalidClaimError(
      `Invalid claim: its events were sent from ${sentFromMs} to ${sentToMs}; expected at most one day`,
    );
  }
  const inexact = slices.find(([, to]) => to > maxIndex);
  if (inexact) {
    throw new InvalidClaimError(`Invalid claim: slice [${inexact}]; expected an end of at most ${maxIndex}`);
  }
  if (pairsLength(slices) > maxEventsAtOnce) {
    throw new InvalidClaimError(
      `Invalid claim: ${pairsLength(slices)} events; expected at most ${maxEventsAtOnce}`,
    );
  }
  return claim;
}
