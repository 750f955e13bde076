import type { SlicePair } from './slice.ts';

/** The input of an invocation, from the console, the schedule or the work queue. */
export interface Payload {
  /** Events of the run: short for the slice `[0, count)`. @default - the function's own count */
  readonly count?: number;
  /** Names the run; with the stream's name it decides every UUID. @default - the id of the request */
  readonly runId?: string;
  /** Index of the first event. @default 0 */
  readonly from?: number;
  /** Index after the last event. @default - `count` */
  readonly to?: number;
  /** Several slices `[from, to]` in place of `from`, `to` and `count`: 1,000 at most. */
  readonly slices?: readonly SlicePair[];
  /** Steady rate. @default - the function's own, if it has one */
  readonly eventsPerSecond?: number;
}

/** Pattern of a run's id: 1 to 256 characters, no control character and no half of a surrogate pair. */
export const runIdPattern = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

export const runIdExpectation = '1 to 256 characters without control characters, for example run-1';

/**
 * How long before its timeout an invocation stops delivering: 2 s, a third of the time when that is shorter. The rest
 * is for the work queue and the report. The alarm on long invocations follows it.
 */
export function deliveryReserveMs(timeoutMs: number): number {
  return Math.min(2_000, timeoutMs / 3);
}

/** Time before its timeout at which an invocation stops waiting for the work queue. The rest is for the report. */
export function reportReserveMs(timeoutMs: number): number {
  return Math.min(500, timeoutMs / 8);
}

/** Without the price per invocation. */
export function lambdaUsd(durationMs: number, memorySizeMiB: number, usdPerGbSecond: number): number {
  return (durationMs / 1_000) * (memorySizeMiB / 1_024) * usdPerGbSecond;
}
