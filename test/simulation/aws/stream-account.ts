import type { Target } from '../../../lambda/contract/targets.ts';
import type { PutResponse } from '../../../lambda/producer/delivery/aws/put-records.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';

/** A record is rounded up to a multiple of this, with its key. Not the producer's own numbers, which may be wrong. */
const billedUnits: Record<Target, { readonly bytes: number; readonly keyBytes: number }> = {
  firehose: { bytes: 5_120, keyBytes: 0 },
  kinesis: { bytes: 25_600, keyBytes: 16 },
  'kinesis-on-demand': { bytes: 1_024, keyBytes: 16 },
};

/** The counts of one sender's requests that a report must match. */
export const zeroCounts = {
  requests: 0,
  requestsFailed: 0,
  recordsDelivered: 0,
  recordsRefused: 0,
  recordsRetried: 0,
  bytesDelivered: 0,
  billedBytes: 0,
  eventsUncertain: 0,
};

export class StreamAccount {
  readonly counts = { ...zeroCounts };
  lastFailure: string | undefined;
  isFatal = false;
  mostAttempts = 0;
  /** Attempts by the first event of the record. */
  readonly #attempts = new Map<number, number>();
  readonly #unit: { readonly bytes: number; readonly keyBytes: number };

  constructor(target: Target) {
    this.#unit = billedUnits[target];
  }

  requested(batch: RecordBatch): void {
    this.counts.requests += 1;
    for (const { from } of batch) {
      const attempts = (this.#attempts.get(from) ?? 0) + 1;
      this.#attempts.set(from, attempts);
      this.mostAttempts = Math.max(this.mostAttempts, attempts);
      this.counts.recordsRetried += attempts > 1 ? 1 : 0;
    }
  }

  responded(batch: RecordBatch, { kind, refused, cause }: PutResponse): void {
    const { counts } = this;
    this.lastFailure = cause?.message ?? this.lastFailure;
    this.isFatal ||= kind === 'fatal';
    counts.requestsFailed += kind === 'decided' ? 0 : 1;
    counts.recordsRefused += kind === 'decided' ? refused.length : 0;
    const isRefused = new Set(refused);
    for (const [place, { from, to, data }] of batch.entries()) {
      if (kind === 'lost') {
        counts.eventsUncertain += to - from;
      }
      if (!isRefused.has(place)) {
        counts.recordsDelivered += 1;
        counts.bytesDelivered += data.length;
        const { bytes, keyBytes } = this.#unit;
        counts.billedBytes += Math.ceil((data.length + keyBytes) / bytes) * bytes;
      }
    }
  }
}
