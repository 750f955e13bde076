import { claimMaxReceives, claimRetentionDays } from '../../contract/claim.ts';
import type { Misfit } from '../../contract/made-for.ts';
import type { Environment } from './environment.ts';

/**
 * - `proven`: every event is in the bucket.
 * - `waiting`: events are missing, but may still land or be read.
 * - `lost`: events are missing and will not land any more.
 * - `unproven`: events were not found, and nobody can say that they are lost: objects of a shared bucket have unreadable content,
 *   the bucket could not be read completely until the claim was about to expire, or the claim was made for another deployment.
 */
export type Verdict = 'proven' | 'waiting' | 'lost' | 'unproven';

/** Facts that decide a verdict. */
export interface Findings {
  /** Events that were not found. */
  readonly missing: number;
  /** Time from the end of sending to the start of the check. */
  readonly ageMs: number;
  /** Time since the claim came into the queue. */
  readonly queuedMs: number;
  /** Number of deliveries of the claim. */
  readonly receives: number;
  /** Whether every object was read that may hold the events and can be read. */
  readonly isAllRead: boolean;
  /** Whether an object that may hold the events can never be read. */
  readonly hasUnreadable?: boolean;
  /** Set if the claim may not have been made for this deployment. */
  readonly misfit?: Misfit | undefined;
}

/** A claim is given up a day before it expires. A day is enough for a hundred attempts. */
const giveUpAfterMs = (claimRetentionDays - 1) * 24 * 3_600_000;

/** It is also given up a hundred deliveries before the limit: if postponing fails, claims come back too soon. */
const giveUpAfterReceives = claimMaxReceives - 100;

/** The producer may be deployed before the prover by this. */
const deployingMs = 5 * 60_000;

export type VerdictSettings = Pick<Environment, 'bufferingSeconds' | 'lostAfterHours' | 'timeFactor'>;

/** Pause between two checks of a claim. */
const pauseMs = { least: 30_000, most: 15 * 60_000 };

/** Pause, as a share of the time that the claim is late. */
const pauseShare = 1 / 4;

/**
 * Makes the verdict on a claim. `proven` does not need a complete reading, `lost` does. The retention of the queue is never
 * divided by the time factor.
 */
export function verdictOn(
  { missing, ageMs, queuedMs, receives, isAllRead, hasUnreadable, misfit }: Findings,
  { bufferingSeconds, lostAfterHours, timeFactor }: VerdictSettings,
): Verdict {
  if (missing === 0) {
    return 'proven';
  }
  if (misfit?.isOther && ageMs * timeFactor >= bufferingSeconds * 1_000 + deployingMs) {
    return 'unproven';
  }
  if (isAllRead && ageMs * timeFactor >= lostAfterHours * 3_600_000) {
    return misfit || hasUnreadable ? 'unproven' : 'lost';
  }
  const isGivenUp = queuedMs >= giveUpAfterMs || receives >= giveUpAfterReceives;
  return isGivenUp ? 'unproven' : 'waiting';
}

/** Seconds until the next check of a claim, at least 1. They grow with its age. */
export function pauseSeconds(ageMs: number, { bufferingSeconds, timeFactor }: VerdictSettings): number {
  const lateMs = ageMs * timeFactor - bufferingSeconds * 1_000;
  const waitMs = Math.max(pauseMs.least, Math.min(pauseMs.most, lateMs * pauseShare));
  return Math.max(1, Math.round(waitMs / timeFactor / 1_000));
}
