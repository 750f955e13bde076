import type { Slice } from '../../contract/slice.ts';
import type { PackRecords } from './packing.ts';
import type { EventRecord, RecordBatch } from './records.ts';

export interface RequestBudget {
  /** Record data, before base64. */
  readonly bytes: number;
  readonly events: number;
}

/** Which events may be sent now. */
export interface Admission {
  /** Whether the record that these events make may be sent. */
  readonly isDue: (slice: Slice) => boolean;
  /** The same for a record, which is sent then. */
  readonly admits: (record: EventRecord) => boolean;
}

const admitAll: Admission = { isDue: () => true, admits: () => true };

/** The requests of a slice, each made only when it is asked for. */
export interface RequestSource {
  readonly left: Slice;
  /** Slices that follow it, and those of records that were put back. */
  readonly later: readonly Slice[];
  /**
   * Makes the next request within a budget; `undefined` if nothing is due.
   *
   * @param admission Decides which records may be sent now. The others are put back. @default - all may
   */
  next(budget: RequestBudget, admission?: Admission): RecordBatch | undefined;
  /** Puts records back, to be made again later. */
  putBack(records: readonly Slice[]): void;
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
 * The requests of a slice, in order. A request is within its budget, `maxRequestBytes` and what the target allows, but carries at
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
  const putBack = (records: readonly Slice[]) => {
    later.push(...records.map(({ from, to }) => ({ from, to })));
  };
  return {
    get left() {
      return { from, to: end };
    },
    later,
    next: ({ bytes, events }, admission = admitAll) => {
      const dataBytes = Math.min(bytes, maxDataBytes(maxRequestBytes));
      for (;;) {
        if (from === end) {
          const place = later.findIndex((slice) => admission.isDue(slice));
          if (place < 0) {
            return undefined;
          }
          [{ from, to: end }] = later.splice(place, 1) as [Slice];
        }
        const to = Math.min(end, from + events);
        const batch = packRecords({ from, to }, { dataBytes, jsonBytes: maxRequestBytes }, now());
        from = batch.at(-1)!.to;
        const admitted = batch.filter((record) => admission.admits(record));
        if (admitted.length < batch.length) {
          putBack(batch.filter((record) => !admitted.includes(record)));
        }
        if (admitted.length > 0) {
          return admitted;
        }
      }
    },
    putBack,
  };
}
