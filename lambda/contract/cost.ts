/** A GB, as AWS bills it. */
export const bytesPerGb = 2 ** 30;

/** What Firehose charges for what it bills, in US dollars. */
export function firehoseUsd(billedBytes: number, usdPerGb: number): number {
  return (billedBytes / bytesPerGb) * usdPerGb;
}

/** What Lambda charges for so long a function of so much memory, invocations not counted, in US dollars. */
export function lambdaUsd(durationMs: number, memorySizeMiB: number, usdPerGbSecond: number): number {
  return (durationMs / 1_000) * (memorySizeMiB / 1_024) * usdPerGbSecond;
}
