import type { RunEvents, Segment } from './run-events.ts';
import type { UuidFilter } from './uuid-filter.ts';

/** Where a line differs from the event that it should be. */
export interface LineDifference {
  /** The part of the template, in words. */
  readonly part: string;
  readonly expected: string;
  readonly found: string;
}

/** Receives the findings of a {@link LineReader}. */
export interface LineListener {
  /**
   * An expected event. `timeMs` is the time in it, in milliseconds since 1970. If it does not have its seconds, `isExact` is
   * false, and `timeMs` is the latest possible time.
   */
  readonly onEvent: (segment: Segment, index: number, timeMs: number, isExact: boolean) => void;
  /** Lines that belong to other runs or, in a shared bucket, to others. */
  readonly onForeign: (lines: number) => void;
  /** Any other line. `line` counts from 1. `hasUuid` says whether it has the UUID of an expected event. */
  readonly onCorrupt: (line: number, hasUuid: boolean, difference?: LineDifference) => void;
}

/** Recognizes the lines of one object. */
export interface LineReader {
  /** Takes the next bytes, in pieces of any size. */
  push(chunk: Buffer): void;
  /** Ends the object, and the line that it ends in. */
  end(): void;
  /** Reports the whole lines that were not reported yet. */
  flush(): void;
}

/** The events that lines are compared with. */
export interface Expected {
  readonly runs: readonly RunEvents[];
  /** Filter over the UUIDs of these runs. */
  readonly filter: UuidFilter;
  /** Whether others write to the bucket, too. */
  readonly isShared: boolean;
  /** First and last time that an event in the object may have, in milliseconds since 1970. With another time it is corrupt. */
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** Makes a reader for one object. */
export type CreateLineReader = (expected: Expected, listener: LineListener) => LineReader;
