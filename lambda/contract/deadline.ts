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
