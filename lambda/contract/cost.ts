/** A GB, as AWS bills it. */
export const bytesPerGb = 2 ** 30;

export function firehoseUsd(billedBytes: number, usdPerGb: number): number {
  return (billedBytes / bytesPerGb) * usdPerGb;
}

/** Without the price per invocation. */
export function lambdaUsd(durationMs: number, memorySizeMiB: number, usdPerGbSecond: number): number {
  return (durationMs / 1_000) * (memorySizeMiB / 1_024) * usdPerGbSecond;
}
