import type { SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { type Claim, claimSchema, clockAllowanceMs } from '../../contract/claim.ts';
import {
  defaultTemplateFingerprint,
  type MadeFor,
  type Misfit,
  madeForIn,
  misfitOf,
} from '../../contract/made-for.ts';
import { pairsLength, type Slice } from '../../contract/slice.ts';
import { FunctionError } from '../../runtime/errors.ts';
import type { Sending } from '../comparison/run-events.ts';
import type { SendingTimes } from '../objects/object-window.ts';

/** A message is not a valid claim. */
export class InvalidClaimError extends FunctionError {
  override readonly name = 'InvalidClaimError';
}

/** A message of the proof queue. */
export interface ClaimMessage {
  readonly claim: Claim;
  readonly slices: readonly Slice[];
  /** Bounds of the times in its events, by the clock of the producer. */
  readonly sending: Sending;
  /** When its events were sent, by the clock of the queue: the producer's, corrected by when the queue received the claim. */
  readonly sent: SendingTimes;
  /** Number of claimed events. */
  readonly events: number;
  readonly messageId: string;
  /** Names this delivery of the message. */
  readonly receiptHandle: string;
  /** When the queue received it first, in milliseconds since 1970. */
  readonly queuedAtMs: number;
  /** Number of deliveries, this one included. */
  readonly receives: number;
  /** Its attribute, unparsed. @default - it has none */
  readonly madeFor?: string | undefined;
  /** Set if it may not have been made for this deployment. */
  readonly misfit?: Misfit | undefined;
}

/** Limit of the events of a claim, and of all claims that are checked together: their states take 125 MB. */
export const maxEventsAtOnce = 500_000_000;

/** Limit of the time between the first and the last event of a claim. An invocation takes 15 minutes at most. */
const maxSendingMs = 24 * 3_600_000;

/** Last time of a `Date`, in milliseconds since 1970. */
const lastTimeMs = 8.64e15;

const example =
  'expected for example {"runId":"run-1","slices":[[0,100]],"sentFromMs":1795485600000,"sentToMs":1795485600073}';

const unknownTemplate: Misfit = {
  reason: 'it does not say which template it was made for',
  isOther: false,
};

/** Last index that is exact as a number. */
const maxIndex = 2 ** 53;

/** @throws InvalidClaimError if the message is no claim, or has values that no producer sends. */
export function parseClaimMessage(record: SQSRecord, own: MadeFor): ClaimMessage {
  const claim = parseClaim(record.body);
  const madeFor = madeForIn(record);
  const isUnknown = madeFor === undefined && own.template !== defaultTemplateFingerprint;
  const { sentFromMs, sentToMs } = claim;
  // An emulator may not know when it received the message.
  const queuedAtMs = Number(record.attributes.SentTimestamp) || sentToMs;
  if (sentToMs > queuedAtMs + clockAllowanceMs) {
    throw new InvalidClaimError(
      `Invalid claim: its last event was sent at ${new Date(sentToMs).toISOString()}, but the queue received it at ` +
        `${new Date(queuedAtMs).toISOString()}; expected at most 5 minutes of clock difference`,
    );
  }
  // Events are sent before their claim. If the claim came earlier, the producer's clock is ahead.
  const aheadMs = Math.max(0, sentToMs - queuedAtMs);
  // If it came later, the clock may be behind. More than a day later, somebody has moved the message.
  const isMoved = queuedAtMs - sentToMs > maxSendingMs;
  return {
    claim,
    slices: claim.slices.map(([from, to]) => ({ from, to })),
    sending: {
      // Events have times in whole seconds.
      fromMs: sentFromMs - 1_000 - clockAllowanceMs,
      toMs: sentToMs + clockAllowanceMs,
      aheadMs,
    },
    sent: {
      sentFromMs: sentFromMs - aheadMs,
      sentToMs: isMoved ? sentToMs : Math.max(sentToMs, queuedAtMs),
    },
    events: pairsLength(claim.slices),
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    queuedAtMs,
    receives: Number(record.attributes.ApproximateReceiveCount),
    madeFor,
    misfit: isUnknown ? unknownTemplate : misfitOf(record, own),
  };
}

/** Names a wrong value by its type: the text of a message that is no claim may be a secret, and goes into no log. */
function problemOf({ expected, type, input }: v.BaseIssue<unknown>): string {
  return `expected ${expected ?? type}, received ${typeof input === 'number' ? input : typeof input}`;
}

function parseClaim(body: string): Claim {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new InvalidClaimError(`Invalid claim: ${body.length} characters that are not JSON; ${example}`);
  }
  const parsed = v.safeParse(claimSchema, json, { message: problemOf });
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'claim'}: ${issue.message}`);
    throw new InvalidClaimError(`Invalid claim: ${problems.slice(0, 5).join('; ')}; ${example}`);
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
