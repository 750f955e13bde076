import type { Slice } from '../../contract/slice.ts';
import type { PackRecords } from './packing.ts';
import type { RecordBatch } from './records.ts';

export interface RequestBudget {
  /** Record data, before base64. */
  readonly bytes: number;
  readonly events: number;
}

/** The requests of a slice, each made only when it is asked for. */
export interface RequestSource {
  readonly left: Slice;
  /** Slices that follow it. @default - none */
  readonly later?: readonly Slice[];
  /** Makes the next request within a budget; `undefined` after the last one. */
  next(budget: RequestBudget): RecordBatch | undefined;
}

export interface RequestOptions {
  readonly slice: Slice;
  /** Slices that follow it. A request has events of one slice. @default - none */
  readonly later?: readonly Slice[];
  /** Largest request, as base64 inside JSON. */
  readonly maxRequestBytes: number;
  readonly packRecords: PackRecords;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Upper bound of the record data in a request. */
export function maxDataBytes(requestBytes: number): number {
  return (requestBytes * 3) / 4;
}

/**
 * The requests of a slice, in order. A request is within its budget, `maxRequestBytes` and 500 records, but carries at
 * least one record of at least one event.
 */
export function createRequestSource({
  slice,
  later: following = [],
  maxRequestBytes,
  packRecords,
  now,
}: RequestOptions): RequestSource {
  let { from, to: end } = slice;
  const later = [...following];
  return {
    get left() {
      return { from, to: end };
    },
    later,
    next: ({ bytes, events }) => {
      if (from === end && later.length > 0) {
        ({ from, to: end } = later.shift()!);
      }
      const to = Math.min(end, from + events);
      if (from === to) {
        return undefined;
      }
      const dataBytes = Math.min(bytes, maxDataBytes(maxRequestBytes));
      const batch = packRecords({ from, to }, { dataBytes, jsonBytes: maxRequestBytes }, now());
      from = batch.at(-1)!.to;
      return batch;
    },
  };
}
