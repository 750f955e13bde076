/** What the cost of an invocation depends on beside what it did. A GB is 2^30 bytes, as both services bill it. */
export interface CostFactors {
  /** Price of a GB that Firehose bills, in US dollars. */
  readonly firehoseUsdPerGb: number;
  /** Price of a GB-second of the function, in US dollars. */
  readonly lambdaUsdPerGbSecond: number;
  /** Memory of the function. */
  readonly memorySizeMiB: number;
}

/**
 * What Firehose charges for the billed bytes and Lambda for the duration, in US dollars, to the billionth. Left out is what
 * depends on the account or hardly counts: free tiers, price tiers, the price of the invocation itself, the queue, logs, S3.
 */
export function estimateCostUsd(
  { billedBytes, durationMs }: { readonly billedBytes: number; readonly durationMs: number },
  { firehoseUsdPerGb, lambdaUsdPerGbSecond, memorySizeMiB }: CostFactors,
): number {
  const firehoseUsd = (billedBytes / 2 ** 30) * firehoseUsdPerGb;
  const lambdaUsd = (durationMs / 1_000) * (memorySizeMiB / 1_024) * lambdaUsdPerGbSecond;
  return Number((firehoseUsd + lambdaUsd).toFixed(9));
}
