import type { LineDifference } from './proof.ts';
import type { RunEvents, Segment } from './run-events.ts';
import type { UuidFilter } from './uuid-filter.ts';

/** What a {@link LineReader} tells of the lines of an object. */
export interface LineListener {
  /**
   * The line is an event that is looked for.
   *
   * @param timeMs The time in it, in milliseconds since 1970; NaN if it doesn't tell the second.
   */
  readonly onEvent: (segment: Segment, index: number, timeMs: number) => void;
  /** So many lines are events of other runs, or belong to somebody else. */
  readonly onForeign: (lines: number) => void;
  /** The line is anything else. `line` counts from 1. */
  readonly onCorrupt: (line: number, difference?: LineDifference) => void;
}

/** Finds out what the lines of one object are. */
export interface LineReader {
  /** Takes the next bytes, in pieces of any size. */
  push(chunk: Buffer): void;
  /** The object ends here, and with it the line that was started. */
  end(): void;
  /** Tells of every whole line that it has not told of yet. */
  flush(): void;
}

/** What lines are compared with. */
export interface Expected {
  /** The runs that are looked for. */
  readonly runs: readonly RunEvents[];
  /** Turns other UUIDs away. */
  readonly filter: UuidFilter;
  /** Whether lines of others are no damage. */
  readonly isShared: boolean;
  /** When the object landed, in milliseconds since 1970. */
  readonly landedAtMs: number;
}

/** Begins with an object. */
export type CreateLineReader = (expected: Expected, listener: LineListener) => LineReader;
