/** Time kept for the work queue and the report at the end of an invocation. */
const reserveMs = 2_000;

/**
 * How long before its timeout an invocation stops delivering: 2 s, a quarter of the time when that is shorter. The rest
 * is for the work queue and the report. The alarm on long invocations follows it.
 */
export function deliveryReserveMs(timeoutMs: number): number {
  return Math.min(reserveMs, timeoutMs / 4);
}
