import { proofQueueSettings, type Scenario } from './scenario.ts';

const timeoutMs = 6_000;

/** A slow stream, whose invocations have no time for all of their messages, and a queue that delivers some twice. */
export const duplicatesWithoutTime: Scenario = {
  count: 661,
  recordFormat: 'single',
  settings: {
    ...{ eventsPerSlice: 2_000, concurrency: 1, maxRequestBytes: 3_000, maxAttempts: 5 },
    maxCount: 1_000_000,
  },
  firehose: {
    throttle: 0.4,
    latencyMs: 4_000,
    quota: { bytesPerSecond: 26_668, later: { bytesPerSecond: 297_211, afterMs: 16_000 } },
  },
  lambda: { kill: 0, deliverTwice: 0.05, queueDelayMs: 1_000, queueFails: 0 },
  lambdaSettings: {
    ...{ timeoutMs, visibilityTimeoutMs: 6 * timeoutMs, maxReceiveCount: 5 },
    ...{ maxConcurrency: 1, batchSize: 10 },
  },
  queueCalmAfterMs: 10_000,
  hasBadMessage: false,
};

/** A bucket that stays unreadable, and a prover that often cannot postpone claims: the queue delivers them too often. */
export const unreadableBucket: Scenario = {
  ...duplicatesWithoutTime,
  count: 10,
  firehose: { throttle: 0, latencyMs: 50 },
  lambda: { kill: 0, deliverTwice: 0, queueDelayMs: 1_000, queueFails: 0 },
  proof: {
    ...{ bufferingSeconds: 0, prefix: 'events/!{timestamp:yyyy/MM/dd/HH}/' },
    delivery: { lagMs: 0, skewMs: 0, older: 0, late: 0, lose: 0, deleted: 0, listingLagMs: 0 },
    bucket: { latencyMs: 100, fails: 0, denied: [0, Number.POSITIVE_INFINITY] },
    claims: { queueFails: 0 },
    prover: { kill: 0.9, deliverTwice: 0, fails: 0.9, queueDelayMs: 10 },
    proverSettings: {
      ...proofQueueSettings(0, 20_000),
      ...{ visibilityTimeoutMs: 30_000, batchSize: 100, batchingWindowMs: 5_000 },
    },
  },
};
