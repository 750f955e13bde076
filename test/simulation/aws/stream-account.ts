import type { PutResponse } from '../../../lambda/producer/delivery/aws/firehose.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';

/** What Firehose rounds each record up to. Not the producer's own number, which may be wrong. */
const billedUnitBytes = 5_120;

/** What a report has to say of its requests. */
export interface StreamCounts {
  requests: number;
  requestsFailed: number;
  recordsDelivered: number;
  recordsRefused: number;
  recordsRetried: number;
  bytesDelivered: number;
  billedBytes: number;
  eventsUncertain: number;
}

/** What a simulated stream counts of one sender, and what it told it. */
export class StreamAccount {
  /** The counts. */
  readonly counts: StreamCounts = {
    requests: 0,
    requestsFailed: 0,
    recordsDelivered: 0,
    recordsRefused: 0,
    recordsRetried: 0,
    bytesDelivered: 0,
    billedBytes: 0,
    eventsUncertain: 0,
  };
  /** The last failure that the sender was told of. */
  lastFailure: string | undefined;
  /** Whether the sender was told that no retry can help. */
  isFatal = false;
  /** How often the record that came most often came. */
  mostAttempts = 0;
  /** How often records came, by their first events. */
  readonly #attempts = new Map<number, number>();

  /** A request comes. */
  requested(batch: RecordBatch): void {
    this.counts.requests += 1;
    for (const { from } of batch) {
      const attempts = (this.#attempts.get(from) ?? 0) + 1;
      this.#attempts.set(from, attempts);
      this.mostAttempts = Math.max(this.mostAttempts, attempts);
      this.counts.recordsRetried += attempts > 1 ? 1 : 0;
    }
  }

  /** The sender gets the response. */
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
        counts.billedBytes += Math.ceil(data.length / billedUnitBytes) * billedUnitBytes;
      }
    }
  }
}
