import type { Claim } from '../../contract/claim.ts';
import { maxSlicesPerMessage, type RunSlice, type SlicePair } from '../../contract/slice.ts';
import { chunks, type SendAll } from '../../runtime/batches.ts';

/** A slice, and the events of it that Firehose acknowledged. */
export interface Delivered {
  readonly slice: RunSlice;
  /** Sorted pairs that don't touch. */
  readonly delivered: readonly SlicePair[];
  /** When the work on the slice began, in milliseconds since 1970. */
  readonly startedMs: number;
  /** When its delivery ended, in milliseconds since 1970. */
  readonly endedMs: number;
}

export type OnClaimsUnsent = (claims: readonly Claim[], failure: Error) => void;

/** The claims on the delivered events of a slice: several if there are too many gaps for one. */
export function claimsOf({ slice: { runId }, delivered, startedMs, endedMs }: Delivered): Claim[] {
  const [sentFromMs, sentToMs] = [Math.floor(startedMs), Math.ceil(endedMs)];
  return [...chunks(delivered, maxSlicesPerMessage)].map((slices) => ({
    runId,
    slices,
    sentFromMs,
    sentToMs,
  }));
}

/** Claims delivered events. It never fails, because a repeated invocation would not help. */
export async function sendClaims(
  works: Iterable<Delivered>,
  untilMs: number,
  sendAll: SendAll<Claim>,
  onUnsent?: OnClaimsUnsent,
): Promise<void> {
  const { unqueued, lastFailure } = await sendAll([...works].flatMap(claimsOf), untilMs);
  if (unqueued.length > 0) {
    onUnsent?.(unqueued, lastFailure!);
  }
}
