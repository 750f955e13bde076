import type { Logger } from '@aws-lambda-powertools/logger';
import type { Slice, SlicePair } from '../../contract/slice.ts';
import type { Comparison } from '../comparison/comparison.ts';
import { missingRanges, type Tally } from '../comparison/tally.ts';
import type { Reading } from '../objects/read-objects.ts';
import type { ClaimMessage } from './claim-messages.ts';
import type { Environment } from './environment.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** What {@link settle} works with. */
export interface SettleOptions {
  /** What the prover knows from its environment. */
  readonly environment: Environment;
  /** Sends messages to the dead-letter queue. Rejects if it did not take all of them. */
  readonly bury: (bodies: Iterable<string>, untilMs: number) => Promise<void>;
  /** Where log lines go. */
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** When a look happened, in milliseconds since 1970. */
export interface LookTimes {
  /** When it began: before anything was listed. */
  readonly startedMs: number;
  /** When the reading was over. */
  readonly readMs: number;
  /** When calls must be over. */
  readonly untilMs: number;
}

/** What a look at a claim found. */
export interface Look extends ClaimMessage {
  /** What was found of its events. */
  readonly tally: Tally;
  /** The verdict. */
  readonly verdict: Verdict;
  /** Time from the end of sending to the end of the look. */
  readonly ageMs: number;
  /** Whether the claim is done. If not, the queue keeps it. */
  readonly isSettled: boolean;
}

/** How many missing ranges a log line has. */
const maxRangesInLog = 10;

/** What the log says of a claim whose missing events are in the dead-letter queue. */
const settledWith = {
  lost: 'claim lost: payloads in the dead-letter queue send the missing events again',
  unproven:
    'claim unproven: the bucket could not be read as a whole until the proof queue would drop the claim; payloads in the ' +
    'dead-letter queue send again what was not found',
};

/** The slices of a claim. */
export function slicesOf({ claim }: ClaimMessage): Slice[] {
  return claim.slices.map(([from, to]) => ({ from, to }));
}

/**
 * Says what became of a claim, and settles it unless it has to wait: what is missing goes to the dead-letter queue first.
 */
export async function settle(
  message: ClaimMessage,
  { startedMs, readMs, untilMs }: LookTimes,
  comparison: Comparison,
  { isAllRead, isOutOfTime, objects, gone }: Reading,
  { environment, bury, log }: SettleOptions,
): Promise<Look> {
  const { claim, messageId } = message;
  const { runId, sentToMs } = claim;
  const { deliveryStreamName } = environment;
  const tally = comparison.tally({ runId, deliveryStreamName }, slicesOf(message));
  const { segments, ...counts } = tally;
  const ageMs = readMs - sentToMs;
  // By the time at which the look began: what lands while it goes on may be overlooked.
  const verdict = verdictOn(
    {
      missing: tally.missing,
      ageMs: startedMs - sentToMs,
      queuedMs: startedMs - message.queuedAtMs,
      receives: message.receives,
      isAllRead,
    },
    environment,
  );
  const fields = {
    runId,
    messageId,
    verdict,
    ...counts,
    ageMs: Math.round(ageMs),
    objects,
    ...(gone > 0 && { objectsGone: gone }),
    ...(isOutOfTime && { isOutOfTime }),
    ...(tally.missing > 0 && { missingRanges: firstRanges(tally) }),
  };
  const look = { ...message, tally, verdict, ageMs, isSettled: true };
  if (verdict === 'proven') {
    log.info('claim proven', fields);
    return look;
  }
  if (verdict === 'waiting') {
    log.info('claim waiting', fields);
    return { ...look, isSettled: false };
  }
  try {
    await bury(missingPayloads(runId, tally), untilMs);
  } catch (error) {
    log.error('the dead-letter queue did not take what is missing, the queue keeps the claim', {
      ...fields,
      error: error as Error,
    });
    return { ...look, isSettled: false };
  }
  log.error(settledWith[verdict], fields);
  return look;
}

/** Payloads that send exactly the missing events. */
function* missingPayloads(runId: string, { segments }: Tally): Generator<string, void> {
  for (const [from, to] of missingRanges(segments)) {
    yield JSON.stringify({ runId, from, to });
  }
}

function firstRanges({ segments }: Tally): SlicePair[] {
  const first: SlicePair[] = [];
  for (const range of missingRanges(segments)) {
    first.push(range);
    if (first.length === maxRangesInLog) {
      break;
    }
  }
  return first;
}
