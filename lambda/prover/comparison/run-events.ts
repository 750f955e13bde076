import type { Slice } from '../../contract/slice.ts';
import { EventStates } from './event-states.ts';
import { type StreamSlice, UuidRule } from './uuid-rule.ts';

/** Events of a run that belong to the same slices. */
export class Segment extends EventStates {
  /** Number of lines by latency: time of the object minus time in the event, in milliseconds. */
  readonly latencies = new Map<number, number>();
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

  constructor(run: Pick<StreamSlice, 'runId' | 'deliveryStreamName'>, slices: readonly Slice[]) {
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

function segmentsOf(slices: readonly Slice[]): Segment[] {
  const changes = new Map<number, number>();
  for (const { from, to } of slices) {
    changes.set(from, (changes.get(from) ?? 0) + 1);
    changes.set(to, (changes.get(to) ?? 0) - 1);
  }
  const segments: Segment[] = [];
  let [depth, from] = [0, 0];
  for (const [to, change] of [...changes].sort(([a], [b]) => a - b)) {
    if (depth > 0) {
      segments.push(new Segment(from, to));
    }
    depth += change;
    from = to;
  }
  return segments;
}
