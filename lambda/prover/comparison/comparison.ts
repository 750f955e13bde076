import { clockAllowanceMs } from '../../contract/claim.ts';
import type { Slice } from '../../contract/slice.ts';
import type { CreateLineReader, LineDifference } from './line-reader.ts';
import { joinSendings, RunEvents, type Segment, type Sending, type SentSlice } from './run-events.ts';
import { add, type Tally, tallyOf } from './tally.ts';
import { UuidFilter } from './uuid-filter.ts';
import type { StreamSlice } from './uuid-rule.ts';

/** An object of a bucket. */
export interface StoredObject {
  readonly key: string;
  /** In milliseconds since 1970; NaN if unknown. */
  readonly landedAtMs: number;
  /** Its size as stored. */
  readonly bytes: number;
  /** Names its version. @default - objects have no versions, as in a directory */
  readonly etag?: string;
}

/** The lines of one object that was read. */
export interface ObjectFindings {
  readonly object: StoredObject;
  /** Lines that are expected events, copies included. */
  readonly events: number;
  readonly foreignLines: number;
  readonly corruptLines: number;
  /** Why the object could not be read to its end. */
  readonly damage?: string;
  /** Number of lines by the time in them, in milliseconds since 1970. */
  readonly eventTimes: ReadonlyMap<Segment, ReadonlyMap<number, number>>;
}

/** An object with corrupt lines. */
export interface Corruption {
  readonly object: StoredObject;
  /** Its corrupt lines. The damaged rest of the object counts as one. */
  readonly lines: number;
  /** Why the object could not be read to its end. */
  readonly damage?: string;
  /** Those of its other lines. */
  readonly segments: ReadonlySet<Segment>;
}

export interface ComparisonOptions {
  /** Longest time between sending and landing. @default 0 */
  readonly lostAfterHours?: number;
  /**
   * Whether others write to the bucket, too. Then a line is corrupt only if it has the UUID of an expected event, and an object
   * that cannot be read may be theirs or ours.
   */
  readonly isShared?: boolean;
  /** `line` counts from 1. */
  readonly onCorruptLine?: (key: string, line: number, hasUuid: boolean, difference?: LineDifference) => void;
  /** Called after each object. */
  readonly onObject?: (findings: ObjectFindings) => void;
}

/** One object while it is read. Call {@link push} with its bytes, uncompressed, then one of the others. */
export interface ObjectComparison {
  /** Takes the next bytes, in pieces of any size. */
  push(chunk: Buffer): void;
  /** Ends the object. */
  end(): void;
  /** Ends the object where it is damaged. The lines before count, except the one that was cut. */
  abandon(damage: string): void;
  /** Ends the object where reading stopped. The lines before count, except the one that was cut. */
  stop(): void;
}

/**
 * Compares the lines of objects with the events that runs should have sent. Any number of objects may be open at once.
 *
 * Its memory is two bits for each event of the runs, up to 8 MiB for the filter, and a note for each corrupt object. Events of
 * other runs are only counted.
 */
export class Comparison {
  /** By stream and run. */
  readonly #runs: ReadonlyMap<string, RunEvents>;
  readonly #segments: readonly Segment[];
  readonly #filter: UuidFilter;
  readonly #createReader: CreateLineReader;
  readonly #options: ComparisonOptions;
  /** Bounds of all times. */
  readonly #sending: Sending;
  /** The corrupt objects that were read so far. */
  readonly corruptions: Corruption[] = [];

  /** @param slices The expected events. Slices of the same run may overlap. */
  constructor(
    slices: readonly (StreamSlice & SentSlice)[],
    createReader: CreateLineReader,
    options: ComparisonOptions = {},
  ) {
    this.#createReader = createReader;
    this.#options = options;
    const slicesOfRuns = new Map<string, (StreamSlice & SentSlice)[]>();
    for (const slice of slices) {
      const ofRun = slicesOfRuns.get(keyOf(slice)) ?? [];
      slicesOfRuns.set(keyOf(slice), ofRun);
      ofRun.push(slice);
    }
    this.#runs = new Map([...slicesOfRuns].map(([key, ofRun]) => [key, new RunEvents(ofRun[0]!, ofRun)]));
    this.#segments = [...this.#runs.values()].flatMap(({ segments }) => segments);
    this.#sending = joinSendings(this.#segments.map(({ sending }) => sending));
    this.#filter = new UuidFilter([...this.#runs.values()]);
  }

  /** Whether others write to the bucket, too. */
  get isShared(): boolean {
    return this.#options.isShared ?? false;
  }

  get expected(): number {
    return this.#segments.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Expected events that were not found so far. */
  get missing(): number {
    return this.#segments.reduce((sum, { missing }) => sum + missing, 0);
  }

  startObject(object: StoredObject): ObjectComparison {
    const { isShared } = this;
    const { onCorruptLine, onObject } = this.#options;
    const { key, landedAtMs } = object;
    const eventTimes = new Map<Segment, Map<number, number>>();
    let [events, foreignLines, corruptLines] = [0, 0, 0];
    let lastSegment: Segment | undefined;
    let [timeMs, eventsOfTime] = [Number.NaN, 0];
    let hasTime = false;
    const noteTime = () => {
      if (lastSegment !== undefined) {
        const times = eventTimes.get(lastSegment) ?? new Map<number, number>();
        eventTimes.set(lastSegment, times);
        if (hasTime) {
          add(times, timeMs, eventsOfTime);
        }
      }
    };

    const changeTime = (segment: Segment, eventTimeMs: number, isExact: boolean) => {
      noteTime();
      const { fromMs, toMs } = segment.sending;
      lastSegment = eventTimeMs >= fromMs && eventTimeMs <= toMs ? segment : undefined;
      timeMs = eventTimeMs;
      hasTime = isExact;
      eventsOfTime = 0;
    };

    const bounds = this.#boundsOf(landedAtMs);
    const expected = { runs: [...this.#runs.values()], filter: this.#filter, isShared, ...bounds };
    const lines = this.#createReader(expected, {
      onEvent: (segment, index, eventTimeMs, isExact) => {
        if (eventTimeMs !== timeMs || segment !== lastSegment) {
          changeTime(segment, eventTimeMs, isExact);
        }
        if (lastSegment !== undefined) {
          segment.see(index);
          events += 1;
          eventsOfTime += 1;
        } else {
          // Another invocation of the run sent it at another time.
          foreignLines += 1;
        }
      },
      onForeign: (foreign) => {
        foreignLines += foreign;
      },
      onCorrupt: (line, hasUuid, difference) => {
        corruptLines += 1;
        onCorruptLine?.(key, line, hasUuid, difference);
      },
    });

    const finish = (damage?: string) => {
      lines.flush();
      noteTime();
      for (const [segment, times] of Number.isNaN(landedAtMs) ? [] : eventTimes) {
        for (const [eventTimeMs, count] of times) {
          add(segment.latencies, landedAtMs - eventTimeMs, count);
        }
      }
      const corruptions = corruptLines + Number(damage !== undefined);
      if (corruptions > 0) {
        const segments = new Set(eventTimes.keys());
        this.corruptions.push({ object, lines: corruptions, ...(damage && { damage }), segments });
      }
      onObject?.({ object, events, foreignLines, corruptLines, ...(damage && { damage }), eventTimes });
    };
    return {
      push: (chunk) => lines.push(chunk),
      end: () => {
        lines.end();
        finish();
      },
      abandon: finish,
      stop: () => finish(),
    };
  }

  /** An event may come from an earlier invocation of the run and land late. It is not younger than its object. */
  #boundsOf(landedAtMs: number): { earliestMs: number; latestMs: number } {
    const { fromMs, toMs, aheadMs } = this.#sending;
    const earliestMs = Math.max(0, fromMs - (this.#options.lostAfterHours ?? 0) * 3_600_000);
    // S3 rounds landing times to whole seconds.
    const latestMs = landedAtMs + 1_000 + aheadMs + clockAllowanceMs;
    return { earliestMs, latestMs: Number.isNaN(landedAtMs) ? toMs : latestMs };
  }

  /** Counts the events of slices of one run. Each slice must be one that the comparison was made for. */
  tally(run: Pick<StreamSlice, 'runId' | 'deliveryStreamName'>, slices: readonly Slice[]): Tally {
    const events = this.#runs.get(keyOf(run));
    const segments = [...new Set(slices.flatMap((slice) => events?.segmentsOf(slice) ?? []))];
    return tallyOf(segments);
  }
}

function keyOf({ runId, deliveryStreamName }: Pick<StreamSlice, 'runId' | 'deliveryStreamName'>): string {
  return `${deliveryStreamName}/${runId}`;
}
