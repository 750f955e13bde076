import type { Logger } from '@aws-lambda-powertools/logger';
import { type Claim, maxSlicesPerClaim } from '../../contract/claim.ts';
import {
  mergeSlices,
  type RunSlice,
  type Slice,
  type SlicePair,
  subtractSlices,
} from '../../contract/slice.ts';
import type { SendAll } from '../../runtime/batches.ts';

/** What Firehose acknowledged of a slice. */
export interface Acknowledged {
  /** Names the run. */
  readonly runId: string;
  /** The events, as sorted slices that don't touch; none if there is nothing to claim. */
  readonly slices: readonly SlicePair[];
  /** When the work on the slice began, in milliseconds since 1970. */
  readonly startedMs: number;
  /** When its delivery ended, in milliseconds since 1970. */
  readonly endedMs: number;
}

/**
 * Claims what was acknowledged. It never fails: a claim that cannot be sent repeats no run.
 *
 * @param untilMs When it gives up, in milliseconds since 1970.
 */
export type SendClaims = (acknowledged: readonly Acknowledged[], untilMs: number) => Promise<void>;

/** What {@link createSendClaims} works with. */
export interface ClaimOptions {
  /** Hands claims to the proof queue. */
  readonly sendAll: SendAll<Claim>;
  /** Where a claim is written that was not sent. */
  readonly log: Pick<Logger, 'error'>;
  /** Told how many claims were not sent, if any. */
  readonly onUnsent: (claims: number) => void;
}

/**
 * What Firehose acknowledged of a slice.
 *
 * @param leftOver What it did not acknowledge.
 */
export function acknowledgedOf(
  slice: RunSlice,
  leftOver: readonly Slice[],
  startedMs: number,
  endedMs: number,
): Acknowledged {
  return { runId: slice.runId, slices: subtractSlices(slice, mergeSlices(leftOver)), startedMs, endedMs };
}

/** The claims on what was acknowledged of one slice: none if that is nothing, several if it has too many gaps for one. */
export function claimsOf({ runId, slices, startedMs, endedMs }: Acknowledged): Claim[] {
  const [sentFromMs, sentToMs] = [Math.floor(startedMs), Math.ceil(endedMs)];
  const claims: Claim[] = [];
  for (let at = 0; at < slices.length; at += maxSlicesPerClaim) {
    const part = slices.slice(at, at + maxSlicesPerClaim).map(([from, to]): [number, number] => [from, to]);
    claims.push({ runId, slices: part, sentFromMs, sentToMs });
  }
  return claims;
}

/** Makes the function that claims what was acknowledged, for the prover. */
export function createSendClaims({ sendAll, log, onUnsent }: ClaimOptions): SendClaims {
  return async (acknowledged, untilMs) => {
    const { unqueued, lastFailure } = await sendAll(acknowledged.flatMap(claimsOf), untilMs);
    for (const claim of unqueued) {
      log.error('claim not sent: these events are not proven', {
        runId: claim.runId,
        claim,
        error: lastFailure!,
      });
    }
    if (unqueued.length > 0) {
      onUnsent(unqueued.length);
    }
  };
}
