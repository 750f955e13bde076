import type { SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { type Claim, claimSchema } from '../../contract/claim.ts';
import { pairsLength } from '../../contract/slice.ts';
import { InvalidClaimError } from './errors.ts';

/** A message of the proof queue that is a claim. */
export interface ClaimMessage {
  /** What is claimed. */
  readonly claim: Claim;
  /** How many events that are. */
  readonly events: number;
  /** The message's id. */
  readonly messageId: string;
  /** What the queue knows this delivery of the message by. */
  readonly receiptHandle: string;
  /** When it came into the queue, in milliseconds since 1970. */
  readonly queuedAtMs: number;
  /** How often the message was delivered, this time included. */
  readonly receives: number;
}

/** Most events of a claim, and of all claims that are looked at together: their states take 125 MB. */
export const maxEventsAtOnce = 500_000_000;

/** Longest time between the first and the last event of a claim. An invocation takes 15 minutes at most. */
const maxSendingMs = 24 * 3_600_000;

/** Last time that a calendar has, in milliseconds since 1970. */
const lastTimeMs = 8.64e15;

/**
 * A claim is sent after its events, but perhaps by another clock than the queue's. What is further ahead would be looked for where it
 * cannot be.
 */
const maxAheadMs = 5 * 60_000;

/** Last index of an event that is exact as a number. */
const maxIndex = 2 ** 53;

/** Reads a message. @throws InvalidClaimError if it is no claim, or one that no producer makes. */
export function parseClaimMessage(record: SQSRecord): ClaimMessage {
  const claim = parseClaim(record.body);
  const queuedAtMs = Number(record.attributes.SentTimestamp);
  if (claim.sentToMs > queuedAtMs + maxAheadMs) {
    throw new InvalidClaimError(
      `The claim says that its events were sent until ${new Date(claim.sentToMs).toISOString()}; the queue took it at ` +
        `${new Date(queuedAtMs).toISOString()}: expected at most 5 minutes later, as far as clocks may differ`,
    );
  }
  return {
    claim,
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
    throw new InvalidClaimError(`The message is not JSON: ${body.slice(0, 80)}`);
  }
  const parsed = v.safeParse(claimSchema, json);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'claim'}: ${issue.message}`);
    throw new InvalidClaimError(`The message is no claim: ${problems.slice(0, 5).join('; ')}`);
  }
  const claim = parsed.output;
  const { slices, sentFromMs, sentToMs } = claim;
  if (sentToMs < sentFromMs || sentToMs - sentFromMs > maxSendingMs || sentToMs > lastTimeMs) {
    throw new InvalidClaimError(
      `The claim says that its events were sent from ${sentFromMs} to ${sentToMs}; expected at most a day`,
    );
  }
  const inexact = slices.find(([, to]) => to > maxIndex);
  if (inexact) {
    throw new InvalidClaimError(
      `The claim has the slice [${inexact}]; expected to end at ${maxIndex} or before`,
    );
  }
  if (pairsLength(slices) > maxEventsAtOnce) {
    throw new InvalidClaimError(
      `The claim is on ${pairsLength(slices)} events; expected at most ${maxEventsAtOnce}`,
    );
  }
  return claim;
}
