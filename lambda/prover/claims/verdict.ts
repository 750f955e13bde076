import { claimMaxReceives, claimRetentionDays } from '../../contract/claim.ts';

/**
 * What a look at the bucket says of a claim.
 *
 * - `proven`: every event is there.
 * - `waiting`: some are not there yet, or not everything could be read.
 * - `lost`: some are not there, and will not come any more.
 * - `unproven`: some were not found, not everything could be read, and the queue soon keeps the claim no longer.
 */
export type Verdict = 'proven' | 'waiting' | 'lost' | 'unproven';

/** What a verdict is made from. */
export interface Findings {
  /** Events that were not found. */
  readonly missing: number;
  /** Time since the end of sending, when the look began. */
  readonly ageMs: number;
  /** Time since the claim came into the queue. */
  readonly queuedMs: number;
  /** How often the queue delivered the claim. */
  readonly receives: number;
  /** Whether every object was read that may hold the events. */
  readonly isAllRead: boolean;
}

/** A claim is given up a day before the queue drops it: that is time for a hundred attempts. */
const giveUpAfterMs = (claimRetentionDays - 1) * 24 * 3_600_000;

/** Or so many deliveries before the queue moves it away, where pauses fail and claims come back too soon. */
const giveUpAfterReceives = claimMaxReceives - 100;

/** The times of the loop. */
export interface Patience {
  /** How long the stream buffers. */
  readonly bufferingSeconds: number;
  /** When a missing event is lost. */
  readonly lostAfterHours: number;
  /** By what all of that is divided. */
  readonly timeFactor: number;
}

/** The pause between two looks at a claim: at first, and at most. */
const pauseMs = { least: 30_000, most: 15 * 60_000 };

/** The pause is such a part of the time for which the claim is late. */
const pauseShare = 1 / 4;

/**
 * The verdict on a claim. Whether events are there is certain however little was read; whether they are lost is not. The time
 * for which the queue keeps a claim is never divided.
 */
export function verdictOn(
  { missing, ageMs, queuedMs, receives, isAllRead }: Findings,
  { lostAfterHours, timeFactor }: Patience,
): Verdict {
  if (missing === 0) {
    return 'proven';
  }
  if (isAllRead && ageMs * timeFactor >= lostAfterHours * 3_600_000) {
    return 'lost';
  }
  const isGivenUp = queuedMs >= giveUpAfterMs || receives >= giveUpAfterReceives;
  return isGivenUp ? 'unproven' : 'waiting';
}

/** Seconds until the next look at a claim: more and more of them, 1 at least. */
export function pauseSeconds(
  { ageMs }: Pick<Findings, 'ageMs'>,
  { bufferingSeconds, timeFactor }: Patience,
): number {
  const lateMs = ageMs * timeFactor - bufferingSeconds * 1_000;
  const waitMs = Math.max(pauseMs.least, Math.min(pauseMs.most, lateMs * pauseShare));
  return Math.max(1, Math.round(waitMs / timeFactor / 1_000));
}
