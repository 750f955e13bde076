/** Quotas of a Direct PUT stream per second. */
export interface Quota {
  /** Record data before base64. */
  readonly bytes: number;
  readonly records: number;
  readonly requests: number;
}

/**
 * AWS's quotas: those of the three large regions, named after one of them, and those of all others.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/limits.html
 */
export const quotas = {
  'us-east-1': { bytes: 5 * 1_048_576, records: 500_000, requests: 2_000 },
  default: { bytes: 1_048_576, records: 100_000, requests: 1_000 },
} as const satisfies Record<string, Quota>;

/**
 * Quota of a shard of a Kinesis stream. An on-demand stream starts with that of four, and grows.
 *
 * @see https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const shardQuota = { bytes: 1_048_576, records: 1_000 };

export const onDemandShards = 4;
