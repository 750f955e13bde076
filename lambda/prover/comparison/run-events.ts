import type { Slice } from '../../contract/slice.ts';
import { EventStates } from './event-states.ts';
import { type StreamSlice, UuidRule } from './uuid-rule.ts';

/** Bounds of the times in events, in milliseconds since 1970. An event with another time was not sent with these. */
export interface Sending {
  readonly fromMs: number;
  readonly toMs: number;
  /** The clock of the producer was ahead of AWS's by at least this. */
  readonly aheadMs: number;
}

/** Expected events, and when they were sent. @default - at any time since 1970 */
export interface SentSlice extends Slice {
  readonly sending?: Sending;
}

const anyTime: Sending = { fromMs: 0, toMs: Date.UTC(9_999, 11, 31), aheadMs: 0 };

/** Bounds that include all of these. */
export function joinSendings(sendings: readonly Sending[]): Sending {
  return sendings.reduce(
    (a, b) => ({
      fromMs: Math.min(a.fromMs, b.fromMs),
      toMs: Math.max(a.toMs, b.toMs),
      aheadMs: Math.max(a.aheadMs, b.aheadMs),
    }),
    sendings[0] ?? anyTime,
  );
}

/** Events of a run that belong to the same slices. */
export class Segment extends EventStates {
  readonly sending: Sending;
  /** Number of lines by latency: time of the object minus time in the event, in milliseconds. */
  readonly latencies = new Map<number, number>();

  constructor(from: number, to: number, sending: Sending) {
    super(from, to);
    this.sending = sending;
  }
}

/**
 * The expected events of one run. Slices may overlap, for example those of a claim that was delivered twice. So they are cut at
 * all of their ends into segments, which don't overlap.
 */
export class RunEvents {
  readonly runId: string;
  readonly deliveryStreamName: string;
  readonly rule: UuidRule;
  /** Sorted; they may touch. */
  readonly segments: readonly Segment[];
  #last: Segment | undefined;

  constructor(run: Pick<StreamSlice, 'runId' | 'deliveryStreamName'>, slices: readonly SentSlice[]) {
    this.runId = run.runId;
    this.deliveryStreamName = run.deliveryStreamName;
    this.rule = new UuidRule(run);
    this.segments = segmentsOf(slices);
  }

  /** The segment of an event; undefined if the event is not expected. */
  segmentAt(index: number): Segment | undefined {
    const last = this.#last;
    if (last !== undefined && index >= last.from && index < last.to) {
      return last;
    }
    const segment = this.segments[this.#firstEndingAfter(index)];
    if (segment === undefined || index < segment.from) {
      return undefined;
    }
    this.#last = segment;
    return segment;
  }

  /** The segments of one of the slices. */
  segmentsOf({ from, to }: Slice): Segment[] {
    const found: Segment[] = [];
    for (let at = this.#firstEndingAfter(from); at < this.segments.length; at += 1) {
      const segment = this.segments[at]!;
      if (segment.from >= to) {
        break;
      }
      found.push(segment);
    }
    return found;
  }

  #firstEndingAfter(index: number): number {
    let [low, high] = [0, this.segments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.to > index) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}

function segmentsOf(slices: readonly SentSlice[]): Segment[] {
  const sorted = slices.toSorted((a, b) => a.from - b.from);
  const ends = [...new Set(slices.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const segments: Segment[] = [];
  let covering: SentSlice[] = [];
  let next = 0;
  for (const [place, from] of ends.entries()) {
    for (; sorted[next]?.from === from; next += 1) {
      covering.push(sorted[next]!);
    }
    covering = covering.filter(({ to }) => to > from);
    if (covering.length > 0) {
      const sending = joinSendings(covering.map((slice) => slice.sending ?? anyTime));
      segments.push(new Segment(from, ends[place + 1]!, sending));
    }
  }
  return segments;
}
