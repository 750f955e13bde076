import { maxSlicesPerMessage } from '../../contract/slice.ts';
import { chunks, type OutgoingMessage } from '../../runtime/batches.ts';
import type { Comparison } from '../comparison/comparison.ts';
import { Segment } from '../comparison/run-events.ts';
import { missingRanges, type Tally, tallyOf } from '../comparison/tally.ts';
import type { Reading } from '../objects/read-objects.ts';
import type { ClaimMessage } from './claim-messages.ts';
import type { Environment } from './environment.ts';
import { pauseSeconds, type Verdict, verdictOn } from './verdict.ts';

export interface SettleOptions {
  readonly environment: Environment;
  /** Rejects unless the queue accepts all messages. */
  readonly sendToDeadLetterQueue: (messages: Iterable<OutgoingMessage>, untilMs: number) => Promise<void>;
}

/** Times of an invocation, in milliseconds since 1970. */
export interface CheckTimes {
  /** Before anything was listed. */
  readonly startedMs: number;
  /** After the reading. */
  readonly readMs: number;
  /** Calls must end before. */
  readonly untilMs: number;
}

/** The queue may deliver a claim later than its pause by this. */
const maxDelayMs = 10_000;

/** A claim and its verdict. */
export interface CheckedClaim extends ClaimMessage {
  readonly tally: Tally;
  readonly verdict: Verdict;
  /** Time from the end of sending to the end of the reading. */
  readonly ageMs: number;
  /** Objects that landed since were not there at the previous check, which took about as long. In milliseconds since 1970. */
  readonly newSinceMs: number;
  /** Whether the verdict is final. If not, the queue keeps the claim. */
  readonly isSettled: boolean;
  /** Set if the dead-letter queue did not accept the payloads of the missing events. */
  readonly error?: Error;
}

/** Makes the verdict on a claim. If it is final, payloads of the missing events go to the dead-letter queue first. */
export async function settle(
  message: ClaimMessage,
  { startedMs, readMs, untilMs }: CheckTimes,
  comparison: Comparison,
  { isAllRead, hasUnreadable }: Reading,
  { environment, sendToDeadLetterQueue }: SettleOptions,
): Promise<CheckedClaim> {
  const { slices, sending, queuedAtMs, receives, claim, sent, madeFor, misfit } = message;
  const { runId } = claim;
  const { sentToMs } = sent;
  const { deliveryStreamName } = environment;
  const tally = misfit?.isOther
    ? tallyOf(slices.map(({ from, to }) => new Segment(from, to, sending)))
    : comparison.tally({ runId, deliveryStreamName }, slices);
  // The age at the start: events that land during the reading may be overlooked.
  const ageMs = startedMs - sentToMs;
  const queuedMs = startedMs - queuedAtMs;
  const verdict = verdictOn(
    { missing: tally.missing, ageMs, queuedMs, receives, isAllRead, hasUnreadable, misfit },
    environment,
  );
  const sincePreviousMs = pauseSeconds(ageMs, environment) * 1_000 + maxDelayMs + readMs - startedMs;
  const newSinceMs = receives <= 1 ? Number.NEGATIVE_INFINITY : startedMs - sincePreviousMs;
  const checked = { ...message, tally, verdict, ageMs: readMs - sentToMs, newSinceMs };
  if (verdict === 'waiting') {
    return { ...checked, isSettled: false };
  }
  if (verdict !== 'proven') {
    try {
      await sendToDeadLetterQueue(lettersOf(runId, tally, madeFor), untilMs);
    } catch (error) {
      return { ...checked, isSettled: false, error: error as Error };
    }
  }
  return { ...checked, isSettled: true };
}

/** More ranges of missing events than these letters have are joined: then they resend a few events that are not missing. */
const maxLetters = 1_000;

/** Payloads that resend the missing events, for the deployment that the claim was made for. */
function* lettersOf(
  runId: string,
  { segments, expected, present, missing }: Tally,
  madeFor: string | undefined,
): Generator<OutgoingMessage, void> {
  const maxRanges = maxLetters * maxSlicesPerMessage;
  const blockEvents = Math.min(present, missing) > maxRanges ? Math.ceil(expected / maxRanges) : 1;
  for (const slices of chunks(missingRanges(segments, blockEvents), maxSlicesPerMessage)) {
    const [[from, to] = [0, 0]] = slices;
    const body = JSON.stringify(slices.length === 1 ? { runId, from, to } : { runId, slices });
    yield { body, madeFor };
  }
}
